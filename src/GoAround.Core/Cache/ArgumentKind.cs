namespace GoAround.Core.Cache;

/// <summary>What stands behind the equals sign of a cache directive.</summary>
internal enum ArgumentKind
{
    /// <summary>There is none.</summary>
    None,

    /// <summary>A token, a quoted string of Cache-Control, or an Integer that is not negative of a targeted field.</summary>
    Text,

    /// <summary>A String of a targeted field: it is no number, whatever stands in it (RFC 9213 §2.1).</summary>
    String,

    /// <summary>None of these: a number that is read there makes the response stale (RFC 9111 §4.2.1).</summary>
    Malformed,
}

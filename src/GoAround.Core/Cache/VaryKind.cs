namespace GoAround.Core.Cache;

/// <summary>What a response depends on beside its target (RFC 9110 §12.5.5).</summary>
internal enum VaryKind
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>Some fields of the request.</summary>
    Fields,

    /// <summary><c>*</c>, or a member that is no field name: more than can be known.</summary>
    Everything,

    /// <summary>More fields than are taken.</summary>
    TooMany,
}

namespace GoAround.Core.Http;

/// <summary>How a request target was given, as far as it decides what is passed on (RFC 9112 §3.2).</summary>
internal enum TargetForm : byte
{
    /// <summary>A path, with or without a query, that stands in the head as it is passed on.</summary>
    Path,

    /// <summary><c>*</c>, or OPTIONS with an absolute target that has no path and no query.</summary>
    Asterisk,

    /// <summary>An absolute target without path and query: <c>/</c> is passed on.</summary>
    Root,

    /// <summary>An absolute target without path but with a query: a slash is put in front.</summary>
    QueryOnly,
}

namespace GoAround.Core.Http;

/// <summary>How the end of a body is told (RFC 9112 §6.3).</summary>
internal enum BodyFraming : byte
{
    /// <summary>There is no body.</summary>
    None,

    /// <summary>Content-Length tells; it may be zero.</summary>
    Length,

    /// <summary>The chunked coding tells.</summary>
    Chunked,

    /// <summary>The end of the connection tells; responses only.</summary>
    UntilClose,
}

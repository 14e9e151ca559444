namespace GoAround.Core.Http;

/// <summary>The protocol version a message arrived with (RFC 9110 §2.5).</summary>
public enum ProtocolVersion : byte
{
    /// <summary>HTTP/1.0: no chunked coding, no interim responses, closes unless asked to keep alive.</summary>
    Http10,

    /// <summary>HTTP/1.1 (RFC 9112).</summary>
    Http11,

    /// <summary>HTTP/2 (RFC 9113), handed over by an adapter.</summary>
    Http2,

    /// <summary>HTTP/3 (RFC 9114), likewise.</summary>
    Http3,
}

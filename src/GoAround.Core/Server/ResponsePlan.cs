using GoAround.Core.Http;

namespace GoAround.Core.Server;

/// <summary>How a response goes to one client: its framing, and whether the connection stays.</summary>
internal readonly struct ResponsePlan
{
    private ResponsePlan(ProtocolVersion version, BodyFraming framing, long? contentLength, bool keepAlive)
    {
        Version = version;
        Framing = framing;
        ContentLength = contentLength;
        KeepAlive = keepAlive;
    }

    /// <summary>What the client speaks.</summary>
    public ProtocolVersion Version { get; }

    /// <summary>How the end of the body is told; none where no body is sent.</summary>
    public BodyFraming Framing { get; }

    /// <summary>What Content-Length says, or null where it is not sent.</summary>
    public long? ContentLength { get; }

    /// <summary>The connection serves another request afterwards.</summary>
    public bool KeepAlive { get; }

    /// <summary>Decides by RFC 9112 §6.3, §9.3 and RFC 9110 §8.6.</summary>
    public static ResponsePlan Make(ProxyResponse response, bool isHead, ProtocolVersion version, bool mayKeepAlive)
    {
        int status = response.StatusCode;
        if (status == 101)
        {
            return new(version, BodyFraming.UntilClose, null, keepAlive: false);
        }

        // A server MUST NOT send Content-Length in any response with a status code of 1xx or 204   RFC 9110 §8.6
        if (isHead || status is 204 or 304)
        {
            return new(version, BodyFraming.None, status == 204 ? null : response.ContentLength ?? LengthForHead(response, isHead), mayKeepAlive);
        }

        if (response.Body.Length is { } length)
        {
            return new(version, length == 0 ? BodyFraming.None : BodyFraming.Length, length, mayKeepAlive);
        }

        return version == ProtocolVersion.Http10
            ? new(version, BodyFraming.UntilClose, null, keepAlive: false)
            : new(version, BodyFraming.Chunked, null, mayKeepAlive);
    }

    /// <summary>A handler that answers HEAD with a whole body has told its length by it.</summary>
    private static long? LengthForHead(ProxyResponse response, bool isHead) =>
        isHead && response.Body.Length is > 0 and { } length ? length : null;
}

using System;

namespace GoAround.Core.Server;

/// <summary>What a request passes before a handler sees it: the limit of its body, Max-Forwards, and the fields in which proxies name the client and themselves.</summary>
internal static class RequestGate
{
    /// <summary>Makes the request ready to be forwarded; returns the answer where it goes no further, else null.</summary>
    /// <param name="options">The limit of bodies.</param>
    /// <param name="identity">This balancer's name.</param>
    /// <param name="forwarded">Of this client.</param>
    /// <param name="request">Its fields are changed in place.</param>
    /// <param name="contentLength">Bytes, as announced; 0 where they were not.</param>
    /// <param name="head">As it was received.</param>
    public static ProxyResponse? Pass(
        ServerOptions options, ProxyIdentity identity, ForwardedFields forwarded, ProxyRequest request, long contentLength, ReadOnlySpan<byte> head)
    {
        if (contentLength > (options.MaxBodyBytes ?? long.MaxValue))
        {
            return OwnAnswer.Make(413, ProxyError.HttpRequestError, "The body is too large.");
        }

        if (request.Method.HasForwardLimit && ForwardLimit.Apply(request, head) is { } answer)
        {
            return answer;
        }

        forwarded.Apply(request);
        return identity.TryMark(request) ? null : OwnAnswer.Make(502, ProxyError.ProxyLoopDetected, "The request goes round in a circle.");
    }
}

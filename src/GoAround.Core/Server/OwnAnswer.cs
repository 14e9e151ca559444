using System;

namespace GoAround.Core.Server;

/// <summary>The error answers that the server itself makes.</summary>
internal static class OwnAnswer
{
    /// <summary>Makes one.</summary>
    /// <param name="statusCode">400..599.</param>
    /// <param name="error">Whose fault it was.</param>
    /// <param name="why">One line for a person, of our own words only; of a client's fault it stands in Proxy-Status too.</param>
    public static ProxyResponse Make(int statusCode, ProxyError error, string why)
    {
        ProxyResponse response = ProxyResponse.FromError(statusCode, error, why + "\n");
        response.ErrorDetails = error == ProxyError.HttpRequestError ? why : null;
        return response;
    }

    /// <summary>Whether a request that was not understood was a HEAD all the same, so that its answer has no body.</summary>
    /// <param name="received">From the request's first byte on.</param>
    public static bool IsToHead(ReadOnlySpan<byte> received) => received.TrimStart("\r\n"u8).StartsWith("HEAD "u8);
}

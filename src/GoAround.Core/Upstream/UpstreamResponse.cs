using GoAround.Core.Http;

namespace GoAround.Core.Upstream;

/// <summary>The response that came over a socket; one for each socket, used again.</summary>
internal sealed class UpstreamResponse : ProxyResponse
{
    /// <summary>Says what its head does; every property, since whoever had the last one may have changed it.</summary>
    public void Accept(Backend backend, ResponseHead head, MessageBody body)
    {
        StatusCode = head.StatusCode;
        Reason = head.Reason;
        ContentLength = head.DeclaredLength;
        UpgradeProtocol = head.UpgradeProtocol;
        Body = body;
        Backend = backend;
        ReceivedVersion = head.Version;
        IsTimedTunnel = head.StatusCode == 101;
        Error = ProxyError.None;
        ErrorDetails = null;
        Attempts = 1;
    }
}

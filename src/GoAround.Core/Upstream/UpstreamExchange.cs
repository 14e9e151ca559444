using System;
using System.Threading;
using GoAround.Core.Http;

namespace GoAround.Core.Upstream;

/// <summary>Everything that belongs to one exchange only; the socket sets it to <c>default</c> for the next one.</summary>
internal struct UpstreamExchange
{
    public CancellationToken Token;
    public CancellationTokenRegistration Registration;
    public ResponseHeadParser Parser;
    public volatile Interruption Interruption;
    public Exception? ClientFault;
    public int InterimResponses;
    public bool HasReceived;
    public bool IsInterim;
    public bool IsTunnel;
    public bool IsAborted;
    public bool SendFailed;

    /// <summary>Nothing happened on this side after which no other request may follow.</summary>
    public readonly bool LeavesSocketUsable => !IsTunnel && !IsAborted && !SendFailed;
}

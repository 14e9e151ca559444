using System;
using System.Threading;
using GoAround.Core.Sockets;

namespace GoAround.Core.Upstream;

/// <summary>Says whose fault it was that an exchange ended early, in the exception that its caller knows.</summary>
internal static class UpstreamFault
{
    /// <summary>A receive brought nothing.</summary>
    /// <param name="backend">Whom it was expected from.</param>
    /// <param name="exchange">What may have been cut from this side.</param>
    /// <param name="stage">How far it had come.</param>
    /// <param name="transfer">What the receive brought.</param>
    /// <param name="wasStale">Nothing had come on a socket that had served before.</param>
    /// <param name="cancellationToken">What this one wait could be given up by, besides the exchange's own token.</param>
    public static Exception Broken(
        Backend backend, in UpstreamExchange exchange, BackendFailureStage stage, Transfer transfer, bool wasStale, CancellationToken cancellationToken)
    {
        switch (exchange.Interruption)
        {
            case Interruption.ClientFault:
                return exchange.ClientFault!; // set before
            case Interruption.ClientLeft:
                return new OperationCanceledException(exchange.Token);
            case Interruption.TimedOut:
                return new BackendException(stage, BackendFailureKind.TimedOut, $"no answer from {backend.Authority} in time");
        }

        if (cancellationToken.IsCancellationRequested)
        {
            return new OperationCanceledException(cancellationToken);
        }

        string why = transfer.IsEnd ? "closed the connection too early" : $"broke the connection ({transfer.Error})";
        return new BackendException(stage, BackendFailureKind.Disconnected, $"{backend.Authority} {why}") { WasStale = wasStale };
    }

    /// <summary>The backend's bytes are no proper response.</summary>
    public static BackendException Malformed(Backend backend, string what, BackendFailureStage stage) =>
        new(stage, BackendFailureKind.Malformed, $"{backend.Authority} {what}");
}

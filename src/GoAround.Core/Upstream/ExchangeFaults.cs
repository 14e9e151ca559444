using System;
using System.Threading;
using GoAround.Core.Http;
using GoAround.Core.Sockets;

namespace GoAround.Core.Upstream;

/// <summary>Makes the exceptions of an exchange: what went wrong, in the words of the log and in those of RFC 9209 §2.3.</summary>
internal static class ExchangeFaults
{
    /// <summary>It was cut from this side; null: it was not.</summary>
    /// <param name="backend">The backend.</param>
    /// <param name="stage">How far the exchange had come.</param>
    /// <param name="exchange">What cut it, if anything.</param>
    /// <param name="cancellationToken">What this one wait could be given up by, besides the exchange's own token.</param>
    public static Exception? CutShort(Backend backend, BackendFailureStage stage, in UpstreamExchange exchange, CancellationToken cancellationToken) =>
        exchange.Interruption switch
        {
            Interruption.None when cancellationToken.IsCancellationRequested => new OperationCanceledException(cancellationToken), // this wait alone
            Interruption.ClientFault => exchange.ClientFault, // set before
            Interruption.TimedOut or Interruption.None when exchange.ClientFault is { } fault => fault, // it could not but wait, or close
            Interruption.ClientLeft => new OperationCanceledException(exchange.Token),
            Interruption.NotTaken => new BackendException(stage, BackendFailureKind.TimedOut, $"{backend.Authority} did not take the request in time")
            {
                Error = ProxyError.ConnectionWriteTimeout,
            },
            Interruption.TimedOut => new BackendException(stage, BackendFailureKind.TimedOut, $"no answer from {backend.Authority} in time"),
            _ => null,
        };

    /// <summary>It closed or reset the connection.</summary>
    /// <param name="backend">The backend.</param>
    /// <param name="stage">How far the exchange had come.</param>
    /// <param name="transfer">How the last receive ended.</param>
    /// <param name="wasStale">A socket that had served before was found closed.</param>
    /// <param name="hasReceived">Bytes of a response had come.</param>
    /// <param name="cause">What a stream that was dialled by somebody else has thrown, or null.</param>
    public static BackendException BrokenOff(
        Backend backend, BackendFailureStage stage, Transfer transfer, bool wasStale, bool hasReceived, Exception? cause)
    {
        string why = transfer.IsEnd ? "closed the connection too early" : $"broke the connection ({cause?.Message ?? transfer.Error.ToString()})";
        return new(stage, BackendFailureKind.Disconnected, $"{backend.Authority} {why}", cause)
        {
            WasStale = wasStale,
            Error = hasReceived ? ProxyError.HttpResponseIncomplete : ProxyError.ConnectionTerminated,
        };
    }

    /// <summary>It sent what is no proper response.</summary>
    /// <param name="backend">The backend.</param>
    /// <param name="stage">How far the exchange had come.</param>
    /// <param name="what">What it did, for the log.</param>
    /// <param name="rejection">Why its bytes were refused; none where the response itself is well-formed.</param>
    public static BackendException Malformed(Backend backend, BackendFailureStage stage, string what, Rejection rejection) =>
        new(stage, BackendFailureKind.Malformed, $"{backend.Authority} {what}") { Error = ErrorOf(rejection, stage) };

    private static ProxyError ErrorOf(Rejection rejection, BackendFailureStage stage) => rejection switch
    {
        Rejection.HeadTooLarge or Rejection.TooManyFields or Rejection.StatusLineTooLong => ProxyError.HttpResponseHeaderSectionSize,
        Rejection.TrailersTooLarge => ProxyError.HttpResponseTrailerSectionSize,
        Rejection.UnknownTransferCoding or Rejection.InvalidTransferEncoding or Rejection.ChunkedNotLast => ProxyError.HttpResponseTransferCoding,
        _ => stage == BackendFailureStage.ResponseBody ? ProxyError.HttpResponseTransferCoding : ProxyError.HttpProtocolError,
    };
}

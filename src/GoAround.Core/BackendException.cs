using System;
using System.Net.Sockets;

namespace GoAround.Core;

/// <summary>A backend failed: the only form in which its socket, TLS and framing errors leave an <see cref="IConnection"/>. The pool catches it before the response head; after it, it comes out of the body.</summary>
public sealed class BackendException : Exception
{
    /// <summary>Says what failed and how far the exchange had come.</summary>
    /// <param name="stage">How far it had come: decides whether the request may be sent again.</param>
    /// <param name="kind">What went wrong: decides between 502 and 504.</param>
    /// <param name="message">One line for the log; it is sent to no client.</param>
    /// <param name="innerException">What was caught, or null.</param>
    public BackendException(BackendFailureStage stage, BackendFailureKind kind, string message, Exception? innerException = null)
        : base(message, innerException)
    {
        Stage = stage;
        Kind = kind;
        Error = Usual(stage, kind);
    }

    /// <summary>How far the exchange had come.</summary>
    public BackendFailureStage Stage { get; }

    /// <summary>What went wrong.</summary>
    public BackendFailureKind Kind { get; }

    /// <summary>What the client is told of it in Proxy-Status (RFC 9209); default: what stage and kind say.</summary>
    public ProxyError Error { get; init; }

    /// <summary>A socket that had served before was found closed, and not one byte of a response had come: the backend may be well, and may be tried again. Default false.</summary>
    public bool WasStale { get; init; }

    /// <summary>The request provably never reached the backend, so that any method may be sent again (RFC 9110 §9.2.2).</summary>
    public bool NeverReached => Stage is BackendFailureStage.Dial or BackendFailureStage.Tls;

    /// <summary>The dial lacked files or buffers of this machine: that says nothing of the backend.</summary>
    internal bool IsOwnLack => Stage == BackendFailureStage.Dial
        && (InnerException as SocketException ?? InnerException?.InnerException as SocketException)?.SocketErrorCode switch
        {
            SocketError.TooManyOpenSockets or SocketError.NoBufferSpaceAvailable => true,
            SocketError.SocketError => Error == ProxyError.DnsError, // EAI_SYSTEM, as the resolver says without a file left
            _ => false,
        };

    private static ProxyError Usual(BackendFailureStage stage, BackendFailureKind kind) => kind switch
    {
        BackendFailureKind.Malformed => ProxyError.HttpProtocolError,
        BackendFailureKind.TimedOut => stage switch
        {
            BackendFailureStage.Dial or BackendFailureStage.Tls => ProxyError.ConnectionTimeout,
            BackendFailureStage.Request => ProxyError.ConnectionWriteTimeout,
            BackendFailureStage.ResponseHead => ProxyError.HttpResponseTimeout,
            _ => ProxyError.ConnectionReadTimeout,
        },
        _ => stage switch
        {
            BackendFailureStage.Dial => ProxyError.DestinationUnavailable,
            BackendFailureStage.Tls => ProxyError.TlsProtocolError,
            BackendFailureStage.ResponseBody => ProxyError.HttpResponseIncomplete,
            _ => ProxyError.ConnectionTerminated,
        },
    };
}

using System;

namespace GoAround.Core;

/// <summary>A backend failed: the only form in which its socket, TLS and framing errors leave a connection.</summary>
public sealed class BackendException : Exception
{
    /// <summary>Says what failed and how far the exchange had come.</summary>
    public BackendException(BackendFailureStage stage, BackendFailureKind kind, string message, Exception? innerException = null)
        : base(message, innerException)
    {
        Stage = stage;
        Kind = kind;
    }

    /// <summary>How far the exchange had come.</summary>
    public BackendFailureStage Stage { get; }

    /// <summary>What went wrong.</summary>
    public BackendFailureKind Kind { get; }

    /// <summary>A socket that had served before was found closed, and not one byte of a response had come: the backend may be well.</summary>
    public bool WasStale { get; init; }

    /// <summary>The request provably never reached the backend, so that any method may be sent again (RFC 9110 §9.2.2).</summary>
    public bool NeverReached => Stage is BackendFailureStage.Dial or BackendFailureStage.Tls;
}

namespace GoAround.Core;

/// <summary>What went wrong with a backend.</summary>
public enum BackendFailureKind : byte
{
    /// <summary>Refused, reset, unreachable, or closed too early.</summary>
    Disconnected,

    /// <summary>A deadline passed.</summary>
    TimedOut,

    /// <summary>It sent something that is not HTTP, or whose framing is ambiguous.</summary>
    Malformed,
}

namespace GoAround.Core.Pool;

/// <summary>Why a request that asked for a slot gets none.</summary>
internal enum Denial : byte
{
    /// <summary>It was not denied.</summary>
    None,

    /// <summary>There is no backend, or all are unhealthy.</summary>
    NoBackend,

    /// <summary>Every healthy backend was tried.</summary>
    AllTried,

    /// <summary>As many wait already as may.</summary>
    QueueFull,

    /// <summary>It waited for as long as it may.</summary>
    TimedOut,

    /// <summary>The client left while it waited.</summary>
    Cancelled,

    /// <summary>The pool was disposed.</summary>
    Closed,
}

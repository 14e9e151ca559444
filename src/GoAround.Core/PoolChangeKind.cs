namespace GoAround.Core;

/// <summary>What happened to a backend.</summary>
public enum PoolChangeKind : byte
{
    /// <summary>It came into the pool; it is not checked yet.</summary>
    Added,

    /// <summary>It left the pool: it takes nothing new.</summary>
    Removed,

    /// <summary>It has another weight.</summary>
    WeightChanged,

    /// <summary>It was found healthy.</summary>
    Healthy,

    /// <summary>It was found unhealthy.</summary>
    Unhealthy,

    /// <summary>It takes nothing new until it is resumed.</summary>
    Draining,

    /// <summary>It drains, or was removed, and its last request has ended.</summary>
    Empty,

    /// <summary>It drains no longer.</summary>
    Resumed,
}

using System;

namespace GoAround.Core;

/// <summary>One thing that happened to one backend of a pool.</summary>
/// <param name="Kind">What.</param>
/// <param name="Backend">To which, with the weight it has from now on.</param>
/// <param name="At">When, by the clock of the pool.</param>
public readonly record struct PoolChange(PoolChangeKind Kind, Backend Backend, DateTimeOffset At)
{
    /// <summary>Why it is healthy or not, in one line; empty for other kinds.</summary>
    public string Reason { get; init; } = "";

    /// <summary>Changes just before this one that were lost because they were not read in time; 0 as a rule. Then <see cref="IBackendPool.GetStatus"/> tells how things are.</summary>
    public int Missed { get; init; }
}

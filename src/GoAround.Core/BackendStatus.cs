using System;

namespace GoAround.Core;

/// <summary>One backend of a pool at one moment; its weight stands in <see cref="Core.Backend.Weight"/>.</summary>
/// <param name="Backend">The backend.</param>
/// <param name="State">Its health.</param>
/// <param name="InFlight">Requests it carries now, tunnels included, also from before it was removed and came back.</param>
public readonly record struct BackendStatus(Backend Backend, HealthState State, int InFlight)
{
    /// <summary>Why it is healthy or not, in one line; empty before the first check.</summary>
    public string Reason { get; init; } = "";

    /// <summary>Since when it has had this health, by the clock of the pool; before the first check, since it was added.</summary>
    public DateTimeOffset Since { get; init; }

    /// <summary>Requests it may carry at once now: 0..<see cref="Pool.PoolOptions.ConnectionsPerBackend"/>, by its weight and its slow start; 0 for one that takes none. For a moment it may carry more, which it took before.</summary>
    public int Limit { get; init; }

    /// <summary>It takes nothing new; with no request in flight, it is empty.</summary>
    public bool IsDraining { get; init; }
}

using System;
using System.Threading.Channels;

namespace GoAround.Core;

/// <summary>One subscriber's view of a backend's health. Safe for concurrent use.</summary>
public interface IHealthSubscription : IAsyncDisposable
{
    /// <summary>The latest state; a volatile read.</summary>
    HealthState State { get; }

    /// <summary>Every change of state in order; the first item is the outcome of the first check. Completes when the subscription is disposed.</summary>
    ChannelReader<HealthReport> Changes { get; }

    /// <summary>Says that the backend could not be reached: it is suspect, and is checked now.</summary>
    void Suspect(string reason);
}

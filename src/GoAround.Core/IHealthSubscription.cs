using System;
using System.Threading.Channels;

namespace GoAround.Core;

/// <summary>One subscriber's view of a backend's health. Safe for concurrent use.</summary>
public interface IHealthSubscription : IAsyncDisposable
{
    /// <summary>The latest state, <see cref="HealthState.Unknown"/> before the first check; a volatile read.</summary>
    HealthState State { get; }

    /// <summary>Every change of state in order; the first item is what is known already, or else the outcome of the first check. Completes when the subscription is disposed.</summary>
    ChannelReader<HealthReport> Changes { get; }

    /// <summary>Says that the backend could not be reached: it is checked now, and keeps its state until that check has ended. Not sooner than 100 ms after the last check.</summary>
    /// <param name="reason">One line for the log.</param>
    void Suspect(string reason);
}

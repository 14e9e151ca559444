using System;

namespace GoAround.Core;

/// <summary>Checks each backend that somebody subscribes to, at once and then on and on, and pushes every change.</summary>
public interface IHealthMonitor : IAsyncDisposable
{
    /// <summary>Starts, or joins, the checks of a backend; disposing the last subscription ends them.</summary>
    IHealthSubscription Subscribe(Backend backend);
}

using System;

namespace GoAround.Core;

/// <summary>Checks each backend that somebody subscribes to, at once and then on and on, and pushes every change. Safe for concurrent use.</summary>
public interface IHealthMonitor : IAsyncDisposable
{
    /// <summary>Starts, or joins, the checks of a backend; disposing the last subscription ends them.</summary>
    /// <param name="backend">Whom to check.</param>
    /// <exception cref="ObjectDisposedException">The monitor was disposed.</exception>
    IHealthSubscription Subscribe(Backend backend);
}

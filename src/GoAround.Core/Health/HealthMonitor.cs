using System;
using System.Collections.Generic;
using System.Threading;
using System.Threading.Tasks;
using Microsoft.Extensions.Logging;

namespace GoAround.Core.Health;

/// <summary>One watch per backend, started with its first subscription and ended with its last.</summary>
internal sealed class HealthMonitor : IHealthMonitor
{
    private readonly Lock _gate = new();
    private readonly Dictionary<Backend, HealthWatch> _watches = [];
    private readonly IHealthChecker _checker;
    private readonly HealthOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly Random _jitter;
    private bool _isDisposed;

    /// <summary>Makes a monitor that checks nothing yet.</summary>
    /// <param name="checker">Asks a backend once.</param>
    /// <param name="options">Intervals and timeout.</param>
    /// <param name="time">The clock of both.</param>
    /// <param name="log">Where bugs of the checker are told.</param>
    /// <param name="jitter">Spreads the checks of backends that are down; safe for concurrent use, as <see cref="Random.Shared"/> is.</param>
    public HealthMonitor(IHealthChecker checker, HealthOptions options, TimeProvider time, ILogger<HealthMonitor> log, Random jitter)
    {
        _checker = checker;
        _options = options;
        _time = time;
        _log = log;
        _jitter = jitter;
    }

    /// <inheritdoc/>
    public IHealthSubscription Subscribe(Backend backend)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            if (!_watches.TryGetValue(backend, out HealthWatch? watch))
            {
                watch = new HealthWatch(backend, _checker, _options, _time, _log, _jitter);
                _watches.Add(backend, watch);
                watch.Start();
            }

            HealthSubscription subscription = new(this, watch, _time);
            watch.Add(subscription);
            return subscription;
        }
    }

    /// <summary>Ends a subscription, and the checks where nobody else wants them.</summary>
    public async ValueTask UnsubscribeAsync(HealthWatch watch, HealthSubscription subscription)
    {
        lock (_gate)
        {
            if (!watch.Remove(subscription) || !_watches.TryGetValue(watch.Backend, out HealthWatch? current) || current != watch)
            {
                return;
            }

            _watches.Remove(watch.Backend);
        }

        await watch.DisposeAsync().ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        HealthWatch[] watches;
        lock (_gate)
        {
            _isDisposed = true;
            watches = [.. _watches.Values];
            _watches.Clear();
        }

        foreach (HealthWatch watch in watches)
        {
            await watch.DisposeAsync().ConfigureAwait(false);
        }
    }
}

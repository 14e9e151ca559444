using System;
using System.Collections.Generic;
using System.Globalization;
using System.Threading;
using System.Threading.Tasks;
using GoAround.Core.Async;
using Microsoft.Extensions.Logging;

namespace GoAround.Core.Health;

/// <summary>The one loop that checks one backend, for all who subscribe to it.</summary>
internal sealed class HealthWatch : IAsyncDisposable
{
    // Many requests fail at the same moment; one answer is enough for all of them.
    private static readonly TimeSpan SuspicionPause = TimeSpan.FromMilliseconds(100);

    private readonly Lock _gate = new();
    private readonly List<HealthSubscription> _subscriptions = [];
    private readonly Mailbox<bool> _wake;
    private readonly CancellationTokenSource _stop = new();
    private readonly IHealthChecker _checker;
    private readonly HealthOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly Random _jitter;
    private readonly ITimer _timer;
    private HealthReport? _latest;
    private volatile bool _isSuspect;
    private Task _checking = Task.CompletedTask;

    /// <summary>Makes a watch that does not check yet.</summary>
    public HealthWatch(Backend backend, IHealthChecker checker, HealthOptions options, TimeProvider time, ILogger log, Random jitter)
    {
        Backend = backend;
        _checker = checker;
        _options = options;
        _time = time;
        _log = log;
        _jitter = jitter;
        _wake = new Mailbox<bool>(time, capacity: 1);
        _timer = time.CreateTimer(static state => ((HealthWatch)state!).Wake(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>The backend it checks.</summary>
    public Backend Backend { get; }

    /// <summary>Starts the checks, the first at once.</summary>
    public void Start() => _checking = CheckForeverAsync();

    /// <summary>Adds a subscriber, who is told at once what is known.</summary>
    public void Add(HealthSubscription subscription)
    {
        lock (_gate)
        {
            _subscriptions.Add(subscription);
            if (_latest is { } latest)
            {
                subscription.Publish(latest);
            }
        }
    }

    /// <summary>Takes a subscriber away; true where it was the last.</summary>
    public bool Remove(HealthSubscription subscription)
    {
        lock (_gate)
        {
            _subscriptions.Remove(subscription);
            return _subscriptions.Count == 0;
        }
    }

    /// <summary>Asks for a check now. The check decides; until it has, the backend keeps its state.</summary>
    public void Suspect(string reason)
    {
        if (!_isSuspect)
        {
            HealthLog.Suspected(_log, Backend, reason);
            _isSuspect = true;
            Wake();
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
#pragma warning disable CA1849 // a check that gives up may go on right here: nobody holds a lock
        _stop.Cancel();
#pragma warning restore CA1849
        _wake.Close();
        await _checking.ConfigureAwait(false);
        await _timer.DisposeAsync().ConfigureAwait(false);
        _stop.Dispose();
    }

    private void Wake() => _wake.Post(true);

    private async Task CheckForeverAsync()
    {
        // The first check must not run on the caller, who may hold a lock.
        await new WorkHop(_time as IWorkRunner);
        try
        {
            while (!_stop.IsCancellationRequested)
            {
                _isSuspect = false;
                HealthReport report = await CheckOnceAsync().ConfigureAwait(false);
                Publish(report);
                await PauseAsync(report.State).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // The last subscriber has left.
        }
    }

    private async ValueTask<HealthReport> CheckOnceAsync()
    {
        using CancellationTokenSource deadline = new(_options.Timeout, _time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, _stop.Token);
        try
        {
            HealthReport report = await _checker.CheckAsync(Backend, either.Token).ConfigureAwait(false);
            return report.State == HealthState.Healthy ? report : report with { State = HealthState.Unhealthy };
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            throw;
        }
        catch (OperationCanceledException) when (deadline.IsCancellationRequested)
        {
            string limit = _options.Timeout.TotalSeconds.ToString("0.###", CultureInfo.InvariantCulture);
            return new HealthReport(HealthState.Unhealthy, $"no answer in {limit} s");
        }
        catch (BackendException failure) when (failure.IsOwnLack)
        {
            return new HealthReport(_latest?.State ?? HealthState.Unhealthy, failure.Message);
        }
        catch (Exception fault) // a checker may be anybody's code: its bug must not end the checks
        {
            HealthLog.CheckFailed(_log, Backend, fault);
            return new HealthReport(HealthState.Unhealthy, "the check failed: " + fault.GetType().Name);
        }
    }

    private void Publish(HealthReport report)
    {
        HealthLog.Checked(_log, Backend, report.State, report.Reason);
        lock (_gate)
        {
            if (_latest?.State != report.State)
            {
                foreach (HealthSubscription subscription in _subscriptions)
                {
                    subscription.Publish(report);
                }
            }

            _latest = report;
        }
    }

    // Ends at the interval; or earlier where the backend is suspect, but not sooner than a moment after the last check.
    private async ValueTask PauseAsync(HealthState state)
    {
        long started = _time.GetTimestamp();
        TimeSpan due = IntervalAfter(state);
        TimeSpan passed = TimeSpan.Zero;
        while (passed < due)
        {
            if (_isSuspect && due > SuspicionPause)
            {
                due = SuspicionPause;
                continue;
            }

            _timer.Change(due - passed, Timeout.InfiniteTimeSpan);
            if (!await _wake.Reader.WaitToReadAsync().ConfigureAwait(false))
            {
                return; // the last subscriber has left
            }

            _wake.Reader.TryRead(out _);
            passed = _time.GetElapsedTime(started);
        }
    }

    private TimeSpan IntervalAfter(HealthState state)
    {
        if (state == HealthState.Healthy)
        {
            return _options.Interval;
        }

        TimeSpan jittered = _options.DownInterval * (0.75 + (_jitter.NextDouble() / 2));
        return jittered < _options.Interval ? jittered : _options.Interval;
    }
}

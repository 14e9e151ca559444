using System;
using System.Collections.Generic;
using System.Threading;
using System.Threading.Tasks;
using GoAround.Core.Async;
using Microsoft.Extensions.Logging;

namespace GoAround.Core.Pool;

/// <summary>The backends as a set that changes: who comes, who goes, who is healthy.</summary>
internal sealed class Fleet : IAsyncDisposable
{
    private readonly PoolOptions _options;
    private readonly IConnectionFactory _connections;
    private readonly IHealthMonitor _health;
    private readonly ProxyEvents _events;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly FreeSlots _slots;
#pragma warning disable CA2213 // its disposal would forget who still waits for it, and it holds nothing to let go of
    private readonly SemaphoreSlim _replacing = new(1, 1);
#pragma warning restore CA2213
    private volatile Backend[] _backends = [];
    private bool _isDisposed;

    /// <summary>Makes an empty fleet.</summary>
    public Fleet(PoolOptions options, IConnectionFactory connections, IHealthMonitor health, ProxyEvents events, TimeProvider time, ILogger log, FreeSlots slots)
    {
        _options = options;
        _connections = connections;
        _health = health;
        _events = events;
        _time = time;
        _log = log;
        _slots = slots;
    }

    /// <summary>The backends in the order given.</summary>
    public IReadOnlyList<Backend> Backends => _backends;

    /// <summary>Replaces the backends: first everything that can fail, then one step that cannot, then the farewells.</summary>
    public async ValueTask<BackendChange> ReplaceAsync(IReadOnlyCollection<Backend> backends, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(backends);
        await _replacing.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            IReadOnlyList<BackendGroup> before = _slots.Groups;
            List<BackendGroup> removed = [.. before];
            List<BackendGroup> added = [];
            List<(BackendGroup Group, Backend Backend)> weights = [];
            BackendGroup[] groups = await ComposeAsync(Distinct(backends), added, removed, weights).ConfigureAwait(false);
            _slots.Replace(groups, added, removed, weights);
            _backends = Array.ConvertAll(groups, static group => group.Backend);
            foreach (BackendGroup group in added)
            {
                group.Follow(this);
            }

            foreach (BackendGroup group in removed)
            {
                Retire(group);
                await StopAsync(group).ConfigureAwait(false);
            }

            BackendChange change = new(groups.Length, added.Count, removed.Count, weights.Count);
            if (change.Added + change.Removed + change.Changed > 0)
            {
                PoolLog.BackendsReplaced(_log, change.Total, change.Added, change.Removed, change.Changed);
            }

            _events.BackendsReplaced(change);
            return change;
        }
        finally
        {
            _replacing.Release();
        }
    }

    /// <summary>One change of a backend's health, from the one loop that follows it.</summary>
    public void HearOf(BackendGroup group, HealthReport report)
    {
        // First, for the log and the events may be anybody's code.
        bool isNews = report.State != group.State || !group.HasReported;
        if (!_slots.SetHealth(group, report, isNews, _time.GetUtcNow()) || !isNews)
        {
            return;
        }

        if (report.State == HealthState.Healthy)
        {
            PoolLog.BackendHealthy(_log, group.Backend, report.Reason);
        }
        else
        {
            PoolLog.BackendUnhealthy(_log, group.Backend, report.Reason);
        }

        _events.HealthChanged(group.Backend, report);
    }

    /// <summary>Takes a backend out of service; completes when it is empty.</summary>
    public Task DrainAsync(Backend backend, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(backend);
        (Task emptied, bool isNew) = _slots.Drain(backend);
        if (isNew)
        {
            PoolLog.BackendDrains(_log, backend);
        }

        return emptied.WaitAsync(cancellationToken);
    }

    /// <summary>Takes a backend back into service; false where it did not drain.</summary>
    public bool Resume(Backend backend)
    {
        ArgumentNullException.ThrowIfNull(backend);
        bool isResumed = _slots.Resume(backend);
        if (isResumed)
        {
            PoolLog.BackendResumed(_log, backend);
        }

        return isResumed;
    }

    /// <summary>Completes once every backend of now, also of a set that came while this waits, has reported.</summary>
    public async Task WaitForFirstCheckAsync(CancellationToken cancellationToken)
    {
        IReadOnlyList<BackendGroup> seen;
        do
        {
            seen = _slots.Groups;
            foreach (BackendGroup group in seen)
            {
                await group.FirstReport.WaitAsync(cancellationToken).ConfigureAwait(false);
            }
        }
        while (!ReferenceEquals(seen, _slots.Groups));
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isDisposed, true))
        {
            return;
        }

        await _replacing.WaitAsync().ConfigureAwait(false);
        try
        {
            IReadOnlyList<BackendGroup> last = _slots.Groups;
            _slots.Close();
            foreach (BackendGroup group in last)
            {
                await StopAsync(group).ConfigureAwait(false);
            }
        }
        finally
        {
            _replacing.Release();
        }
    }

    private static List<Backend> Distinct(IReadOnlyCollection<Backend> backends)
    {
        HashSet<Backend> seen = [];
        List<Backend> distinct = new(backends.Count);
        foreach (Backend backend in backends)
        {
            ArgumentNullException.ThrowIfNull(backend, nameof(backends));
            if (seen.Add(backend))
            {
                distinct.Add(backend);
            }
        }

        return distinct;
    }

    // Takes those that stay out of `removed`, and makes those that come; if one cannot be made, none was.
    private async ValueTask<BackendGroup[]> ComposeAsync(
        List<Backend> backends, List<BackendGroup> added, List<BackendGroup> removed, List<(BackendGroup Group, Backend Backend)> weights)
    {
        BackendGroup[] groups = new BackendGroup[backends.Count];
        bool isComplete = false;
        try
        {
            for (int i = 0; i < groups.Length; i++)
            {
                Backend backend = backends[i];
                int staying = removed.FindIndex(group => group.Backend.Equals(backend));
                if (staying >= 0)
                {
                    groups[i] = removed[staying];
                    removed.RemoveAt(staying);
                    if (groups[i].Backend.Weight != backend.Weight)
                    {
                        weights.Add((groups[i], backend));
                    }

                    continue;
                }

                groups[i] = new BackendGroup(backend, _health.Subscribe(backend), _time.GetUtcNow(), _time as IWorkRunner);
                added.Add(groups[i]);
                groups[i].Fill(_options.ConnectionsPerBackend, _connections, _slots);
            }

            isComplete = true;
            return groups;
        }
        finally
        {
            if (!isComplete)
            {
                await UndoAsync(added).ConfigureAwait(false);
            }
        }
    }

    private async ValueTask UndoAsync(List<BackendGroup> added)
    {
        foreach (BackendGroup group in added)
        {
            foreach (Slot slot in group.Slots)
            {
                await slot.DisposeConnectionAsync(_log).ConfigureAwait(false);
            }

            Retire(group);
            await StopAsync(group).ConfigureAwait(false);
        }
    }

    private void Retire(BackendGroup group)
    {
        try
        {
            _connections.Retire(group.Backend);
        }
        catch (Exception fault) // a factory may be anybody's code: its bug must not keep the others from being retired and stopped
        {
            PoolLog.PartingFailed(_log, group.Backend, fault);
        }
    }

    private async ValueTask StopAsync(BackendGroup group)
    {
        try
        {
            await group.StopAsync().ConfigureAwait(false);
        }
        catch (Exception fault) // a subscription may be anybody's code, and who hears of the changes: as above
        {
            PoolLog.PartingFailed(_log, group.Backend, fault);
        }
    }
}

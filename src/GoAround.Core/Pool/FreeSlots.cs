using System;
using System.Collections.Generic;
using System.Threading;
using System.Threading.Channels;
using System.Threading.Tasks;

namespace GoAround.Core.Pool;

/// <summary>The one channel of free slots, the line of those who wait for one, and the gate around everything that is not the hot path.</summary>
/// <remarks>
/// Hot path: one TryRead, one TryWrite, no gate. Whoever gives back writes, then looks whether somebody waits; whoever
/// waits stands in line, then looks whether something was written: with a full fence between, one of the two sees the other.
/// Where a policy chooses, the channel stays empty, and every take and return passes the gate.
/// </remarks>
internal sealed class FreeSlots : IDisposable
{
    private readonly Lock _gate = new();
    private readonly Channel<Slot> _free = Channel.CreateUnbounded<Slot>(new UnboundedChannelOptions { AllowSynchronousContinuations = true });
    private readonly ChangeFeed _feed;
    private readonly Shares _shares;
    private readonly WaitingLine _line;
    private readonly Placement _places;
    private readonly bool _isChosen;
    private readonly int _maxQueue;
    private bool _isClosed;

    /// <summary>Makes a pool without backends.</summary>
    /// <param name="options">The pool's limits.</param>
    /// <param name="retirement">Takes the slots of removed backends.</param>
    /// <param name="events">Told of each who has waited.</param>
    /// <param name="time">The clock.</param>
    /// <param name="isChosen">A policy chooses among the backends, by <see cref="TryTakeOf"/>.</param>
    public FreeSlots(PoolOptions options, Retirement retirement, ProxyEvents events, TimeProvider time, bool isChosen = false)
    {
        _feed = new ChangeFeed(time);
        _shares = new Shares(options.SlowStart, time, Rise);
        _line = new WaitingLine(_gate, time, options.QueueTimeout, events);
        _places = new Placement(_free, isChosen, _line, retirement, _shares, _feed);
        _isChosen = isChosen;
        _maxQueue = options.MaxQueue;
    }

    /// <summary>The backends' groups in the order given.</summary>
    public IReadOnlyList<BackendGroup> Groups => _places.Groups;

    /// <summary>Requests that wait for a slot.</summary>
    public int QueueLength => _line.Count;

    /// <summary>Requests that hold a slot or wait for one.</summary>
    public int RequestsInFlight
    {
        get
        {
            int inFlight = _line.Count;
            foreach (BackendGroup group in _places.Groups)
            {
                inFlight += group.Carried;
            }

            return inFlight;
        }
    }

    /// <summary>A usable slot, or null where none is free or others came first.</summary>
    public Slot? TryTake()
    {
        while (_line.Count == 0 && _free.Reader.TryRead(out Slot? slot))
        {
            if (slot.IsUsable)
            {
                slot.Group.Enter();
                return slot;
            }

            PutAway(slot);
        }

        return null;
    }

    /// <summary>A usable slot of the group that a policy has chosen, or null where others were faster.</summary>
    public Slot? TryTakeOf(BackendGroup group)
    {
        Slot? slot;
        Waiter? settled;
        lock (_gate)
        {
            slot = _places.TakeOf(group);
            settled = _line.TakeSettled(); // by a slot that turned out to be of no use to a first try
        }

        _line.Complete(settled);
        return slot;
    }

    /// <summary>A usable slot of a backend that was not tried, at once or when it is this request's turn.</summary>
    /// <param name="tried">Backends that are out of the question; null or empty for a first try.</param>
    /// <param name="cancellationToken">Leaves the line at once.</param>
    public ValueTask<Grant> TakeAsync(List<Backend>? tried, CancellationToken cancellationToken)
    {
        Waiter waiter;
        Waiter? settled;
        lock (_gate)
        {
            waiter = _line.Add(tried);
            _places.Serve(waiter);
            Denial denial = waiter.InLine ? Judge(tried) : Denial.None;
            if (denial != Denial.None)
            {
                _line.Settle(waiter, new Grant(null, denial));
            }
            else if (waiter.InLine)
            {
                _line.KeepWaiting(waiter);
            }

            settled = _line.TakeSettled();
        }

        _line.Complete(settled);
        return WaitingLine.WaitAsync(waiter, cancellationToken);
    }

    /// <summary>Takes a slot back, and hands it to who waits for it. Never throws, never waits.</summary>
    public void GiveBack(Slot slot)
    {
        BackendGroup group = slot.Group;
        group.Leave();
        if (_line.Count > 0 || !slot.IsUsable || _isChosen)
        {
            PutAway(slot);
            return;
        }

        _free.Writer.TryWrite(slot);
        Interlocked.MemoryBarrier();
        if (_line.Count > 0 || !group.IsOpen)
        {
            Sweep();
        }
    }

    /// <summary>Whether a request may still be served by a backend it has not tried.</summary>
    public bool CanServe(List<Backend>? tried) => _places.CanServe(tried);

    /// <summary>Replaces the groups in one step; see <see cref="Placement.Replace"/>.</summary>
    public void Replace(BackendGroup[] groups, List<BackendGroup> added, List<BackendGroup> removed, List<(BackendGroup Group, Backend Backend)> weights)
    {
        Waiter? settled;
        lock (_gate)
        {
            _places.Replace(groups, added, removed, weights);
            settled = _line.TakeSettled();
        }

        _line.Complete(settled);
    }

    /// <summary>A backend's health was reported: its slots come back among the others, or are kept aside.</summary>
    /// <param name="group">Its group.</param>
    /// <param name="report">Its health.</param>
    /// <param name="isNews">It was another before, or not known.</param>
    /// <param name="now">When.</param>
    /// <returns>False where the backend was removed: nothing is told of it any more.</returns>
    public bool SetHealth(BackendGroup group, HealthReport report, bool isNews, DateTimeOffset now)
    {
        Waiter? settled;
        lock (_gate)
        {
            if (group.IsRemoved)
            {
                return false;
            }

            if (isNews)
            {
                group.Reason = report.Reason;
                group.Since = now;
                _feed.Publish(report.State == HealthState.Healthy ? PoolChangeKind.Healthy : PoolChangeKind.Unhealthy, group.Backend, report.Reason);
            }

            group.State = report.State;
            _places.Settle();
            settled = _line.TakeSettled();
        }

        _line.Complete(settled);
        return true;
    }

    /// <summary>Takes the backend out of service; <c>IsNew</c>: it was in service. The task completes when it is empty.</summary>
    /// <exception cref="ObjectDisposedException">The pool was disposed.</exception>
    public (Task Emptied, bool IsNew) Drain(Backend backend)
    {
        Task emptied = Task.CompletedTask;
        bool isNew = false;
        Waiter? settled = null;
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_isClosed, typeof(IBackendPool));
            BackendGroup? group = Find(backend);
            isNew = group is { IsDraining: false };
            if (isNew)
            {
                _places.Drain(group!); // it is new because it was found
                settled = _line.TakeSettled();
            }

            emptied = (group ?? _places.FindLeaving(backend))?.Emptied ?? Task.CompletedTask;
        }

        _line.Complete(settled);
        return (emptied, isNew);
    }

    /// <summary>Takes the backend back into service; false where it did not drain.</summary>
    public bool Resume(Backend backend)
    {
        Waiter? settled;
        lock (_gate)
        {
            if (Find(backend) is not { IsDraining: true } group)
            {
                return false;
            }

            _places.Resume(group);
            settled = _line.TakeSettled();
        }

        _line.Complete(settled);
        return true;
    }

    /// <summary>All changes from now on.</summary>
    public IAsyncEnumerable<PoolChange> Watch(CancellationToken cancellationToken) => _feed.Watch(cancellationToken);

    /// <summary>Every backend at one moment.</summary>
    public BackendStatus[] GetStatus()
    {
        lock (_gate)
        {
            return Array.ConvertAll(_places.Groups, static group => new BackendStatus(group.Backend, group.State, group.Carried)
            {
                Reason = group.Reason,
                Since = group.Since,
                Limit = group.Limit,
                IsDraining = group.IsDraining,
            });
        }
    }

    /// <summary>Denies everybody and retires every slot, also those that are out.</summary>
    public void Close()
    {
        Waiter? settled;
        lock (_gate)
        {
            _isClosed = true;
            _places.Close();
            _line.SettleAll(Denial.Closed);
            settled = _line.TakeSettled();
        }

        _line.Complete(settled);
        _feed.Close();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _line.Dispose();
        _shares.Dispose();
    }

    private BackendGroup? Find(Backend backend) => Array.Find(_places.Groups, group => group.Backend.Equals(backend));

    private Denial Judge(List<Backend>? tried) =>
        _isClosed ? Denial.Closed
        : !CanServe(tried) ? (tried is { Count: > 0 } ? Denial.AllTried : Denial.NoBackend)
        : _line.Count > _maxQueue ? Denial.QueueFull
        : Denial.None;

    private void PutAway(Slot slot)
    {
        Waiter? settled;
        lock (_gate)
        {
            _places.Place(slot);
            settled = _line.TakeSettled();
        }

        _line.Complete(settled);
    }

    private void Sweep()
    {
        Waiter? settled;
        lock (_gate)
        {
            _places.Sweep();
            settled = _line.TakeSettled();
        }

        _line.Complete(settled);
    }

    // The clock of a slow start.
    private void Rise()
    {
        Waiter? settled;
        lock (_gate)
        {
            _places.Rise();
            settled = _line.TakeSettled();
        }

        _line.Complete(settled);
    }
}

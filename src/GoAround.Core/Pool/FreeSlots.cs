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
/// </remarks>
internal sealed class FreeSlots : IDisposable
{
    private readonly Lock _gate = new();
    private readonly Channel<Slot> _free = Channel.CreateUnbounded<Slot>(new UnboundedChannelOptions { AllowSynchronousContinuations = true });
    private readonly Succession _succession;
    private readonly WaitingLine _line;
    private readonly Retirement _retirement;
    private readonly int _maxQueue;
    private volatile BackendGroup[] _groups = [];
    private bool _isClosed;

    /// <summary>Makes a pool without backends.</summary>
    public FreeSlots(PoolOptions options, Retirement retirement, ProxyEvents events, TimeProvider time)
    {
        _line = new WaitingLine(_gate, time, options.QueueTimeout, events);
        _maxQueue = options.MaxQueue;
        _retirement = retirement;
        _succession = new Succession(retirement);
    }

    /// <summary>The backends' groups in the order given.</summary>
    public IReadOnlyList<BackendGroup> Groups => _groups;

    /// <summary>Requests that wait for a slot.</summary>
    public int QueueLength => _line.Count;

    /// <summary>Requests that hold a slot or wait for one.</summary>
    public int RequestsInFlight
    {
        get
        {
            int inFlight = _line.Count;
            foreach (BackendGroup group in _groups)
            {
                inFlight += group.InFlight;
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
            Serve(waiter);
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
        if (_line.Count > 0 || !slot.IsUsable)
        {
            PutAway(slot);
            return;
        }

        _free.Writer.TryWrite(slot);
        Interlocked.MemoryBarrier();
        if (_line.Count > 0 || group.IsRemoved)
        {
            Sweep();
        }
    }

    /// <summary>Whether a request may still be served by a backend it has not tried.</summary>
    public bool CanServe(List<Backend>? tried)
    {
        bool isFirstTry = tried is not { Count: > 0 };
        foreach (BackendGroup group in _groups)
        {
            if (group.State == HealthState.Healthy ? isFirstTry || !tried!.Contains(group.Backend) : isFirstTry && group.State == HealthState.Unknown)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Replaces the groups in one step: afterwards no slot of a removed one goes out.</summary>
    public void Replace(BackendGroup[] groups, List<BackendGroup> added, List<BackendGroup> removed)
    {
        Waiter? settled;
        lock (_gate)
        {
            _groups = groups;
            foreach (BackendGroup group in removed)
            {
                _succession.Remove(group);
            }

            foreach (BackendGroup group in added)
            {
                _succession.Admit(group);
            }

            settled = Settle();
        }

        _line.Complete(settled);
    }

    /// <summary>A backend's health changed: its slots come back among the others, or are kept aside.</summary>
    public void SetState(BackendGroup group, HealthState state)
    {
        Waiter? settled;
        lock (_gate)
        {
            group.State = state;
            settled = Settle();
        }

        _line.Complete(settled);
    }

    /// <summary>Denies everybody and retires every slot, also those that are out.</summary>
    public void Close()
    {
        Waiter? settled;
        lock (_gate)
        {
            _isClosed = true;
            _groups = [];
            foreach (BackendGroup group in _succession.Alive)
            {
                group.MarkRemoved();
                foreach (Slot slot in group.Slots)
                {
                    _retirement.Add(slot);
                }
            }

            _line.SettleAll(Denial.Closed);
            settled = _line.TakeSettled();
        }

        _line.Complete(settled);
    }

    /// <inheritdoc/>
    public void Dispose() => _line.Dispose();

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
            Place(slot);
            settled = _line.TakeSettled();
        }

        _line.Complete(settled);
    }

    // Somebody came in line, or a backend was removed, just while a slot was written past them.
    private void Sweep()
    {
        Waiter? settled;
        lock (_gate)
        {
            for (int left = _free.Reader.Count; left > 0 && _free.Reader.TryRead(out Slot? slot); left--)
            {
                Place(slot);
            }

            settled = _line.TakeSettled();
        }

        _line.Complete(settled);
    }

    // Goes once round the free slots until this waiter has one. Nobody before it accepts any of them, or would have it already.
    private void Serve(Waiter waiter)
    {
        for (int left = _free.Reader.Count; left > 0 && waiter.InLine && _free.Reader.TryRead(out Slot? slot); left--)
        {
            Place(slot);
        }
    }

    // Under the gate: the only place that decides where a slot goes.
    private void Place(Slot slot)
    {
        BackendGroup group = slot.Group;
        if (group.IsRemoved)
        {
            _retirement.Add(slot);
            if (_succession.PayBack(group) is { } freed)
            {
                Place(freed);
            }
        }
        else if (!slot.Connection.IsHealthy)
        {
            group.Aside.Add(slot);
        }
        else if (_line.FindFor(group.Backend) is { } waiter)
        {
            group.Enter();
            _line.Settle(waiter, new Grant(slot, Denial.None));
        }
        else
        {
            _free.Writer.TryWrite(slot);
        }
    }

    // After every change of the backends or their health.
    private Waiter? Settle()
    {
        Shuffle();
        DenyHopeless();
        return _line.TakeSettled();
    }

    // Draws every free slot, and writes them back evenly mixed with those of a backend that came or turned healthy. Who
    // finds no slot meanwhile comes to the gate, and looks again behind it.
    private void Shuffle()
    {
        while (_free.Reader.TryRead(out Slot? slot))
        {
            if (slot.IsUsable)
            {
                slot.Group.Shuffled.Add(slot);
            }
            else
            {
                Place(slot);
            }
        }

        BackendGroup[] groups = _groups;
        List<Slot>[] lists = new List<Slot>[groups.Length];
        for (int i = 0; i < groups.Length; i++)
        {
            lists[i] = groups[i].Shuffled;
            List<Slot> aside = groups[i].Aside;
            for (int k = aside.Count - 1; k >= 0; k--)
            {
                if (aside[k].IsUsable)
                {
                    lists[i].Add(aside[k]);
                    aside.RemoveAt(k);
                }
            }
        }

        foreach (Slot slot in SlotShuffle.Merge(lists))
        {
            Place(slot);
        }

        foreach (List<Slot> list in lists)
        {
            list.Clear();
        }
    }

    private void DenyHopeless()
    {
        for (Waiter? waiter = _line.First; waiter is not null;)
        {
            Waiter? next = waiter.Next;
            if (!CanServe(waiter.Tried))
            {
                _line.Settle(waiter, new Grant(null, waiter.Tried is { Count: > 0 } ? Denial.AllTried : Denial.NoBackend));
            }

            waiter = next;
        }
    }
}

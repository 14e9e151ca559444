using System;
using System.Collections.Generic;
using System.Threading;
using System.Threading.Channels;

namespace GoAround.Core.Pool;

/// <summary>Where a slot goes: to who waits, among the free ones, aside, or into retirement; and all of them anew after every change.</summary>
/// <remarks>Everything that changes something is called under the gate of the free slots.</remarks>
internal sealed class Placement
{
    private readonly Channel<Slot> _free;
    private readonly bool _isChosen;
    private readonly WaitingLine _line;
    private readonly Retirement _retirement;
    private readonly Shares _shares;
    private readonly ChangeFeed _feed;
    private readonly Succession _succession;
    private volatile BackendGroup[] _groups = [];
    private int _turn;

    /// <summary>Places nothing yet.</summary>
    /// <param name="free">The one channel of free slots.</param>
    /// <param name="isChosen">The channel stays empty: free slots stay with their group, for a policy to choose.</param>
    /// <param name="line">Who waits.</param>
    /// <param name="retirement">Takes the slots of removed backends.</param>
    /// <param name="shares">Says how many slots a backend may use.</param>
    /// <param name="feed">Told of what happens.</param>
    public Placement(Channel<Slot> free, bool isChosen, WaitingLine line, Retirement retirement, Shares shares, ChangeFeed feed)
    {
        _free = free;
        _isChosen = isChosen;
        _line = line;
        _retirement = retirement;
        _shares = shares;
        _feed = feed;
        _succession = new Succession(retirement, feed);
    }

    /// <summary>The backends' groups in the order given.</summary>
    public BackendGroup[] Groups => _groups;

    /// <summary>Whether a request may still be served by a backend it has not tried; needs no gate.</summary>
    public bool CanServe(List<Backend>? tried)
    {
        foreach (BackendGroup group in _groups)
        {
            bool canServe = group.State switch
            {
                HealthState.Healthy => tried?.Contains(group.Backend) is not true,
                HealthState.Unknown => tried is not { Count: > 0 },
                _ => false,
            };
            if (canServe && !group.IsDraining)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>The only place that decides where a live slot goes.</summary>
    public void Place(Slot slot)
    {
        BackendGroup group = slot.Group;
        if (group.IsRemoved)
        {
            _retirement.Add(slot);
            if (_succession.PayBack(group) is { } freed)
            {
                freed.Group.Recount();
                Place(freed);
            }
        }
        else if (!group.IsOpen || !slot.Connection.IsHealthy)
        {
            group.Aside.Add(slot);
            group.Recount();
            NoteIfEmpty(group);
        }
        else if (_line.FindFor(group.Backend) is { } waiter)
        {
            group.Enter();
            _line.Settle(waiter, new Grant(slot, Denial.None));
        }
        else if (_isChosen)
        {
            group.Free.Push(slot);
        }
        else
        {
            _free.Writer.TryWrite(slot);
        }
    }

    /// <summary>Goes once round the free slots until this waiter has one. Nobody before it accepts any of them, or would have it already.</summary>
    public void Serve(Waiter waiter)
    {
        if (!_isChosen)
        {
            for (int left = _free.Reader.Count; left > 0 && waiter.InLine && _free.Reader.TryRead(out Slot? slot); left--)
            {
                Place(slot);
            }

            return;
        }

        foreach (BackendGroup group in _groups)
        {
            for (int left = group.Free.Count; left > 0 && waiter.InLine && waiter.Accepts(group.Backend) && group.Free.TryPop(out Slot? slot); left--)
            {
                Place(slot);
            }
        }
    }

    /// <summary>Places every slot in the channel: somebody came in line, or its group was closed, just while one was written past them.</summary>
    public void Sweep()
    {
        for (int left = _free.Reader.Count; left > 0 && _free.Reader.TryRead(out Slot? slot); left--)
        {
            Place(slot);
        }
    }

    /// <summary>A free slot of the group that a policy has chosen; null where others were faster.</summary>
    public Slot? TakeOf(BackendGroup group)
    {
        while (group.Free.TryPop(out Slot? slot))
        {
            if (slot.IsUsable)
            {
                group.Enter();
                return slot;
            }

            Place(slot);
        }

        return null;
    }

    /// <summary>Replaces the groups: afterwards no slot of a removed one goes out.</summary>
    /// <param name="groups">The new set.</param>
    /// <param name="added">Those of it that are new.</param>
    /// <param name="removed">Those that are no longer in it.</param>
    /// <param name="weights">The backends that stay with another weight, with it.</param>
    public void Replace(BackendGroup[] groups, List<BackendGroup> added, List<BackendGroup> removed, List<(BackendGroup Group, Backend Backend)> weights)
    {
        _groups = groups;
        foreach (BackendGroup group in removed)
        {
            _feed.Publish(PoolChangeKind.Removed, group.Backend);
            group.Aside.AddRange(group.Free);
            group.Free.Clear();
            _succession.Remove(group);
        }

        bool othersServe = Array.Exists(groups, static group => group.IsServing && group.WasServing);
        foreach (BackendGroup group in added)
        {
            group.StartsSlowly = othersServe;
            _feed.Publish(PoolChangeKind.Added, group.Backend);
            _succession.Admit(group);
        }

        foreach ((BackendGroup group, Backend backend) in weights)
        {
            group.Backend = backend;
            _feed.Publish(PoolChangeKind.WeightChanged, backend);
        }

        Settle();
    }

    /// <summary>The group takes nothing new.</summary>
    public void Drain(BackendGroup group)
    {
        group.StartDraining();
        _feed.Publish(PoolChangeKind.Draining, group.Backend);
        Settle();
    }

    /// <summary>The group takes requests again.</summary>
    public void Resume(BackendGroup group)
    {
        group.StopDraining();
        _feed.Publish(PoolChangeKind.Resumed, group.Backend);
        Settle();
    }

    /// <summary>Shares out and mixes anew, after every change of the backends or their health.</summary>
    public void Settle()
    {
        _shares.Apportion(_groups);
        Shuffle();
        DenyHopeless();
    }

    /// <summary>Shares out anew what rises with time.</summary>
    public void Rise()
    {
        if (_shares.Apportion(_groups))
        {
            _turn++;
            Shuffle();
        }
    }

    /// <summary>A group that was removed and still carries requests, of which there is no later group; null: there is none.</summary>
    public BackendGroup? FindLeaving(Backend backend)
    {
        foreach (BackendGroup group in _succession.Alive)
        {
            if (group.IsRemoved && group.Successor is null && group.Backend.Equals(backend))
            {
                return group;
            }
        }

        return null;
    }

    /// <summary>Retires every slot, also those that are out.</summary>
    public void Close()
    {
        _groups = [];
        foreach (BackendGroup group in _succession.Alive)
        {
            group.MarkRemoved();
            group.GiveUpEmptying();
            foreach (Slot slot in group.Slots)
            {
                _retirement.Add(slot);
            }
        }
    }

    // Draws every free slot, and writes back as many of each group as its limit allows, evenly mixed. Who finds none meanwhile comes to
    // the gate, and looks again behind it.
    private void Shuffle()
    {
        BackendGroup[] groups = _groups;
        foreach (BackendGroup group in groups)
        {
            group.Recount();
        }

        // Who gives back now, or has just written, sees that a group is closed; or what was written is drawn here.
        Interlocked.MemoryBarrier();
        DrawFree(groups);
        List<Slot>[] lists = new List<Slot>[groups.Length];
        for (int i = 0; i < groups.Length; i++)
        {
            lists[i] = TakeFromAside(groups[i]);
            groups[i].Recount();
            NoteIfEmpty(groups[i]); // what was drawn above never passes Place
        }

        // Where it begins moves on with every step of a slow start: or few requests between two steps would all go to the first backend.
        List<Slot> mixed = SlotShuffle.Merge(lists);
        for (int i = 0; i < mixed.Count; i++)
        {
            Place(mixed[(int)((uint)(i + _turn) % (uint)mixed.Count)]);
        }
    }

    private void DrawFree(BackendGroup[] groups)
    {
        while (_free.Reader.TryRead(out Slot? slot))
        {
            if (slot.Group.IsRemoved)
            {
                Place(slot);
            }
            else
            {
                slot.Group.Aside.Add(slot);
            }
        }

        foreach (BackendGroup group in groups)
        {
            group.Aside.AddRange(group.Free);
            group.Free.Clear();
        }
    }

    private static List<Slot> TakeFromAside(BackendGroup group)
    {
        List<Slot> taken = [];
        int room = group.IsServing ? group.Limit - group.Live : 0;
        for (int k = group.Aside.Count - 1; k >= 0 && taken.Count < room; k--)
        {
            if (group.Aside[k].Connection.IsHealthy)
            {
                taken.Add(group.Aside[k]);
                group.Aside.RemoveAt(k);
            }
        }

        return taken;
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

    private void NoteIfEmpty(BackendGroup group)
    {
        if (group.IsDraining && !group.IsEmpty && group.Live == 0 && group.Withheld.Count == 0)
        {
            group.MarkEmpty();
            _feed.Publish(PoolChangeKind.Empty, group.Backend);
        }
    }
}

using System.Collections.Generic;

namespace GoAround.Core.Pool;

/// <summary>
/// Keeps a backend's cap exact when it is removed and comes back while it still carries requests: as many slots of the new
/// group are withheld, and each is set free when one of the old ones comes back.
/// </summary>
/// <remarks>Guarded by the gate of the free slots.</remarks>
internal sealed class Succession(Retirement retirement, ChangeFeed feed)
{
    private readonly HashSet<BackendGroup> _alive = [];

    /// <summary>Groups in use, and removed ones that still carry requests.</summary>
    public IReadOnlyCollection<BackendGroup> Alive => _alive;

    /// <summary>A new group: its slots stand aside, those owed to an earlier group are withheld.</summary>
    public void Admit(BackendGroup group)
    {
        int owed = 0;
        foreach (BackendGroup earlier in _alive)
        {
            if (earlier.IsRemoved && earlier.Successor is null && earlier.Backend.Equals(group.Backend))
            {
                earlier.Successor = group;
                owed = earlier.Outstanding;
            }
        }

        _alive.Add(group);
        foreach (Slot slot in group.Slots)
        {
            if (group.Withheld.Count < owed)
            {
                group.Withheld.Push(slot);
            }
            else
            {
                group.Aside.Add(slot);
            }
        }
    }

    /// <summary>A group goes: from now on it counts what is still out, its own and what it owes to earlier ones.</summary>
    public void Remove(BackendGroup group)
    {
        group.MarkRemoved();
        group.Outstanding = group.Slots.Count;
        foreach (Slot slot in group.Withheld)
        {
            retirement.Add(slot);
        }

        group.Withheld.Clear();
        foreach (Slot slot in group.Aside)
        {
            retirement.Add(slot);
            _ = PayBack(group); // a group that was not removed before has no successor yet
        }

        group.Aside.Clear();
    }

    /// <summary>A slot of a removed group came back; returns the withheld slot of a later group that may be used for it, if there is one.</summary>
    public Slot? PayBack(BackendGroup group)
    {
        BackendGroup? owed = group;
        while (owed is { IsRemoved: true })
        {
            owed.Outstanding--;
            if (owed.Outstanding == 0)
            {
                End(owed);
            }
            else if (owed.Slots.Count > 2 * owed.Outstanding)
            {
                owed.Slots.RemoveAll(static slot => slot.IsRetired); // one tunnel must not keep them all; each is moved twice at the most
            }

            owed = owed.Successor;
        }

        return owed is not null && owed.Withheld.TryPop(out Slot? slot) ? slot : null;
    }

    private void End(BackendGroup group)
    {
        _alive.Remove(group);
        bool isNews = !group.IsEmpty && group.Successor is null; // a backend that came back is not empty
        group.MarkEmpty();
        if (isNews)
        {
            feed.Publish(PoolChangeKind.Empty, group.Backend);
        }
    }
}

using System;
using System.Buffers;
using System.Collections.Generic;

namespace GoAround.Core.Pool;

/// <summary>Asks a policy which backend a request goes to, outside the gate, until a slot of its choice is had; allocates nothing.</summary>
internal sealed class PolicyChoice(SelectionPolicy policy, FreeSlots slots)
{
    /// <summary>A usable slot; null where no backend in question has one.</summary>
    /// <param name="request">The request.</param>
    /// <param name="tried">Backends that are out of the question; null for a first try.</param>
    /// <exception cref="InvalidOperationException">The policy chose none of its candidates.</exception>
    public Slot? TryTake(ProxyRequest request, List<Backend>? tried)
    {
        IReadOnlyList<BackendGroup> groups = slots.Groups;
        BackendGroup[] candidates = ArrayPool<BackendGroup>.Shared.Rent(groups.Count);
        BackendLoad[] loads = ArrayPool<BackendLoad>.Shared.Rent(groups.Count);
        try
        {
            Slot? slot = null;
            while (slot is null && Find(groups, tried, candidates, loads) is int count and > 0)
            {
                int index = count == 1 ? 0 : policy.Choose(request, loads.AsSpan(0, count));
                if ((uint)index >= (uint)count)
                {
                    throw new InvalidOperationException($"{policy.GetType().Name} chose backend {index} of {count}");
                }

                slot = slots.TryTakeOf(candidates[index]);
            }

            return slot;
        }
        finally
        {
            ArrayPool<BackendGroup>.Shared.Return(candidates, clearArray: true);
            ArrayPool<BackendLoad>.Shared.Return(loads, clearArray: true);
        }
    }

    // Read without the gate: hints, for whoever is chosen is looked at again behind it.
    private static int Find(IReadOnlyList<BackendGroup> groups, List<Backend>? tried, BackendGroup[] candidates, BackendLoad[] loads)
    {
        int count = 0;
        for (int i = 0; i < groups.Count; i++)
        {
            BackendGroup group = groups[i];
            if (group.Free.Count > 0 && group.IsServing && tried?.Contains(group.Backend) is not true)
            {
                candidates[count] = group;
                loads[count++] = new BackendLoad(group.Backend, group.Carried, Math.Max(group.Limit, 1));
            }
        }

        return count;
    }
}

using System.Collections.Generic;
using GoAround.Core.Tests.Cache;

namespace GoAround.Bench;

/// <summary>SIEVE (Zhang et al., NSDI 2024): one queue, one bit, a hand that goes from old to new.</summary>
internal sealed class SieveModel(long capacityBytes) : IEvictionModel
{
    private readonly LinkedList<Item> _order = new();
    private readonly Dictionary<int, LinkedListNode<Item>> _nodes = [];
    private LinkedListNode<Item>? _hand;
    private long _bytes;

    public bool Request(int id, int bytes)
    {
        if (_nodes.TryGetValue(id, out LinkedListNode<Item>? node))
        {
            node.Value.IsUsed = true;
            return true;
        }

        _bytes += bytes;
        while (_bytes > capacityBytes && _order.Count > 0)
        {
            LinkedListNode<Item> candidate = _hand ?? _order.Last!;
            while (candidate.Value.IsUsed)
            {
                candidate.Value.IsUsed = false;
                candidate = candidate.Previous ?? _order.Last!;
            }

            _hand = candidate.Previous;
            _order.Remove(candidate);
            _nodes.Remove(candidate.Value.Id);
            _bytes -= candidate.Value.Bytes;
        }

        _nodes[id] = _order.AddFirst(new Item(id, bytes));
        return false;
    }

    private sealed class Item(int id, int bytes)
    {
        public int Id { get; } = id;

        public int Bytes { get; } = bytes;

        public bool IsUsed { get; set; }
    }
}

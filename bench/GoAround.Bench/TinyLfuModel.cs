using System;
using System.Collections.Generic;
using GoAround.Core.Tests.Cache;

namespace GoAround.Bench;

/// <summary>W-TinyLFU (Einziger et al., 2017): 1 % window, 79 % protected, 20 % probation, a 4-bit sketch of 4 rows that is halved every ten capacities.</summary>
internal sealed class TinyLfuModel(long capacityBytes) : IEvictionModel
{
    private const int Window = 0;
    private const int Probation = 1;
    private const int Protected = 2;

    private readonly LinkedList<Item>[] _lists = [new(), new(), new()];
    private readonly long[] _bytes = new long[3];
    private readonly Dictionary<int, LinkedListNode<Item>> _nodes = [];
    private readonly byte[] _sketch = new byte[4 << 16];
    private int _counted;

    public bool Request(int id, int bytes)
    {
        Count(id);
        if (_nodes.TryGetValue(id, out LinkedListNode<Item>? node))
        {
            Move(node, node.Value.List == Window ? Window : Protected);
            while (_bytes[Protected] > capacityBytes * 0.79)
            {
                Move(_lists[Protected].Last!, Probation);
            }

            return true;
        }

        node = new LinkedListNode<Item>(new Item(id, bytes));
        _nodes[id] = node;
        _lists[Window].AddFirst(node);
        _bytes[Window] += bytes;
        while (_bytes[Window] > capacityBytes * 0.01 && _lists[Window].Last is { } candidate)
        {
            Move(candidate, Probation);
            while (_bytes[Window] + _bytes[Probation] + _bytes[Protected] > capacityBytes)
            {
                LinkedListNode<Item> victim = _lists[Probation].Last!;
                if (victim == candidate || Frequency(candidate.Value.Id) <= Frequency(victim.Value.Id))
                {
                    Drop(candidate);
                    break;
                }

                Drop(victim);
            }
        }

        return false;
    }

    private void Move(LinkedListNode<Item> node, int list)
    {
        _lists[node.Value.List].Remove(node);
        _bytes[node.Value.List] -= node.Value.Bytes;
        node.Value.List = list;
        _lists[list].AddFirst(node);
        _bytes[list] += node.Value.Bytes;
    }

    private void Drop(LinkedListNode<Item> node)
    {
        _lists[node.Value.List].Remove(node);
        _bytes[node.Value.List] -= node.Value.Bytes;
        _nodes.Remove(node.Value.Id);
    }

    private void Count(int id)
    {
        for (int row = 0; row < 4; row++)
        {
            ref byte counter = ref _sketch[Slot(id, row)];
            counter = (byte)Math.Min(15, counter + 1);
        }

        if (++_counted >= 10 * Math.Max(1000, _nodes.Count))
        {
            _counted /= 2;
            for (int i = 0; i < _sketch.Length; i++)
            {
                _sketch[i] >>= 1;
            }
        }
    }

    private int Frequency(int id)
    {
        int least = 15;
        for (int row = 0; row < 4; row++)
        {
            least = Math.Min(least, _sketch[Slot(id, row)]);
        }

        return least;
    }

    private static int Slot(int id, int row)
    {
        ulong mixed = ((ulong)id + 1) * (0x9e3779b97f4a7c15 + ((ulong)row * 0xbf58476d1ce4e5ba));
        return (row << 16) | (int)(mixed >> 48);
    }

    private sealed class Item(int id, int bytes)
    {
        public int Id { get; } = id;

        public int Bytes { get; } = bytes;

        public int List { get; set; }
    }
}

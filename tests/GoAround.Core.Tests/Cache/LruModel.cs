using System.Collections.Generic;

namespace GoAround.Core.Tests.Cache;

/// <summary>Lets go of what was not used for longest.</summary>
public sealed class LruModel(long capacityBytes) : IEvictionModel
{
    private readonly LinkedList<(int Id, int Bytes)> _order = new();
    private readonly Dictionary<int, LinkedListNode<(int Id, int Bytes)>> _nodes = [];
    private long _bytes;

    public bool Request(int id, int bytes)
    {
        if (_nodes.TryGetValue(id, out LinkedListNode<(int Id, int Bytes)>? node))
        {
            _order.Remove(node);
            _order.AddFirst(node);
            return true;
        }

        _nodes[id] = _order.AddFirst((id, bytes));
        _bytes += bytes;
        while (_bytes > capacityBytes && _order.Last is { } last)
        {
            _order.RemoveLast();
            _nodes.Remove(last.Value.Id);
            _bytes -= last.Value.Bytes;
        }

        return false;
    }
}

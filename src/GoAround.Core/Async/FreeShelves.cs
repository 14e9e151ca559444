using System;
using System.Collections.Generic;
using System.Threading;

namespace GoAround.Core.Async;

/// <summary>
/// Free objects of one kind. Each thread has a shelf of its own and takes no lock; shelves that run over or run dry move
/// half a shelf to and from a shared stack, since what one poll thread takes another one often gives back.
/// </summary>
/// <param name="maxShared">How many the shared stack keeps at most.</param>
/// <remarks>Not generic, since a thread's own field of a generic class is found by a search in code compiled ahead of time: 68 instructions each time.</remarks>
internal sealed class FreeShelves(int maxShared = 8192)
{
    private const int BundleLength = 32;

    private static int _kinds;

    [ThreadStatic]
    private static Shelf?[]? _shelves; // by kind

    private readonly int _kind = Interlocked.Increment(ref _kinds) - 1;
    private readonly Lock _gate = new();
    private readonly Stack<Place[]> _full = new();
    private readonly Stack<Place[]> _empty = new();

    /// <summary>Takes a free object, or null where there is none.</summary>
    public object? TryTake()
    {
        Shelf shelf = Own();
        if (shelf.Count == 0 && !TryFill(shelf))
        {
            return null;
        }

        ref object? place = ref shelf.Items[--shelf.Count].Item;
        object? item = place;
        place = null;
        return item;
    }

    /// <summary>Gives an object back; it must hold nothing any more.</summary>
    public void Give(object item)
    {
        Shelf shelf = Own();
        if (shelf.Count == shelf.Items.Length)
        {
            HandOver(shelf);
        }

        shelf.Items[shelf.Count++].Item = item;
    }

    private Shelf Own()
    {
        Shelf?[]? shelves = _shelves;
        return shelves is not null && _kind < shelves.Length && shelves[_kind] is { } shelf ? shelf : MakeOwn();
    }

    private Shelf MakeOwn()
    {
        if (_shelves is null || _kind >= _shelves.Length)
        {
            Array.Resize(ref _shelves, Math.Max(_kind + 1, Volatile.Read(ref _kinds)));
        }

        return _shelves[_kind] = new Shelf();
    }

    private bool TryFill(Shelf shelf)
    {
        lock (_gate)
        {
            if (!_full.TryPop(out Place[]? bundle))
            {
                return false;
            }

            bundle.CopyTo(shelf.Items, 0);
            shelf.Count = BundleLength;
            Array.Clear(bundle);
            _empty.Push(bundle);
            return true;
        }
    }

    private void HandOver(Shelf shelf)
    {
        shelf.Count -= BundleLength;
        Span<Place> items = shelf.Items.AsSpan(shelf.Count, BundleLength);
        lock (_gate)
        {
            if ((_full.Count + 1) * BundleLength <= maxShared)
            {
                Place[] bundle = _empty.TryPop(out Place[]? used) ? used : new Place[BundleLength];
                items.CopyTo(bundle);
                _full.Push(bundle);
            }
        }

        items.Clear();
    }

    private sealed class Shelf
    {
        public readonly Place[] Items = new Place[BundleLength * 2];
        public int Count;
    }

    /// <summary>Spares an array of objects its check of what is put into it.</summary>
    private struct Place
    {
        public object? Item;
    }
}

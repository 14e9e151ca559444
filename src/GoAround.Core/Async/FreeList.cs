using System;
using System.Collections.Generic;
using System.Threading;

namespace GoAround.Core.Async;

/// <summary>
/// Objects to be used again, for the whole process. Each thread has a short list of its own and takes no lock; lists
/// that run over or run dry move whole chains to and from a shared stack, since what one poll thread takes another
/// one often gives back.
/// </summary>
internal static class FreeList<T>
    where T : class, IFreeListItem<T>
{
    private const int ChainLength = 32;
    private const int MaxChains = 256;

    private static readonly Lock Gate = new();
    private static readonly Stack<T> Chains = new();

    [ThreadStatic]
    private static T? _first;

    [ThreadStatic]
    private static int _count;

    /// <summary>Takes a free object, or null where there is none.</summary>
    public static T? TryTake()
    {
        T? item = _first;
        if (item is null)
        {
            item = TakeChain();
            if (item is null)
            {
                return null;
            }

            _count = ChainLength;
        }

        _first = item.NextFree;
        _count--;
        item.NextFree = null;
        return item;
    }

    /// <summary>Gives an object back; it must hold nothing any more.</summary>
    public static void Give(T item)
    {
        if (_count >= ChainLength * 2)
        {
            GiveChain();
        }

        item.NextFree = _first;
        _first = item;
        _count++;
    }

    private static T? TakeChain()
    {
        lock (Gate)
        {
            return Chains.TryPop(out T? chain) ? chain : null;
        }
    }

    private static void GiveChain()
    {
        T chain = _first!; // the count says that there are objects
        T last = chain;
        for (int i = 1; i < ChainLength; i++)
        {
            last = last.NextFree!; // likewise
        }

        _first = last.NextFree;
        _count -= ChainLength;
        last.NextFree = null;
        lock (Gate)
        {
            if (Chains.Count < MaxChains)
            {
                Chains.Push(chain);
            }
        }
    }
}

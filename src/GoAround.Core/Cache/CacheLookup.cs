using System;
using System.Runtime.CompilerServices;
using System.Threading;
using System.Threading.Tasks;
using GoAround.Core.Async;

namespace GoAround.Core.Cache;

/// <summary>Looks into the store: under the primary key, and where a marker stands there, under the key it says.</summary>
internal static class CacheLookup
{
    /// <summary>Looks; what it finds is in the answer. A store that fails is one that has nothing, and so is one that finds nothing for 5 s.</summary>
    public static ValueTask FindAsync(CacheContext cache, CachedAnswer answer, ProxyRequest request, CancellationToken cancellationToken)
    {
        if (cache.Store is not MemoryResponseCache memory)
        {
            return FindInTimeAsync(cache, answer, request, cancellationToken);
        }

        // What is in memory needs no deadline, which is an object and a timer for each look.
        if (TryMark(answer, request, memory.Find(answer.Key.Span)))
        {
            TakeVariant(answer, request, memory.Find(answer.Key.Span));
        }

        return default;
    }

    [AsyncMethodBuilder(typeof(PooledMethodBuilder))]
    private static async ValueTask FindInTimeAsync(CacheContext cache, CachedAnswer answer, ProxyRequest request, CancellationToken cancellationToken)
    {
        using StoreDeadline deadline = new(cache, cancellationToken);
        try
        {
            if (TryMark(answer, request, await cache.Store.FindAsync(answer.Key.Memory, deadline.Token).ConfigureAwait(false)))
            {
                TakeVariant(answer, request, await cache.Store.FindAsync(answer.Key.Memory, deadline.Token).ConfigureAwait(false));
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            throw;
        }
#pragma warning disable CA1031 // a store is done without where it fails
        catch (Exception fault)
#pragma warning restore CA1031
        {
            answer.IsStoreLost = true;
            CacheLog.StoreFailed(cache.Log, "find", fault);
        }
    }

    /// <summary>Takes what was found; true: it is a marker, and the key has become the one it says.</summary>
    private static bool TryMark(CachedAnswer answer, ProxyRequest request, StoredResponse? found)
    {
        if (found is null)
        {
            return false;
        }

        if (StoredHead.TryRead(found, out StoredHead head))
        {
            if (!head.IsMarker)
            {
                Take(answer, request, found, in head);
                return false;
            }

            VaryRules.AppendSelection(ref answer.Key, head.VaryNames, request.Fields);
            found.Dispose();
            return true;
        }

        found.Dispose(); // of another version, or broken
        return false;
    }

    private static void TakeVariant(CachedAnswer answer, ProxyRequest request, StoredResponse? found)
    {
        if (found is null)
        {
            return;
        }

        if (StoredHead.TryRead(found, out StoredHead head) && !head.IsMarker)
        {
            Take(answer, request, found, in head);
        }
        else
        {
            found.Dispose();
        }
    }

    /// <summary>Takes what was found. A part is as good as nothing to a request that asks for more than it has (RFC 9111 §3.3).</summary>
    private static void Take(CachedAnswer answer, ProxyRequest request, StoredResponse found, in StoredHead head)
    {
        if (head.StatusCode == 206 && !IsCovered(request, found, in head))
        {
            answer.IsPartial = true;
            found.Dispose();
            return;
        }

        answer.Stored = found;
        answer.Head = head;
    }

    private static bool IsCovered(ProxyRequest request, StoredResponse found, in StoredHead head) =>
        head.TryReadPart(out ContentRange part) && found.Body.Length == part.Length && part.Covers(RangeRules.Evaluate(request, in head, part.Total));
}

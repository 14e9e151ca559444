using System;
using System.Runtime.CompilerServices;
using System.Threading;
using System.Threading.Tasks;
using GoAround.Core.Async;

namespace GoAround.Core.Cache;

/// <summary>Removes what has changed: after an unsafe method, and at an operator's word. What is just being fetched hears of it first, so that it is not stored afterwards.</summary>
internal sealed class CacheInvalidation(CacheContext cache)
{
    /// <summary>An unsafe method was answered well: what it may have changed is removed, also where its client leaves (RFC 9111 §4.4).</summary>
    [AsyncMethodBuilder(typeof(PooledMethodBuilder))]
    public async ValueTask FollowAsync(ProxyRequest request, ProxyResponse response)
    {
        CachedAnswer scratch = CachedAnswer.RentScratch();
        try
        {
            for (InvalidationTarget which = InvalidationTarget.Target; which <= InvalidationTarget.ContentLocation; which++)
            {
                scratch.Key.Clear();
                if (Invalidation.TryKey(which, request, response, ref scratch.Key))
                {
                    await RemoveAsync(scratch).ConfigureAwait(false);
                }
            }
        }
        catch (OperationCanceledException) when (cache.Fills.Stopping.IsCancellationRequested)
        {
            // Nothing is answered from the store any more.
        }
#pragma warning disable CA1031 // a store is done without where it fails
        catch (Exception fault)
#pragma warning restore CA1031
        {
            CacheLog.StoreFailed(cache.Log, "remove", fault);
        }
        finally
        {
            scratch.Free();
        }
    }

    /// <summary>Removes a URL; -1: it is none.</summary>
    public async ValueTask<int> PurgeAsync(string url, CancellationToken cancellationToken)
    {
        KeyBuffer key = default;
        if (!CacheKey.TryParse(url, ref key))
        {
            return -1;
        }

        cache.Fills.Outdate(key.Span);
        return await cache.Store.RemoveAsync(key.Memory, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Removes what bears a tag. What is being fetched may bear it too: nobody knows yet.</summary>
    public async ValueTask<int> PurgeTagAsync(string tag, CancellationToken cancellationToken)
    {
        KeyBuffer key = default;
        CacheTags.Append(ref key, System.Text.Encoding.UTF8.GetBytes(tag));
        cache.Fills.OutdateAll();
        return await cache.Store.RemoveAsync(key.Memory, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Removes everything.</summary>
    public ValueTask<int> PurgeAllAsync(CancellationToken cancellationToken)
    {
        cache.Fills.OutdateAll();
        return cache.Store.ClearAsync(cancellationToken);
    }

    private ValueTask<int> RemoveAsync(CachedAnswer scratch)
    {
        cache.Fills.Outdate(scratch.Key.Span[..CacheKey.UrlLength(scratch.Key.Span)]);
        return cache.Store.RemoveAsync(scratch.Key.Memory, cache.Fills.Stopping);
    }
}

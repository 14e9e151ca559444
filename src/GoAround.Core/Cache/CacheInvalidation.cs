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
        using StoreDeadline deadline = new(cache, CancellationToken.None); // it goes on although the cache is stopped: a store may outlive the process
        try
        {
            for (InvalidationTarget which = InvalidationTarget.Target; which <= InvalidationTarget.ContentLocation; which++)
            {
                if (TryKey(which, request, response, scratch))
                {
                    cache.Fills.Outdate(scratch.Key.Span); // all of them, before a store that is slow or fails
                }
            }

            for (InvalidationTarget which = InvalidationTarget.Target; which <= InvalidationTarget.ContentLocation; which++)
            {
                if (TryKey(which, request, response, scratch))
                {
                    await TryRemoveUrlAsync(scratch.Key, deadline.Token).ConfigureAwait(false);
                }
            }
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

        return await RemoveUrlAsync(key, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Removes what bears a tag. What is being asked for may bear it too: nobody knows yet.</summary>
    public async ValueTask<int> PurgeTagAsync(string tag, CancellationToken cancellationToken)
    {
        KeyBuffer key = default;
        CacheTags.Append(ref key, System.Text.Encoding.UTF8.GetBytes(tag));
        cache.Fills.OutdateAll(key.Memory);
        int count = await cache.Store.RemoveAsync(key.Memory, cancellationToken).ConfigureAwait(false);
        cache.Fills.OutdateAll(key.Memory); // see RemoveUrlAsync
        return count;
    }

    /// <summary>Removes everything.</summary>
    public async ValueTask<int> PurgeAllAsync(CancellationToken cancellationToken)
    {
        cache.Fills.OutdateAll();
        int count = await cache.Store.ClearAsync(cancellationToken).ConfigureAwait(false);
        cache.Fills.OutdateAll(); // see RemoveUrlAsync
        return count;
    }

    private static bool TryKey(InvalidationTarget which, ProxyRequest request, ProxyResponse response, CachedAnswer scratch)
    {
        scratch.Key.Clear();
        return Invalidation.TryKey(which, request, response, ref scratch.Key);
    }

    [AsyncMethodBuilder(typeof(PooledMethodBuilder))]
    private async ValueTask TryRemoveUrlAsync(KeyBuffer url, CancellationToken cancellationToken)
    {
        try
        {
            await RemoveUrlAsync(url, cancellationToken).ConfigureAwait(false);
        }
#pragma warning disable CA1031 // a store is done without where it fails
        catch (Exception fault)
#pragma warning restore CA1031
        {
            CacheLog.StoreFailed(cache.Log, "remove", fault);
        }
    }

    // The other forms of the host go even where the first removal fails.
    private async ValueTask<int> RemoveUrlAsync(KeyBuffer url, CancellationToken cancellationToken)
    {
        int length = url.Length;
        int count = 0;
        cache.Fills.Outdate(url.Span);
        try
        {
            count = await cache.Store.RemoveAsync(url.Memory, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            cache.Fills.Outdate(url.Span); // whoever came in between may have found it still, and shall not bring it back by a 304
            url.Append(CacheKey.Behind);
            try
            {
                count += await cache.Store.RemoveAsync(url.Memory, cancellationToken).ConfigureAwait(false);
            }
            finally
            {
                cache.Fills.Outdate(url.Span[..length]);
            }
        }

        return count;
    }
}

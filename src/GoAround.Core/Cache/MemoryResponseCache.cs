using System;
using System.Collections.Generic;
using System.Numerics;
using System.Threading;
using System.Threading.Tasks;

namespace GoAround.Core.Cache;

/// <summary>
/// Keeps responses in this process's memory, as many as the budget of a <see cref="CacheMemory"/> holds. Finding takes no lock and allocates nothing;
/// what is removed while it is read stays whole, and counts, until it is given back. Calls complete at once.
/// </summary>
/// <remarks>A key that is a tag of its response, a zero byte and something more is a variant of that tag's resource, which may have 100 of them.</remarks>
internal sealed class MemoryResponseCache : IResponseCache, IRoomMaker, IDisposable
{
    private const int MostKeyBytes = 64 * 1024;
    private const int MostVariants = 100;
    private const int MostRemovedAtOnce = 256;
    private const int SweptBuckets = 16;
    private const int TypicalBytes = 2048;

    private readonly Lock _gate = new();
    private readonly CacheMemory _memory;
    private readonly TimeProvider _time;
    private readonly KeyHash _hash;
    private readonly EntryTable _table;
    private readonly EvictionOrder _order;
    private readonly TagIndex _tags;
    private readonly long _fixedBytes;
    private long _evictions;
    private int _count;
    private int _swept;
    private bool _isDisposed;

    /// <summary>Keeps what has room in the memory, and lets go of it for bodies that are just arriving, too.</summary>
    public MemoryResponseCache(CacheMemory memory, TimeProvider time)
        : this(memory, time, KeyHash.Create())
    {
    }

    /// <summary>The same with a hash that is known.</summary>
    internal MemoryResponseCache(CacheMemory memory, TimeProvider time, KeyHash hash)
    {
        int buckets = (int)Math.Min(1 << 28, BitOperations.RoundUpToPowerOf2((ulong)memory.CapacityBytes / TypicalBytes));
        _memory = memory;
        _time = time;
        _hash = hash;
        _table = new EntryTable(buckets);
        _order = new EvictionOrder(buckets / 2);
        _tags = new TagIndex(buckets / 4, hash);
        _fixedBytes = (long)buckets * (8 + 4 + 2);
        memory.RoomMaker = this;
        memory.TryReserve(_fixedBytes); // the memory is new: a fiftieth of it is there
    }

    /// <inheritdoc/>
    public CacheUsage Usage => new(Volatile.Read(ref _count), _memory.UsedBytes, _memory.CapacityBytes, Volatile.Read(ref _evictions));

    /// <inheritdoc/>
    public ValueTask<StoredResponse?> FindAsync(ReadOnlyMemory<byte> key, CancellationToken cancellationToken) => new(Find(key.Span));

    /// <summary>Lends the response under a key, or null: what is in memory need not be waited for.</summary>
    public StoredResponse? Find(ReadOnlySpan<byte> key)
    {
        CacheEntry? entry = _table.Find(key, _hash.Of(key));
        if (entry is null)
        {
            return null;
        }

        if (entry.ExpiryTicks <= _time.GetUtcNow().UtcTicks)
        {
            RemoveExpired(entry);
            entry.Dispose();
            return null;
        }

        byte uses = entry.Uses;
        if (uses < EvictionOrder.MostUses)
        {
            entry.Uses = (byte)(uses + 1);
        }

        return entry;
    }

    /// <inheritdoc/>
    public ValueTask StoreAsync(ReadOnlyMemory<byte> key, StoredResponse response, CancellationToken cancellationToken)
    {
        CacheEntry? entry = TryMake(key.Span, response, out int tagBytes);
        if (entry is null)
        {
            return default;
        }

        lock (_gate)
        {
            if (!_isDisposed)
            {
                Put(entry, response.Tags, tagBytes);
                return default;
            }
        }

        entry.Dispose();
        _memory.Discount(tagBytes);
        return default;
    }

    /// <inheritdoc/>
    public ValueTask<int> RemoveAsync(ReadOnlyMemory<byte> tag, CancellationToken cancellationToken)
    {
        int removed = 0;
        int left;
        ulong hash = _hash.Of(tag.Span);
        lock (_gate)
        {
            using CacheEntry? own = _table.Find(tag.Span, hash);
            left = _tags.Find(tag.Span)?.Count ?? 0;
            removed += own is not null && Remove(own) ? 1 : 0;
        }

        // In pieces, since others wait; no more than there were at first, since others store.
        while (left > 0)
        {
            lock (_gate)
            {
                int piece = Math.Min(left, MostRemovedAtOnce);
                left -= piece;
                while (piece-- > 0 && _tags.Find(tag.Span)?.Oldest is { } oldest)
                {
                    removed += Remove(oldest.Entry) ? 1 : 0;
                }
            }
        }

        return ValueTask.FromResult(removed);
    }

    /// <inheritdoc/>
    public ValueTask<int> ClearAsync(CancellationToken cancellationToken)
    {
        int removed = 0;
        for (int left = Volatile.Read(ref _count); left > 0; left -= MostRemovedAtOnce)
        {
            lock (_gate)
            {
                for (int i = Math.Min(left, MostRemovedAtOnce); i > 0 && _order.Any is { } entry; i--)
                {
                    removed += Remove(entry) ? 1 : 0;
                }
            }
        }

        return ValueTask.FromResult(removed);
    }

    /// <summary>Lets go of what is past its time, as far as it comes by, and then of what is least worth its room.</summary>
    public bool MakeRoom(long bytes)
    {
        lock (_gate)
        {
            long freed = Sweep();
            for (int i = 0; i < MostRemovedAtOnce && freed < bytes && _order.Next() is { } entry; i++)
            {
                freed += entry.CostBytes;
                _order.Remember(entry);
                Remove(entry);
                _evictions++;
            }

            return freed > 0;
        }
    }

    /// <summary>Lets go of everything, and takes nothing in any more.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            if (_isDisposed)
            {
                return;
            }

            _isDisposed = true;
            _memory.RoomMaker = null;
            while (_order.Any is { } entry)
            {
                Remove(entry);
            }

            _memory.Discount(_fixedBytes);
        }
    }

    /// <summary>Copies what must be copied; never under the lock, since it may need room.</summary>
    private CacheEntry? TryMake(ReadOnlySpan<byte> key, StoredResponse response, out int tagBytes)
    {
        ReadOnlySpan<byte> head = response.Head.Span;
        IReadOnlyList<ReadOnlyMemory<byte>> names = response.Tags;
        int objectBytes = CacheEntry.ObjectBytes + TagIndex.CostOfLinks(names.Count);
        tagBytes = 0;
        for (int i = 0; i < names.Count; i++)
        {
            tagBytes += TagIndex.CostOfName(names[i].Length);
        }

        if (key.Length > MostKeyBytes || !_memory.TryTakeWhole(key.Length + head.Length, objectBytes + tagBytes, out CacheRun run))
        {
            return null;
        }

        if (!TryKeepBody(response, out BodyBuffer? body))
        {
            _memory.Return(run, objectBytes + tagBytes);
            return null;
        }

        key.CopyTo(run.Span);
        head.CopyTo(run.Span[key.Length..]);
        CacheEntry entry = CacheEntry.Take(_memory, run, key.Length, objectBytes, _hash.Of(key), response, body, names.Count == 0 ? [] : new ReadOnlyMemory<byte>[names.Count]);
        return entry;
    }

    /// <summary>A share of the body where it lies in this memory already, else a copy.</summary>
    private bool TryKeepBody(StoredResponse response, out BodyBuffer? body)
    {
        body = null;
        if (response is BufferedResponse { Buffer: { } own } && own.IsIn(_memory))
        {
            body = own;
            return own.Share();
        }

        if (response.Body.IsEmpty)
        {
            return true;
        }

        body = BodyBuffer.Take(_memory, response.Body.Length);
        foreach (ReadOnlyMemory<byte> piece in response.Body)
        {
            if (!body.TryAppend(piece.Span))
            {
                body.Dispose();
                return false;
            }
        }

        body.Trim();
        return true;
    }

    private void Put(CacheEntry entry, IReadOnlyList<ReadOnlyMemory<byte>> names, int tagBytes)
    {
        // Under the lock only what is stored is found: not another one that is being made.
        CacheEntry? old = _table.Find(entry.Key, entry.Hash);
        _order.Add(entry, old);
        ReadOnlyMemory<byte>[] tags = entry.Tags as ReadOnlyMemory<byte>[] ?? [];
        for (int i = 0; i < names.Count; i++)
        {
            TagSet set = _tags.Add(entry, names[i].Span, out int costBytes);
            tags[i] = set.Name;
            tagBytes -= costBytes;
        }

        _memory.Discount(tagBytes);
        _table.Put(entry, old);
        entry.IsStored = true;
        _count++;
        if (old is not null)
        {
            Forget(old);
            old.Dispose();
        }

        for (TagLink? link = entry.FirstLink; link is not null; link = link.NextOfEntry)
        {
            if (link.Set.Count > MostVariants && IsVariantOf(entry.Key, link.Set.Name))
            {
                Remove(link.Set.Oldest!.Entry); // more than a hundred are there
                break;
            }
        }
    }

    private static bool IsVariantOf(ReadOnlySpan<byte> key, ReadOnlySpan<byte> resource) =>
        key.Length > resource.Length && key[resource.Length] == 0 && key.StartsWith(resource);

    /// <summary>Takes an entry out of everything; returns whether it was a response, and not a marker.</summary>
    private bool Remove(CacheEntry entry)
    {
        _table.Remove(entry);
        Forget(entry);
        return !entry.IsMarker;
    }

    /// <summary>The same for one that is out of the table.</summary>
    private void Forget(CacheEntry entry)
    {
        entry.IsStored = false;
        _order.Remove(entry);
        _memory.Discount(_tags.Remove(entry));
        _count--;
        entry.Dispose();
    }

    private void RemoveExpired(CacheEntry entry)
    {
        lock (_gate)
        {
            if (entry.IsStored)
            {
                _order.Remember(entry);
                Remove(entry);
            }
        }
    }

    /// <summary>Looks through a few buckets for what is past its time; returns the bytes that it held.</summary>
    private long Sweep()
    {
        long freed = 0;
        long now = _time.GetUtcNow().UtcTicks;
        for (int i = 0; i < SweptBuckets; i++)
        {
            _swept = (_swept + 1) & (_table.Buckets - 1);
            CacheEntry? entry = _table.First(_swept);
            while (entry is not null)
            {
                CacheEntry? next = entry.NextInBucket;
                if (entry.ExpiryTicks <= now)
                {
                    freed += entry.CostBytes;
                    Remove(entry);
                }

                entry = next;
            }
        }

        return freed;
    }
}

using System;
using System.Threading;

namespace GoAround.Core.Cache;

/// <summary>
/// Entries by key. Its size is fixed by what the memory can hold, so that it never stops to grow. Finding takes no lock; the rest
/// is for one thread at a time.
/// </summary>
internal sealed class EntryTable(int buckets)
{
    private readonly CacheEntry?[] _buckets = new CacheEntry?[buckets];

    /// <summary>How many buckets there are, a power of two.</summary>
    public int Buckets => _buckets.Length;

    /// <summary>Lends the entry of a key, or null.</summary>
    public CacheEntry? Find(ReadOnlySpan<byte> key, ulong hash)
    {
        CacheEntry? entry = Volatile.Read(ref BucketOf(hash));
        while (entry is not null)
        {
            if (entry.Hash != hash)
            {
                entry = entry.NextInBucket;
            }
            else if (!entry.Share())
            {
                // It was removed since, and another may stand in its place, which the way from here does not pass.
                entry = Volatile.Read(ref BucketOf(hash));
            }
            else if (entry.Key.SequenceEqual(key))
            {
                return entry;
            }
            else
            {
                CacheEntry? next = entry.NextInBucket;
                entry.Dispose();
                entry = next;
            }
        }

        return null;
    }

    /// <summary>Puts an entry in, in the place of an old one where that is not null.</summary>
    public void Put(CacheEntry entry, CacheEntry? old)
    {
        if (old is null)
        {
            ref CacheEntry? bucket = ref BucketOf(entry.Hash);
            entry.NextInBucket = bucket;
            Volatile.Write(ref bucket, entry);
            return;
        }

        entry.NextInBucket = old.NextInBucket;
        SetLinkTo(old, entry);
    }

    /// <summary>Takes an entry out. It keeps its own link, for whoever is looking at it.</summary>
    public void Remove(CacheEntry entry) => SetLinkTo(entry, entry.NextInBucket);

    /// <summary>The first entry of a bucket.</summary>
    public CacheEntry? First(int bucket) => _buckets[bucket];

    private ref CacheEntry? BucketOf(ulong hash) => ref _buckets[(int)hash & (_buckets.Length - 1)];

    private void SetLinkTo(CacheEntry entry, CacheEntry? target)
    {
        ref CacheEntry? bucket = ref BucketOf(entry.Hash);
        if (bucket == entry)
        {
            Volatile.Write(ref bucket, target);
            return;
        }

        CacheEntry before = bucket!; // it is in the bucket
        while (before.NextInBucket != entry)
        {
            before = before.NextInBucket!; // it is in the bucket
        }

        before.NextInBucket = target;
    }
}

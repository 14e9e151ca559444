using System;
using System.Threading;

namespace GoAround.Core.Cache;

/// <summary>
/// Entries by key. Its size is fixed by what the memory can hold, so that it never stops to grow. Finding takes no lock; the rest
/// is for one thread at a time.
/// </summary>
internal sealed class EntryTable(int buckets)
{
    private const int Versions = 1024;
    private const int Tries = 64;

    private readonly CacheEntry?[] _buckets = new CacheEntry?[buckets];

    // Odd while a bucket is changed; each stands for every 1024th bucket.
    private readonly int[] _versions = new int[Versions];

    /// <summary>How many buckets there are, a power of two.</summary>
    public int Buckets => _buckets.Length;

    /// <summary>Lends the entry of a key, or null.</summary>
    public CacheEntry? Find(ReadOnlySpan<byte> key, ulong hash)
    {
        // A share and the key prove that it is the right one. That there is none is proven only if nothing was changed on the way: an entry on
        // the way may have been removed and be part of another bucket by now. Where that happens again and again, a miss does no harm.
        ref int version = ref VersionOf(hash);
        CacheEntry? entry = null;
        for (int i = 0; i < Tries && entry is null; i++)
        {
            int before = Volatile.Read(ref version);
            entry = Walk(key, hash);
            if (entry is null && (before & 1) == 0 && Volatile.Read(ref version) == before)
            {
                return null;
            }
        }

        return entry;
    }

    /// <summary>Puts an entry in, and takes an old one of the same key out where that is not null.</summary>
    public void Put(CacheEntry entry, CacheEntry? old)
    {
        ref int version = ref VersionOf(entry.Hash);
        Interlocked.Increment(ref version);
        ref CacheEntry? bucket = ref BucketOf(entry.Hash);
        entry.NextInBucket = bucket;
        Volatile.Write(ref bucket, entry);
        if (old is not null)
        {
            Unlink(old);
        }

        Interlocked.Increment(ref version);
    }

    /// <summary>Takes an entry out. It keeps its own link, for whoever is looking at it.</summary>
    public void Remove(CacheEntry entry)
    {
        ref int version = ref VersionOf(entry.Hash);
        Interlocked.Increment(ref version);
        Unlink(entry);
        Interlocked.Increment(ref version);
    }

    /// <summary>The first entry of a bucket.</summary>
    public CacheEntry? First(int bucket) => _buckets[bucket];

    private ref CacheEntry? BucketOf(ulong hash) => ref _buckets[(int)hash & (_buckets.Length - 1)];

    private ref int VersionOf(ulong hash) => ref _versions[(int)hash & (_buckets.Length - 1) & (Versions - 1)];

    private CacheEntry? Walk(ReadOnlySpan<byte> key, ulong hash)
    {
        for (CacheEntry? entry = Volatile.Read(ref BucketOf(hash)); entry is not null; entry = entry.NextInBucket)
        {
            if (entry.Hash == hash && entry.Share())
            {
                if (entry.Hash == hash && entry.Key.SequenceEqual(key))
                {
                    return entry;
                }

                entry.Dispose();
            }
        }

        return null;
    }

    private void Unlink(CacheEntry entry)
    {
        ref CacheEntry? bucket = ref BucketOf(entry.Hash);
        if (bucket == entry)
        {
            Volatile.Write(ref bucket, entry.NextInBucket);
            return;
        }

        CacheEntry before = bucket!; // it is in the bucket
        while (before.NextInBucket != entry)
        {
            before = before.NextInBucket!; // it is in the bucket
        }

        before.NextInBucket = entry.NextInBucket;
    }
}

using System;

namespace GoAround.Core.Cache;

/// <summary>Entries by tag. Its size is fixed, as the table's is. For one thread at a time.</summary>
internal sealed class TagIndex(int buckets, KeyHash hash)
{
    private const int ArrayBytes = 24;
    private const int PlaceBytes = 16;

    private readonly TagSet?[] _buckets = new TagSet?[buckets];

    /// <summary>The tag of that name, or null where nothing bears it.</summary>
    public TagSet? Find(ReadOnlySpan<byte> name)
    {
        ulong hashed = hash.Of(name);
        TagSet? set = BucketOf(hashed);
        while (set is not null && (set.Hash != hashed || !name.SequenceEqual(set.Name)))
        {
            set = set.NextInBucket;
        }

        return set;
    }

    /// <summary>What an entry's places under so many tags take on the heap, with the array that names them.</summary>
    public static int CostOfLinks(int tags) => tags == 0 ? 0 : ArrayBytes + (tags * (TagLink.ObjectBytes + PlaceBytes));

    /// <summary>What a tag takes there, however many bear it.</summary>
    public static int CostOfName(int nameLength) => TagSet.ObjectBytes + ((nameLength + 7) & ~7);

    /// <summary>Gives an entry a tag, unless it bears it already.</summary>
    /// <param name="entry">Who is to bear it.</param>
    /// <param name="name">Copied.</param>
    /// <param name="costBytes">What the tag costs; 0 where it was there.</param>
    public TagSet Add(CacheEntry entry, ReadOnlySpan<byte> name, out int costBytes)
    {
        TagSet? set = Find(name);
        costBytes = set is null ? CostOfName(name.Length) : 0;
        if (set is null)
        {
            ulong hashed = hash.Of(name);
            ref TagSet? bucket = ref BucketOf(hashed);
            set = new TagSet(name.ToArray(), hashed) { NextInBucket = bucket };
            bucket = set;
        }

        if (set.Newest?.Entry == entry)
        {
            return set;
        }

        TagLink link = new(entry, set) { NextOfEntry = entry.FirstLink, Older = set.Newest };
        entry.FirstLink = link;
        if (set.Newest is null)
        {
            set.Oldest = link;
        }
        else
        {
            set.Newest.Newer = link;
        }

        set.Newest = link;
        set.Count++;
        return set;
    }

    /// <summary>Takes all of its tags from an entry; returns what the tags cost that nothing bears any more.</summary>
    public int Remove(CacheEntry entry)
    {
        int freedBytes = 0;
        for (TagLink? link = entry.FirstLink; link is not null; link = link.NextOfEntry)
        {
            Unlink(link);
            if (link.Set.Count == 0)
            {
                freedBytes += CostOfName(link.Set.Name.Length);
                Remove(link.Set);
            }
        }

        entry.FirstLink = null;
        return freedBytes;
    }

    private static void Unlink(TagLink link)
    {
        TagSet set = link.Set;
        if (link.Older is null)
        {
            set.Oldest = link.Newer;
        }
        else
        {
            link.Older.Newer = link.Newer;
        }

        if (link.Newer is null)
        {
            set.Newest = link.Older;
        }
        else
        {
            link.Newer.Older = link.Older;
        }

        set.Count--;
    }

    private void Remove(TagSet set)
    {
        ref TagSet? bucket = ref BucketOf(set.Hash);
        if (bucket == set)
        {
            bucket = set.NextInBucket;
            return;
        }

        TagSet before = bucket!; // it is in the bucket
        while (before.NextInBucket != set)
        {
            before = before.NextInBucket!; // it is in the bucket
        }

        before.NextInBucket = set.NextInBucket;
    }

    private ref TagSet? BucketOf(ulong hashed) => ref _buckets[(int)hashed & (_buckets.Length - 1)];
}

namespace GoAround.Core.Cache;

/// <summary>Entries by age, linked through themselves. For one thread at a time.</summary>
internal sealed class EntryQueue
{
    /// <summary>The one that came first; null: it is empty.</summary>
    public CacheEntry? Oldest { get; private set; }

    /// <summary>The one that came last.</summary>
    public CacheEntry? Newest { get; private set; }

    /// <summary>How many there are.</summary>
    public int Count { get; private set; }

    /// <summary>What they cost together.</summary>
    public long Bytes { get; private set; }

    /// <summary>Puts one at the new end.</summary>
    public void Add(CacheEntry entry)
    {
        entry.Older = Newest;
        entry.Newer = null;
        if (Newest is null)
        {
            Oldest = entry;
        }
        else
        {
            Newest.Newer = entry;
        }

        Newest = entry;
        Count++;
        Bytes += entry.CostBytes;
    }

    /// <summary>Takes one out.</summary>
    public void Remove(CacheEntry entry)
    {
        if (entry.Older is null)
        {
            Oldest = entry.Newer;
        }
        else
        {
            entry.Older.Newer = entry.Newer;
        }

        if (entry.Newer is null)
        {
            Newest = entry.Older;
        }
        else
        {
            entry.Newer.Older = entry.Older;
        }

        entry.Older = null;
        entry.Newer = null;
        Count--;
        Bytes -= entry.CostBytes;
    }
}

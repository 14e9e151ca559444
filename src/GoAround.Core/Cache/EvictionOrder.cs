namespace GoAround.Core.Cache;

/// <summary>
/// S3-FIFO (Yang et al., SOSP 2023): what is new is on probation in a tenth of the room, and goes from there unless it was used again;
/// what is asked for again soon after it went, or was used on probation, is proven and has the other nine tenths. A use only counts: a hit
/// takes no lock and moves nothing. For one thread at a time. Why this one: docs/decisions/0011.
/// </summary>
internal sealed class EvictionOrder(int ghosts)
{
    /// <summary>How far uses are counted.</summary>
    public const int MostUses = 3;

    private const int ProbationShare = 10;
    private const int UsesToProve = 1; // 2 hits 0.8 points less in bench/GoAround.Bench
    private const int MostSpared = 1024;

    private readonly EntryQueue _probation = new();
    private readonly EntryQueue _proven = new();
    private readonly GhostList _ghosts = new(ghosts);

    /// <summary>How many entries there are.</summary>
    public int Count => _probation.Count + _proven.Count;

    /// <summary>Any of them, the older ones first; null: there is none.</summary>
    public CacheEntry? Any => _probation.Oldest ?? _proven.Oldest;

    /// <summary>Takes one in, in the place of an old one of the same key where that is not null.</summary>
    public void Add(CacheEntry entry, CacheEntry? old)
    {
        entry.IsProven = _ghosts.Take(entry.Hash, _proven.Count) || old is { IsProven: true };
        entry.Uses = old?.Uses ?? 0;
        QueueOf(entry).Add(entry);
    }

    /// <summary>Takes one out.</summary>
    public void Remove(CacheEntry entry) => QueueOf(entry).Remove(entry);

    /// <summary>Notes that it went for want of room, or because its time was over, and not because it was wrong.</summary>
    public void Remember(CacheEntry entry) => _ghosts.Add(entry.Hash);

    /// <summary>The one to go next; null: there is none.</summary>
    public CacheEntry? Next()
    {
        // Whatever was used meanwhile is spared, but not so many at a time that those who wait for room would notice.
        for (int spared = 0; ; spared++)
        {
            bool isProbation = _proven.Oldest is null || _probation.Bytes * ProbationShare > _probation.Bytes + _proven.Bytes;
            CacheEntry? entry = isProbation ? _probation.Oldest : _proven.Oldest;
            if (entry is null || spared == MostSpared)
            {
                return entry;
            }

            if (isProbation ? entry.Uses < UsesToProve : entry.Uses == 0)
            {
                return entry;
            }

            QueueOf(entry).Remove(entry);
            entry.Uses = (byte)(isProbation ? 0 : entry.Uses - 1);
            entry.IsProven = true;
            _proven.Add(entry);
        }
    }

    private EntryQueue QueueOf(CacheEntry entry) => entry.IsProven ? _proven : _probation;
}

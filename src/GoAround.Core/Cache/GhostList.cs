namespace GoAround.Core.Cache;

/// <summary>
/// Which keys were let go lately, as 32 bits of their hash and a moment. It may forget one too early, or take one key for another;
/// both cost a little of the hit ratio and nothing else. For one thread at a time.
/// </summary>
internal sealed class GhostList(int slots)
{
    private const int Ways = 4;

    private readonly ulong[] _slots = new ulong[slots]; // the moment in the upper half, the hash in the lower; 0: empty
    private uint _moment;

    /// <summary>Notes one.</summary>
    public void Add(ulong hash)
    {
        _moment++;
        int first = FirstOf(hash);
        int oldest = first;
        for (int i = first; i < first + Ways; i++)
        {
            if ((uint)_slots[i] == Mark(hash))
            {
                oldest = i;
                break;
            }

            if (Age(i) > Age(oldest))
            {
                oldest = i;
            }
        }

        _slots[oldest] = ((ulong)_moment << 32) | Mark(hash);
    }

    /// <summary>Whether it is among so many that were noted last; it is forgotten by this.</summary>
    public bool Take(ulong hash, int reach)
    {
        int first = FirstOf(hash);
        for (int i = first; i < first + Ways; i++)
        {
            if ((uint)_slots[i] == Mark(hash))
            {
                bool isNear = Age(i) <= (uint)reach;
                _slots[i] = 0;
                return isNear;
            }
        }

        return false;
    }

    private static uint Mark(ulong hash) => (uint)(hash >> 32) | 1;

    private uint Age(int slot) => _slots[slot] == 0 ? uint.MaxValue : _moment - (uint)(_slots[slot] >> 32);

    private int FirstOf(ulong hash) => (int)hash & (_slots.Length - 1) & ~(Ways - 1);
}

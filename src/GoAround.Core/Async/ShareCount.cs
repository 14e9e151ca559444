using System.Threading;

namespace GoAround.Core.Async;

/// <summary>How many hold an object that is given back with the last of them. A field of that object, never copied; safe for concurrent use.</summary>
internal struct ShareCount
{
    private int _count;

    /// <summary>The last one was given back.</summary>
    public bool IsGone => Volatile.Read(ref _count) <= 0;

    /// <summary>Begins, or begins again, with one share: that of whoever made the object.</summary>
    public void Begin() => Volatile.Write(ref _count, 1);

    /// <summary>One share more; false: the last one is gone already, and the object may be another's.</summary>
    public bool TryAdd()
    {
        int count = Volatile.Read(ref _count);
        while (count > 0)
        {
            int seen = Interlocked.CompareExchange(ref _count, count + 1, count);
            if (seen == count)
            {
                return true;
            }

            count = seen;
        }

        return false;
    }

    /// <summary>One share less; true: it was the last, and the caller gives the object back.</summary>
    public bool GiveBack() => Interlocked.Decrement(ref _count) == 0;
}

using System;
using System.Threading;

namespace GoAround.Core.Cache;

/// <summary>
/// Remembers for a while whose latest answer could not be shared (Varnish: hit-for-miss): those who ask for it need not wait for each other.
/// A fixed table of hashes: two keys that fall together only share less than they could. Those with cookies have places of their own: that their answers are
/// for them alone says nothing of the others; nor does what credentials or a range got, which are never shared.
/// </summary>
internal sealed class UnsharedKeys(TimeProvider time)
{
    private const int Places = 4096;
    private const int MemorySeconds = 120; // Varnish: the ttl it has used in builtin.vcl

    private readonly long[] _places = new long[Places];
    private readonly long _start = time.GetTimestamp();

    /// <summary>Whether the latest answer under this key could not be shared.</summary>
    public bool Contains(int hash, in RequestFacts facts)
    {
        hash = HashOf(hash, in facts);
        long place = Volatile.Read(ref _places[hash & (Places - 1)]);
        return (int)place == hash && (place >> 32) > Seconds();
    }

    /// <summary>The answer under this key could not be shared.</summary>
    public void Add(int hash, in RequestFacts facts)
    {
        if (!facts.HasAuthorization && !facts.HasRange)
        {
            hash = HashOf(hash, in facts);
            Volatile.Write(ref _places[hash & (Places - 1)], ((Seconds() + MemorySeconds) << 32) | (uint)hash);
        }
    }

    /// <summary>The answer under this key can be shared.</summary>
    public void Remove(int hash, in RequestFacts facts)
    {
        hash = HashOf(hash, in facts);
        ref long place = ref _places[hash & (Places - 1)];
        long seen = Volatile.Read(ref place);
        if ((int)seen == hash && seen != 0)
        {
            Interlocked.CompareExchange(ref place, 0, seen);
        }
    }

    private static int HashOf(int hash, in RequestFacts facts) => facts.HasCookie ? ~hash : hash;

    private long Seconds() => 1 + (long)time.GetElapsedTime(_start).TotalSeconds;
}

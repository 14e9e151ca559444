using System;
using System.Collections.Generic;
using System.Threading;
using System.Threading.Tasks;
using GoAround.Core.Async;

namespace GoAround.Core.Cache;

/// <summary>Every fetch that is under way, found by what it fetches: those who want the same join it, and a purge finds what must not be stored.</summary>
internal sealed class FillTable : IAsyncDisposable
{
    private const int Buckets = 1024;
    private const int Gates = 64;

    // Each takes a slot of a backend and up to MaxObjectBytes at a trifle of cost to whoever asked; what does not get a place is fetched again for the next one.
    private const int MostForNobody = 4;

    /// <summary>So long a fetch without an answer holds up those who joined it (nginx: proxy_cache_lock_timeout).</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan Tick = TimeSpan.FromSeconds(1);

    private readonly Fill?[] _buckets = new Fill?[Buckets];
    private readonly int[] _ended = new int[Buckets];
    private readonly int[] _purges = new int[Buckets];
    private readonly Lock[] _gates = new Lock[Gates];
    private readonly TimeProvider _time;
    private readonly ITimer _timer;
    private readonly Signal _drained;
    private readonly CancellationTokenSource _stopping = new();
    private int _running = 1; // the table itself, until it is disposed
    private int _isTicking;
    private int _forNobody;
    private volatile bool _isStopped;

    /// <summary>Makes an empty table.</summary>
    public FillTable(TimeProvider time)
    {
        for (int i = 0; i < Gates; i++)
        {
            _gates[i] = new Lock();
        }

        _time = time;
        Stopping = _stopping.Token;
        _drained = new Signal(time as IWorkRunner);
        _timer = time.CreateTimer(static table => ((FillTable)table!).OnTick(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>No fetch is under way, nor on its way into the store; for tests.</summary>
    public bool IsIdle => Volatile.Read(ref _running) <= 1;

    /// <summary>Nothing is fetched any more.</summary>
    public bool IsStopped => _isStopped;

    /// <summary>Is cancelled when it is disposed: so long what is stored and removed goes on, whoever leaves.</summary>
    public CancellationToken Stopping { get; }

    /// <summary>The hash of a URL, which nobody outside can foresee.</summary>
    public static int Hash(ReadOnlySpan<byte> url)
    {
        HashCode hash = default; // seeded anew in each process
        hash.AddBytes(url);
        return hash.ToHashCode();
    }

    /// <summary>Sits down among those who wait for a key; null: nobody fetches it, or not for others.</summary>
    public Fill? TryJoin(int hash, ReadOnlySpan<byte> key, FillReader reader)
    {
        Fill? joined;
        lock (GateOf(hash))
        {
            joined = Join(hash, key, reader);
        }

        if (joined is not null)
        {
            Watch(joined);
        }

        return joined;
    }

    /// <summary>The lock over the bucket of a hash.</summary>
    public Lock GateOf(int hash) => _gates[hash & (Gates - 1)];

    /// <summary>How many fetches have ended, and purges come, so far of those whose hash is like this one: while it stays the same, what was found before is the latest.</summary>
    public int Ended(int hash) => Volatile.Read(ref _ended[hash & (Buckets - 1)]);

    /// <summary>How many purges of them have come so far.</summary>
    public int Purges(int hash) => Volatile.Read(ref _purges[hash & (Buckets - 1)]);

    /// <summary>Puts a prepared fetch into the table, or joins one that has come before it.</summary>
    /// <param name="fill">Not yet started; to be started where its reader is the leader.</param>
    /// <param name="reader">Who asks; null: a refresh, which joins nothing.</param>
    /// <param name="ended">What <see cref="Ended"/> was before the store was looked into.</param>
    /// <param name="joined">The one that is under way.</param>
    public FillSeat Add(Fill fill, FillReader? reader, int ended, out Fill joined)
    {
        joined = fill;
        Interlocked.Increment(ref _running);
        FillSeat seat = Seat(fill, reader, ended, ref joined);
        if (seat != FillSeat.Leader)
        {
            Leave();
        }

        if (seat == FillSeat.Joined)
        {
            Watch(joined);
        }

        return seat;
    }

    /// <summary>The fetch can no longer be joined.</summary>
    public void Remove(Fill fill)
    {
        lock (GateOf(fill.Hash))
        {
            ref Fill? place = ref BucketOf(fill.Hash);
            while (place is not null)
            {
                if (place == fill)
                {
                    place = fill.NextInBucket();
                    fill.NextInBucket() = null;
                    _ended[fill.Hash & (Buckets - 1)]++;
                    return;
                }

                place = ref place.NextInBucket();
            }
        }
    }

    /// <summary>A fetch that was added has ended.</summary>
    public void Leave()
    {
        if (Interlocked.Decrement(ref _running) == 0)
        {
            _drained.Set();
        }
    }

    /// <summary>A fetch goes on although nobody reads it any more; false: enough do already.</summary>
    public bool TryTakePlace()
    {
        if (Interlocked.Increment(ref _forNobody) <= MostForNobody)
        {
            return true;
        }

        GivePlace();
        return false;
    }

    /// <summary>Such a fetch has ended.</summary>
    public void GivePlace() => Interlocked.Decrement(ref _forNobody);

    /// <summary>Whether more than one fetch of a URL is under way: an older answer may then come later than a newer one.</summary>
    public bool AreMany(ReadOnlySpan<byte> url)
    {
        int hash = Hash(url);
        int count = 0;
        lock (GateOf(hash))
        {
            for (Fill? fill = BucketOf(hash); fill is not null; fill = fill.NextInBucket())
            {
                count += fill.Hash == hash ? 1 : 0;
            }
        }

        return count > 1;
    }

    /// <summary>What is being fetched for a URL is out of date before it has come: nobody joins it any more, and it is not stored.</summary>
    public void Outdate(ReadOnlySpan<byte> url)
    {
        int hash = Hash(url);
        lock (GateOf(hash))
        {
            _ended[hash & (Buckets - 1)]++;
            _purges[hash & (Buckets - 1)]++;
            ref Fill? place = ref BucketOf(hash);
            while (place is not null)
            {
                if (place.Hash == hash && place.Url.SequenceEqual(url))
                {
                    place.IsOutdated = true;
                }

                place = ref place.NextInBucket();
            }
        }
    }

    /// <summary>All that is being fetched is out of date, but for what is known not to bear a tag.</summary>
    /// <param name="tag">The tag; empty: whatever it bears.</param>
    public void OutdateAll(ReadOnlyMemory<byte> tag = default)
    {
        for (int i = 0; i < Buckets; i++)
        {
            lock (GateOf(i))
            {
                _ended[i]++;
                _purges[i]++;
            }
        }

        ForEach(fill => fill.IsOutdated |= tag.IsEmpty || fill.Phase != FillPhase.Open || fill.Content.Bears(tag.Span));
    }

    /// <summary>Stops every fetch, and waits until the last one has ended.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_isStopped)
        {
            return;
        }

        _isStopped = true;
        await _stopping.CancelAsync().ConfigureAwait(false);
        await _timer.DisposeAsync().ConfigureAwait(false);
        List<Fill> running = [];
        ForEach(fill =>
        {
            fill.Hold();
            running.Add(fill);
        });
        foreach (Fill fill in running)
        {
            fill.Stop();
            fill.Release();
        }

        Leave();
        await _drained.Task.ConfigureAwait(false);
        _stopping.Dispose();
    }

    private static bool Matches(Fill fill, int hash, ReadOnlySpan<byte> key) =>
        fill.Hash == hash && !fill.IsPrivate && !fill.IsOutdated && fill.LookupKey.SequenceEqual(key);

    private ref Fill? BucketOf(int hash) => ref _buckets[hash & (Buckets - 1)];

    /// <summary>Somebody waits for a fetch: it is looked after how long.</summary>
    private void Watch(Fill joined)
    {
        if (joined.Phase == FillPhase.Asking && Interlocked.Exchange(ref _isTicking, 1) == 0)
        {
            _timer.Change(Tick, Tick);
        }
    }

    private FillSeat Seat(Fill fill, FillReader? reader, int ended, ref Fill joined)
    {
        lock (GateOf(fill.Hash))
        {
            if (_isStopped) // whoever stops all that is here comes by later, or has said so before
            {
                return FillSeat.None;
            }

            Fill? other = fill.IsPrivate ? null : reader is null ? Find(fill.Hash, fill.LookupKey) : Join(fill.Hash, fill.LookupKey, reader);
            if (other is not null)
            {
                joined = other;
                return reader is null ? FillSeat.None : FillSeat.Joined;
            }

            // One that nobody joins looks again only where it would have confirmed what was removed meanwhile, which must not come back: what has ended beside it may be many.
            int place = fill.Hash & (Buckets - 1);
            if (fill.IsPrivate ? fill.Content.Old is not null && fill.Purges != _purges[place] : ended != _ended[place])
            {
                return reader is null ? FillSeat.None : FillSeat.LookAgain;
            }

            ref Fill? bucket = ref BucketOf(fill.Hash);
            fill.NextInBucket() = bucket;
            bucket = fill;
            fill.Ended = ended;
            if (reader is not null)
            {
                fill.Seat(reader);
            }

            return FillSeat.Leader;
        }
    }

    private Fill? Find(int hash, ReadOnlySpan<byte> key)
    {
        Fill? fill = BucketOf(hash);
        while (fill is not null && !Matches(fill, hash, key))
        {
            fill = fill.NextInBucket();
        }

        return fill;
    }

    private Fill? Join(int hash, ReadOnlySpan<byte> key, FillReader reader)
    {
        for (Fill? fill = BucketOf(hash); fill is not null; fill = fill.NextInBucket())
        {
            if (Matches(fill, hash, key) && !fill.IsSlow && fill.TryJoin(reader))
            {
                return fill;
            }
        }

        return null;
    }

    private void ForEach(Action<Fill> action)
    {
        for (int i = 0; i < Buckets; i++)
        {
            lock (GateOf(i))
            {
                for (Fill? fill = _buckets[i]; fill is not null; fill = fill.NextInBucket())
                {
                    action(fill);
                }
            }
        }
    }

    /// <summary>Lets those go who have waited long enough for a first byte.</summary>
    private void OnTick()
    {
        bool isAnyAsked = false;
        for (int i = 0; i < Buckets; i++)
        {
            Fill? slow;
            do
            {
                slow = null;
                lock (GateOf(i))
                {
                    for (Fill? fill = _buckets[i]; fill is not null && slow is null; fill = fill.NextInBucket())
                    {
                        if (fill.Phase == FillPhase.Asking && !fill.IsSlow && !fill.IsPrivate)
                        {
                            isAnyAsked = true;
                            slow = _time.GetElapsedTime(fill.Started) >= Patience ? fill : null;
                        }
                    }

                    slow?.Hold();
                }

                if (slow is not null)
                {
                    slow.LetGo();
                    slow.Release();
                }
            }
            while (slow is not null);
        }

        if (!isAnyAsked)
        {
            _timer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            Volatile.Write(ref _isTicking, 0);
            // One that came in between and saw the ticking set is found by the next one's tick at the latest; look once more for it.
            if (IsAnyAsked() && Interlocked.Exchange(ref _isTicking, 1) == 0)
            {
                _timer.Change(Tick, Tick);
            }
        }
    }

    private bool IsAnyAsked()
    {
        bool isAny = false;
        ForEach(fill => isAny |= fill is { Phase: FillPhase.Asking, IsSlow: false, IsPrivate: false });
        return isAny;
    }
}

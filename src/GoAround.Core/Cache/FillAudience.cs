using System.Runtime.CompilerServices;
using System.Threading;
using System.Threading.Tasks;
using GoAround.Core.Async;

namespace GoAround.Core.Cache;

/// <summary>
/// All who wait for one fetch. Whoever waits looks first at the number of the latest signal, then at what it waits for, and then
/// waits for a later number: so no signal is missed, and the fetch takes the lock only to give one.
/// </summary>
internal sealed class FillAudience
{
    private readonly Lock _gate = new();
    private readonly FillReader _fetch = new();
    private FillSegment? _awaited;
    private FillWait _wait;
    private int _waits; // goes on with the next fetch
    private FillReader? _first;
    private volatile FillReader? _leader;
    private bool _isStopped;
    private int _count;
    private int _signals;
    private bool _isClosed;

    /// <summary>Where whoever is woken with others goes on; null: on the thread pool.</summary>
    public IWorkRunner? Runner { get; set; }

    /// <summary>The number of the latest signal.</summary>
    public int Signals => Volatile.Read(ref _signals);

    /// <summary>The one who came first, so long as it is there.</summary>
    public FillReader? Leader => _leader;

    /// <summary>How many there are.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>The fetch has nobody to wait for any more.</summary>
    public bool IsOver => Count == 0 || Volatile.Read(ref _isStopped);

    /// <summary>The number of the latest wait of the fetch; for the fetch alone.</summary>
    public int LatestWait => _waits;

    /// <summary>Sits down; false: nobody is let in any more.</summary>
    /// <param name="reader">Who comes.</param>
    /// <param name="isLeader">It comes first.</param>
    public bool TryJoin(FillReader reader, bool isLeader)
    {
        lock (_gate)
        {
            if (_isClosed)
            {
                return false;
            }

            reader.Audience = this;
            reader.HasGivenUp = false;
            reader.HasBegun = false;
            reader.Previous = null;
            reader.Next = _first;
            if (_first is not null)
            {
                _first.Previous = reader;
            }

            _first = reader;
            _count++;
            _leader = isLeader ? reader : _leader;
            return true;
        }
    }

    /// <summary>Gets up.</summary>
    /// <param name="reader">One that does not wait.</param>
    /// <param name="closesEmpty">Nobody shall be let in once the last one has left.</param>
    /// <returns>True: that was the last one, and the door is closed.</returns>
    public bool Leave(FillReader reader, bool closesEmpty)
    {
        bool isLast;
        lock (_gate)
        {
            if (reader.Previous is null)
            {
                _first = reader.Next;
            }
            else
            {
                reader.Previous.Next = reader.Next;
            }

            if (reader.Next is not null)
            {
                reader.Next.Previous = reader.Previous;
            }

            reader.Next = null;
            reader.Previous = null;
            reader.Audience = null;
            _leader = _leader == reader ? null : _leader; // the same object may come again for somebody else
            _count--;
            isLast = closesEmpty && _count == 0 && !_isClosed;
            _isClosed |= isLast;
        }

        WakeFetch();
        return isLast;
    }

    /// <summary>Has begun to read, or wants nothing of the body.</summary>
    public void Begin(FillReader reader)
    {
        bool isDue;
        lock (_gate)
        {
            reader.HasBegun = true;
            isDue = TryEndWait();
        }

        WakeFetch(isDue);
    }

    /// <summary>Lets nobody in any more; false: that was so already.</summary>
    public bool Close()
    {
        lock (_gate)
        {
            bool wasOpen = !_isClosed;
            _isClosed = true;
            return wasOpen;
        }
    }

    /// <summary>Waits for a signal later than the one seen; returns at once where there was one.</summary>
    /// <exception cref="System.OperationCanceledException">The token was cancelled.</exception>
    [AsyncMethodBuilder(typeof(PooledMethodBuilder))]
    public async ValueTask WaitAsync(FillReader reader, int seen, CancellationToken cancellationToken)
    {
        if (!TryPark(reader, seen, out ValueTask<bool> woken))
        {
            return;
        }

        CancellationTokenRegistration giveUp = cancellationToken.UnsafeRegister(static reader => GiveUp((FillReader)reader!), reader);
        bool isSignal;
        try
        {
            isSignal = await woken.ConfigureAwait(false);
        }
        finally
        {
            giveUp.Dispose(); // a call that is under way must not meet the reader's next wait
        }

        if (!isSignal)
        {
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    /// <summary>Wakes all who wait. One alone, of our own, runs on at once, in this call.</summary>
    public void Signal()
    {
        FillReader? woken = null;
        int count = 0;
        lock (_gate)
        {
            _signals++;
            for (FillReader? reader = _first; reader is not null; reader = reader.Next)
            {
                if (reader.IsWaiting && !reader.IsHeld)
                {
                    reader.IsWaiting = false;
                    reader.NextWoken = woken;
                    woken = reader;
                    count++;
                }
            }
        }

        while (woken is not null)
        {
            FillReader reader = woken;
            woken = reader.NextWoken;
            reader.NextWoken = null;
            reader.Wake(isSignal: true, isAlone: count == 1 && !reader.MayBlock, Runner);
        }
    }

    /// <summary>Takes the client of the leader for an interim response: until it is let go, it does not leave. Null: it has left, or is about to.</summary>
    public FillReader? HoldLeader()
    {
        lock (_gate)
        {
            // One that has not come to its wait yet is on its way there, and will look for the signals it missed.
            FillReader? leader = _leader is { HasGivenUp: false } ? _leader : null;
            if (leader is not null)
            {
                leader.IsHeld = true;
            }

            return leader;
        }
    }

    /// <summary>Lets the reader go again.</summary>
    public void LetGo(FillReader reader)
    {
        bool hasGivenUp;
        lock (_gate)
        {
            reader.IsHeld = false;
            hasGivenUp = reader is { IsWaiting: true, HasGivenUp: true };
            reader.IsWaiting &= !hasGivenUp;
        }

        if (hasGivenUp)
        {
            reader.Wake(isSignal: false, isAlone: !reader.MayBlock, Runner);
        }
    }

    /// <summary>The fetch itself waits for what becomes of a segment, or until all have left; the result is false where it gave up.</summary>
    public ValueTask<bool> UntilAsync(FillSegment segment, FillWait wait)
    {
        lock (_gate)
        {
            _awaited = segment;
            _wait = wait;
            _waits++;
            if (IsFetchDue())
            {
                return new(true);
            }

            _fetch.IsWaiting = true;
            return _fetch.Prepare();
        }
    }

    /// <summary>Wakes the fetch where what it waits for has come; called after a reader has gone on to another segment.</summary>
    public void WakeFetch()
    {
        bool isDue;
        lock (_gate)
        {
            isDue = TryEndWait();
        }

        WakeFetch(isDue);
    }

    /// <summary>The fetch does not go on waiting.</summary>
    /// <param name="wait">Which of its waits is given up; a later one, be it of the next fetch, goes on.</param>
    public void GiveUpFetch(int wait)
    {
        lock (_gate)
        {
            if (!_fetch.IsWaiting || _waits != wait)
            {
                return;
            }

            _fetch.IsWaiting = false;
        }

        _fetch.Wake(isSignal: false, isAlone: false, Runner);
    }

    /// <summary>The fetch does not wait for its readers any more, and lets nobody in.</summary>
    public void StopFetch()
    {
        lock (_gate)
        {
            _isStopped = true;
            _isClosed = true;
        }

        WakeFetch();
    }

    /// <summary>Starts over for the next fetch.</summary>
    public void Reset()
    {
        _awaited = null;
        _isStopped = false;
        _isClosed = false;
        _signals = 0;
    }

    private static void GiveUp(FillReader reader)
    {
        FillAudience? audience = reader.Audience;
        if (audience is null)
        {
            return;
        }

        lock (audience._gate)
        {
            reader.HasGivenUp = true;
            if (!reader.IsWaiting || reader.IsHeld)
            {
                return;
            }

            reader.IsWaiting = false;
        }

        reader.Wake(isSignal: false, isAlone: true, audience.Runner);
    }

    private bool TryPark(FillReader reader, int seen, out ValueTask<bool> woken)
    {
        bool isDue;
        lock (_gate)
        {
            if (_signals != seen && !reader.IsHeld)
            {
                woken = default;
                return false;
            }

            woken = reader.Prepare();
            reader.IsWaiting = true;
            isDue = TryEndWait();
        }

        WakeFetch(isDue);
        return true;
    }

    private void WakeFetch(bool isDue)
    {
        if (isDue)
        {
            _fetch.Wake(isSignal: true, isAlone: false, Runner);
        }
    }

    private bool TryEndWait()
    {
        bool isDue = _fetch.IsWaiting && IsFetchDue();
        _fetch.IsWaiting &= !isDue;
        return isDue;
    }

    // Whoever goes on or leaves wakes the fetch, but not each of them is the one that it waits for.
    private bool IsFetchDue() => IsOver || _wait switch
    {
        FillWait.Begun => HaveAllBegun(),
        FillWait.Entered => _awaited!.IsEntered, // set with the wait
        FillWait.LeftOrStarved => _awaited!.IsGone || IsAnyWaiting(),
        _ => _awaited!.IsGone || !IsAnyWaiting(),
    };

    private bool HaveAllBegun()
    {
        FillReader? reader = _first;
        while (reader is { HasBegun: true })
        {
            reader = reader.Next;
        }

        return reader is null;
    }

    private bool IsAnyWaiting()
    {
        FillReader? reader = _first;
        while (reader is { IsWaiting: false })
        {
            reader = reader.Next;
        }

        return reader is not null;
    }
}

using System;
using System.Runtime.CompilerServices;
using System.Threading;
using System.Threading.Tasks;
using GoAround.Core.Async;
using GoAround.Core.Http;

namespace GoAround.Core.Cache;

/// <summary>
/// One fetch, and what has come of it so far. It runs on its own, so that whoever began it may leave; any number read along. Used again once
/// nobody holds it: itself, until it has ended, and each reader, until it leaves.
/// </summary>
#pragma warning disable CA1001 // the source is used again with the fetch, and replaced once it was cancelled; a free one is garbage like any other
internal sealed class Fill
#pragma warning restore CA1001
{
    private readonly Action _onEnded;
    private readonly FillRequest _request;
    private CacheContext? _cache;
    private KeyBuffer _key;
    private int _holds;
    private CancellationTokenSource _stop = new();
    private Fill? _nextInBucket;
    private ProxyResponse? _handed;
    private ConfiguredValueTaskAwaitable.ConfiguredValueTaskAwaiter _running;
    private ProxyRequest? _leaderRequest;
    private volatile FillPhase _phase;
    private volatile bool _hasEnded;
    private volatile bool _isSlow;
    private volatile bool _isOutdated;
    private volatile int _place; // among those that go on without readers: 0 none, 1 taken, -1 given back for good
    private State _state;

    private Fill()
    {
        _request = new FillRequest(this);
        _onEnded = OnEnded;
    }

    /// <summary>All who wait for it and read along.</summary>
    public FillAudience Audience { get; } = new();

    /// <summary>What goes to the backend.</summary>
    public FillRequest Request => _request;

    /// <summary>What came of it.</summary>
    public FillContent Content { get; } = new();

    /// <summary>The hash of its URL.</summary>
    public int Hash => _state.Hash;

    /// <summary>The key under which it was looked up.</summary>
    public ReadOnlySpan<byte> LookupKey => _key.Span;

    /// <summary>The key without what the answer may vary by.</summary>
    public ReadOnlySpan<byte> PrimaryKey => _key.Span[.._state.PrimaryLength];

    /// <summary>What a purge of it would name.</summary>
    public ReadOnlySpan<byte> Url => _key.Span[.._state.UrlLength];

    /// <summary>The timestamp at which it began.</summary>
    public long Started => _state.Started;

    /// <summary>How many of its like had ended before the store was looked into; set by the table.</summary>
    public int Ended { get; set; }

    /// <summary>How many purges of its like had come by then.</summary>
    public int Purges => _state.Purges;

    /// <summary>What the request that began it says.</summary>
    public ref readonly RequestFacts Facts => ref _state.Facts;

    /// <summary>It is for the one who began it alone.</summary>
    public bool IsPrivate => _state.IsPrivate;

    /// <summary>Nobody waits for it: it brings what is stored up to date.</summary>
    public bool IsRefresh => _state.IsRefresh;

    /// <summary>Its URL was purged, or changed by an unsafe method, after it had begun.</summary>
    public bool IsOutdated
    {
        get => _isOutdated;
        set => _isOutdated = value;
    }

    /// <summary>It has not answered for so long that nobody but the first waits for it.</summary>
    public bool IsSlow => _isSlow;

    /// <summary>How far it has come.</summary>
    public FillPhase Phase => _phase;

    /// <summary>No more bytes come, or <see cref="Fault"/> says why.</summary>
    public bool HasEnded => _hasEnded;

    /// <summary>Why it failed; set before the phase says so, or before the end.</summary>
    public Exception? Fault => _state.Fault;

    /// <summary>Stops what it does.</summary>
    public CancellationToken Stopped => _stop.Token;

    /// <summary>Without readers it stops.</summary>
    private bool EndsEmpty => !_hasEnded && (_place != 1 || _isOutdated) && !_state.IsRefresh;

    /// <summary>One that is prepared next.</summary>
    public static Fill Rent(CacheContext cache)
    {
        Fill fill = FreeList<Fill>.TryTake() ?? new();
        fill._cache = cache;
        fill.Audience.Runner = cache.Runner;
        fill._holds = 1; // itself
        return fill;
    }

    /// <summary>Takes over all that it needs of a request.</summary>
    /// <param name="request">The client's.</param>
    /// <param name="answer">With key, facts, and what is stored, of which it takes a share.</param>
    /// <param name="kind">Who may join it, and who waits for it.</param>
    public void Prepare(ProxyRequest request, CachedAnswer answer, FillKind kind)
    {
        _state.Started = _cache!.Time.GetTimestamp(); // set when it was rented
        _state.Facts = answer.Facts;
        _state.Hash = answer.Hash;
        _state.Purges = answer.Purges;
        _state.IsPrivate = kind == FillKind.Private;
        _state.IsRefresh = kind == FillKind.Refresh;
        _state.PrimaryLength = answer.PrimaryLength;
        _state.UrlLength = answer.UrlLength;
        _key.Append(answer.Key.Span);
        StoredResponse? old = answer.Stored;
        bool hasOld = old is not null && old.Share();
        _request.CopyFrom(request, keepsConditions: !hasOld && kind == FillKind.Private);
        if (hasOld)
        {
            Content.Old = old;
            Content.OldHead = answer.Head;
            Validation.AddConditions(_request.Fields, in Content.OldHead);
        }

        _leaderRequest = request;
    }

    /// <summary>Its link in the table.</summary>
    public ref Fill? NextInBucket() => ref _nextInBucket;

    /// <summary>Its first reader, who may get what nobody else may.</summary>
    public void Seat(FillReader leader)
    {
        Audience.TryJoin(leader, isLeader: true);
        Interlocked.Increment(ref _holds);
    }

    /// <summary>Whether this is its first reader.</summary>
    public bool IsLeader(FillReader reader) => reader == Audience.Leader;

    /// <summary>Sits down; false: it is being given up. Under the table's lock, so that it is not used again meanwhile.</summary>
    public bool TryJoin(FillReader reader)
    {
        if (!Audience.TryJoin(reader, isLeader: false))
        {
            return false;
        }

        Interlocked.Increment(ref _holds);
        return true;
    }

    /// <summary>Keeps it from being used again. Under the table's lock, in which it holds itself.</summary>
    public void Hold() => Interlocked.Increment(ref _holds);

    /// <summary>Starts it; it goes on by itself.</summary>
    public void Start()
    {
#pragma warning disable CA2012 // consumed once: in OnEnded
        _running = FillRun.RunAsync(this, _cache!).ConfigureAwait(false).GetAwaiter(); // set when it was rented
#pragma warning restore CA2012
        if (_running.IsCompleted)
        {
            OnEnded();
        }
        else
        {
            _running.UnsafeOnCompleted(_onEnded);
        }
    }

    /// <summary>Waits until its answer is known, or it is not worth waiting for any longer.</summary>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    [AsyncMethodBuilder(typeof(PooledMethodBuilder))]
    public async ValueTask AnsweredAsync(FillReader reader, CancellationToken cancellationToken)
    {
        while (true)
        {
            int seen = Audience.Signals;
            if (_phase != FillPhase.Asking || (_isSlow && reader != Audience.Leader))
            {
                return;
            }

            await Audience.WaitAsync(reader, seen, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Passes an interim response on to whoever began it, so long as it waits for the answer.</summary>
    [AsyncMethodBuilder(typeof(PooledMethodBuilder))]
    public async ValueTask PassInterimAsync(int statusCode, FieldList fields, CancellationToken cancellationToken)
    {
        FillReader? leader = Audience.HoldLeader();
        if (leader is null)
        {
            return;
        }

        try
        {
            await _leaderRequest!.SendInterimAsync(statusCode, fields, cancellationToken).ConfigureAwait(false); // set with the leader
        }
        finally
        {
            Audience.LetGo(leader);
        }
    }

    /// <summary>Says how far it has come, and wakes all who wait.</summary>
    public void Advance(FillPhase phase)
    {
        _phase = phase;
        Audience.Signal();
    }

    /// <summary>Goes on to a phase, of which those who wait hear at the next signal.</summary>
    public void AdvanceQuietly(FillPhase phase) => _phase = phase;

    /// <summary>Gives the answer to the first reader alone; false: it has left, and the answer is still the caller's.</summary>
    public bool TryHand(ProxyResponse response)
    {
        Audience.Close();
        Interlocked.Exchange(ref _handed, response); // a fence: either this sees that the leader has left, or the leader sees the response
        if (Audience.Leader is null && TakeHanded() is not null)
        {
            Advance(FillPhase.Failed);
            return false;
        }

        Advance(FillPhase.Handed);
        return true;
    }

    /// <summary>What was handed to the first reader; once.</summary>
    public ProxyResponse? TakeHanded() => Interlocked.Exchange(ref _handed, null);

    /// <summary>No more bytes come.</summary>
    public void End(Exception? fault)
    {
        if (_hasEnded)
        {
            return;
        }

        _state.Fault = fault;
        _hasEnded = true;
        if (Interlocked.Exchange(ref _place, -1) == 1)
        {
            _cache!.Fills.GivePlace(); // set while it runs; what is left to do for it takes no backend
        }

        Audience.Signal();
    }

    /// <summary>There is no answer.</summary>
    public void Fail(Exception fault)
    {
        Audience.Close();
        _state.Fault = fault;
        _hasEnded = true;
        Advance(FillPhase.Failed);
    }

    /// <summary>Lets those go who wait for an answer without having begun it.</summary>
    public void LetGo()
    {
        _isSlow = true;
        Audience.Signal();
    }

    /// <summary>A reader has no more use for it. It stops where that was the last one, unless it works for the store.</summary>
    /// <param name="reader">Who leaves.</param>
    /// <param name="hasAll">It has got all it wanted: a fetch whose end can be foreseen then goes on, while few do, or what is wanted in part only would never be stored.</param>
    public void Leave(FillReader reader, bool hasAll)
    {
        if (hasAll && _place == 0 && _phase == FillPhase.Open && !_isOutdated && Content.Length is not null)
        {
            TryGoOn(_cache!.Fills); // set while anybody holds it
        }

        if (Audience.Leave(reader, closesEmpty: EndsEmpty))
        {
            Stop();
        }

        Release();
    }

    /// <summary>A reader leaves that was given up or cut short; what it was handed meanwhile goes with it.</summary>
    public async ValueTask AbandonAsync(FillReader reader)
    {
        bool isLeader = IsLeader(reader);
        bool isLast = Audience.Leave(reader, closesEmpty: EndsEmpty);
        ProxyResponse? handed = isLeader ? TakeHanded() : null;
        if (isLast)
        {
            Stop();
        }

        try
        {
            if (handed is not null)
            {
                await handed.DisposeAsync().ConfigureAwait(false);
            }
        }
        finally
        {
            Release();
        }
    }

    /// <summary>Stops it.</summary>
    public void Stop()
    {
        Audience.StopFetch();
        _stop.Cancel();
    }

    /// <summary>One hold less; the last one makes it free.</summary>
    public void Release()
    {
        if (Interlocked.Decrement(ref _holds) != 0)
        {
            return;
        }

        Content.Reset();
        _request.Forget();
        _key.Clear();
        Audience.Reset();
        _leaderRequest = null;
        _cache = null;
        _running = default;
        _phase = FillPhase.Asking;
        _hasEnded = false;
        _isSlow = false;
        _isOutdated = false;
        _place = 0;
        _state = default;
        if (!_stop.TryReset())
        {
            _stop.Dispose();
            _stop = new CancellationTokenSource();
        }

        FreeList<Fill>.Give(this);
    }

    private void TryGoOn(FillTable fills)
    {
        if (fills.TryTakePlace() && Interlocked.CompareExchange(ref _place, 1, 0) != 0)
        {
            fills.GivePlace(); // another reader was quicker, or it has ended
        }
    }

    private void OnEnded()
    {
        CacheContext cache = _cache!; // it holds itself until here
        _running.GetResult(); // a run has no failure of its own: it tells its readers
        Release();
        cache.Fills.Leave();
    }

    private struct State
    {
        public RequestFacts Facts;
        public Exception? Fault;
        public long Started;
        public int Hash;
        public int Purges;
        public int PrimaryLength;
        public int UrlLength;
        public bool IsPrivate;
        public bool IsRefresh;
    }
}

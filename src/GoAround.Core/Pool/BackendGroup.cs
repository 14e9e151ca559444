using System;
using System.Collections.Generic;
using System.Threading;
using System.Threading.Tasks;
using GoAround.Core.Async;

namespace GoAround.Core.Pool;

/// <summary>The slots of one backend, what is known of its health, and the one loop that follows it.</summary>
/// <remarks>
/// Whatever can be set is set under the gate of the free slots, but for what the loop alone uses. A slot is live, or it is in one of
/// the two lists: live are the free ones, those that are out, and those that somebody is just taking or giving back.
/// </remarks>
internal sealed class BackendGroup(Backend backend, IHealthSubscription health, DateTimeOffset now, IWorkRunner? runner)
{
    private readonly Signal _firstReport = new(runner);
    private volatile Backend _backend = backend;
    private volatile HealthState _state = health.State;
    private volatile bool _isOpen;
    private volatile bool _isRemoved;
    private volatile bool _isDraining;
    private Signal? _emptied;
    private int _inFlight;
    private Task _following = Task.CompletedTask;

    /// <summary>The backend, with its weight of now.</summary>
    public Backend Backend
    {
        get => _backend;
        set => _backend = value;
    }

    /// <summary>The one subscription all the slots share.</summary>
    public IHealthSubscription Health { get; } = health;

    /// <summary>All the slots, wherever they are.</summary>
    public List<Slot> Slots { get; } = [];

    /// <summary>Slots kept back: while the backend takes nothing, or because the others are as many as it may use.</summary>
    public List<Slot> Aside { get; } = [];

    /// <summary>Slots kept back until as many requests of an earlier group of the same backend have ended, so that its cap holds.</summary>
    public Stack<Slot> Withheld { get; } = new();

    /// <summary>Free slots, where a policy chooses among the backends; else those are in the one channel.</summary>
    public Stack<Slot> Free { get; } = new();

    /// <summary>Slots that are neither aside nor withheld.</summary>
    public int Live => Slots.Count - Aside.Count - Withheld.Count;

    /// <summary>How many slots may be live: 0 while it takes nothing.</summary>
    public int Limit { get; set; }

    /// <summary>Who took part in the sharing last time; only for <see cref="Shares"/>.</summary>
    public bool WasServing { get; set; }

    /// <summary>The next time it takes requests it begins with few, if others serve.</summary>
    public bool StartsSlowly { get; set; }

    /// <summary>Since when its share rises; null: it has all of it.</summary>
    public long? RisesSince { get; set; }

    /// <summary>Why it is healthy or not.</summary>
    public string Reason { get; set; } = "";

    /// <summary>Since when.</summary>
    public DateTimeOffset Since { get; set; } = now;

    /// <summary>Once removed: requests this backend still carries, for this group and the ones before it.</summary>
    public int Outstanding { get; set; }

    /// <summary>The group of the same backend that was made while this one still drained.</summary>
    public BackendGroup? Successor { get; set; }

    /// <summary>It takes nothing new, and carries nothing.</summary>
    public bool IsEmpty { get; private set; }

    /// <summary>What the loop last heard.</summary>
    public HealthState State
    {
        get => _state;
        set => _state = value;
    }

    /// <summary>The loop has heard at least once; only for the loop.</summary>
    public bool HasReported { get; private set; }

    /// <summary>A live slot may go straight back among the free ones: it is not removed, does not drain, and has no more than its limit.</summary>
    public bool IsOpen => _isOpen;

    /// <summary>The backend was replaced: it finishes what it carries and takes nothing new.</summary>
    public bool IsRemoved => _isRemoved;

    /// <summary>It finishes what it carries and takes nothing new, until it is resumed.</summary>
    public bool IsDraining => _isDraining;

    /// <summary>It takes requests.</summary>
    public bool IsServing => _state == HealthState.Healthy && !_isDraining && !_isRemoved;

    /// <summary>Slots that are out now.</summary>
    public int InFlight => Volatile.Read(ref _inFlight);

    /// <summary>Requests the backend carries: its slots that are out, and those still owed to an earlier group. Without the gate a hint.</summary>
    public int Carried => InFlight + Withheld.Count;

    /// <summary>Completes with the first report, or with the removal.</summary>
    public Task FirstReport => _firstReport.Task;

    /// <summary>Completes when it is empty, cancelled where it is resumed before; only while it drains or is removed.</summary>
    public Task Emptied
    {
        get
        {
            _emptied ??= new Signal(runner);
            if (IsEmpty)
            {
                _emptied.Set();
            }

            return _emptied.Task;
        }
    }

    /// <summary>Makes the slots; all of them start aside, or withheld.</summary>
    public void Fill(int count, IConnectionFactory connections, FreeSlots home)
    {
        for (int i = 0; i < count; i++)
        {
            Slots.Add(new Slot(connections.Create(Backend, Health), this, home));
        }
    }

    /// <summary>A slot goes out.</summary>
    public void Enter() => Interlocked.Increment(ref _inFlight);

    /// <summary>A slot came back.</summary>
    public void Leave() => Interlocked.Decrement(ref _inFlight);

    /// <summary>Opens or closes it, after its limit or its live slots have changed.</summary>
    public void Recount()
    {
        bool isOpen = !_isRemoved && !_isDraining && Live <= Limit;
        if (isOpen != _isOpen)
        {
            _isOpen = isOpen;
        }
    }

    /// <summary>Takes nothing new.</summary>
    public void StartDraining()
    {
        _isDraining = true;
        _isOpen = false;
    }

    /// <summary>Drains no longer; who waited for the end is told that it does not come.</summary>
    public void StopDraining()
    {
        _isDraining = false;
        IsEmpty = false;
        GiveUpEmptying();
        _emptied = null;
    }

    /// <summary>Its last request has ended.</summary>
    public void MarkEmpty()
    {
        IsEmpty = true;
        _emptied?.Set();
    }

    /// <summary>The end of the pool: nobody waits any longer.</summary>
    public void GiveUpEmptying() => _emptied?.GiveUp();

    /// <summary>Says that nothing new may be sent from now on.</summary>
    public void MarkRemoved()
    {
        _isRemoved = true;
        _isOpen = false;
        _firstReport.Set();
    }

    /// <summary>Starts the loop that hears of every change.</summary>
    public void Follow(Fleet fleet)
    {
        if (_state != HealthState.Unknown)
        {
            _firstReport.Set();
        }

        _following = FollowAsync(fleet);
    }

    /// <summary>Ends the subscription and with it the loop.</summary>
    public async ValueTask StopAsync()
    {
        await Health.DisposeAsync().ConfigureAwait(false);
        await _following.ConfigureAwait(false);
    }

    private async Task FollowAsync(Fleet fleet)
    {
        await foreach (HealthReport report in Health.Changes.ReadAllAsync().ConfigureAwait(false))
        {
            fleet.HearOf(this, report);
            HasReported = true;
            _firstReport.Set();
        }
    }
}

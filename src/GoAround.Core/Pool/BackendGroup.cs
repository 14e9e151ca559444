using System.Collections.Generic;
using System.Threading;
using System.Threading.Tasks;
using GoAround.Core.Async;

namespace GoAround.Core.Pool;

/// <summary>The slots of one backend, what is known of its health, and the one loop that follows it.</summary>
/// <remarks>The lists, <see cref="Outstanding"/> and <see cref="Successor"/> are guarded by the gate of the free slots.</remarks>
internal sealed class BackendGroup(Backend backend, IHealthSubscription health, IWorkRunner? runner)
{
    private readonly Signal _firstReport = new(runner);
    private volatile HealthState _state = health.State;
    private volatile bool _isRemoved;
    private int _inFlight;
    private Task _following = Task.CompletedTask;

    /// <summary>The backend.</summary>
    public Backend Backend { get; } = backend;

    /// <summary>The one subscription all the slots share.</summary>
    public IHealthSubscription Health { get; } = health;

    /// <summary>All the slots, wherever they are.</summary>
    public List<Slot> Slots { get; } = [];

    /// <summary>Slots kept back while the backend is not healthy.</summary>
    public List<Slot> Aside { get; } = [];

    /// <summary>Slots kept back until as many requests of an earlier group of the same backend have ended, so that its cap holds.</summary>
    public Stack<Slot> Withheld { get; } = new();

    /// <summary>Free slots that are being shuffled; empty otherwise.</summary>
    public List<Slot> Shuffled { get; } = [];

    /// <summary>Once removed: requests this backend still carries, for this group and the ones before it.</summary>
    public int Outstanding { get; set; }

    /// <summary>The group of the same backend that was made while this one still drained.</summary>
    public BackendGroup? Successor { get; set; }

    /// <summary>What the loop last heard.</summary>
    public HealthState State
    {
        get => _state;
        set => _state = value;
    }

    /// <summary>The loop has heard at least once; only for the loop.</summary>
    public bool HasReported { get; private set; }

    /// <summary>The backend was replaced: it finishes what it carries and takes nothing new.</summary>
    public bool IsRemoved => _isRemoved;

    /// <summary>Slots that are out now.</summary>
    public int InFlight => Volatile.Read(ref _inFlight);

    /// <summary>Completes with the first report, or with the removal.</summary>
    public Task FirstReport => _firstReport.Task;

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

    /// <summary>Says that nothing new may be sent from now on.</summary>
    public void MarkRemoved()
    {
        _isRemoved = true;
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

using System.Threading.Channels;
using System.Threading.Tasks;
using GoAround.Core;

namespace GoAround.Testing;

/// <summary>One subscriber's view of a health that is set by hand: the state changes at once, and the change is told within the clock.</summary>
internal sealed class ManualSubscription : IHealthSubscription
{
    private readonly Channel<HealthReport> _changes = Channel.CreateUnbounded<HealthReport>(new() { SingleReader = true, AllowSynchronousContinuations = true });
    private readonly ManualHealth _health;
    private readonly ManualTime _time;
    private volatile HealthState _state;

    public ManualSubscription(ManualHealth health, ManualTime time, Backend backend, HealthReport known)
    {
        _health = health;
        _time = time;
        Backend = backend;
        _state = known.State;
        if (known.State != HealthState.Unknown)
        {
            _changes.Writer.TryWrite(known); // nobody reads yet
        }
    }

    /// <summary>Whose health it is.</summary>
    public Backend Backend { get; }

    /// <inheritdoc/>
    public HealthState State => _state;

    /// <inheritdoc/>
    public ChannelReader<HealthReport> Changes => _changes.Reader;

    /// <summary>It is so now.</summary>
    public void Push(HealthReport report)
    {
        _state = report.State;
        _time.Enqueue(_ => _changes.Writer.TryWrite(report), null);
    }

    /// <inheritdoc/>
    public void Suspect(string reason) => _health.Note(Backend, reason);

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        _health.Remove(this);
        _time.Enqueue(_ => _changes.Writer.TryComplete(), null);
        if (!_time.IsInside)
        {
            _time.RunUntilIdle(); // the pool may go by another clock
        }

        return ValueTask.CompletedTask;
    }
}

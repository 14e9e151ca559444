using System.Threading;
using System.Threading.Channels;
using System.Threading.Tasks;

namespace GoAround.Core.Tests.Pool;

/// <summary>A subscription whose changes a test pushes by hand.</summary>
internal sealed class ScriptedHealth : IHealthSubscription
{
    private readonly Channel<HealthReport> _changes = Channel.CreateUnbounded<HealthReport>(new() { AllowSynchronousContinuations = true });
    private volatile HealthState _state;
    private int _suspicions;

    public HealthState State => _state;

    public ChannelReader<HealthReport> Changes => _changes.Reader;

    public int Suspicions => Volatile.Read(ref _suspicions);

    public bool IsDisposed { get; private set; }

    /// <summary>What the disposal waits for, or fails by.</summary>
    public Task Disposal { get; set; } = Task.CompletedTask;

    public void Suspect(string reason) => Interlocked.Increment(ref _suspicions);

    /// <summary>The state has changed, and the loop that reads the changes has not come to it yet.</summary>
    public void ChangeAhead(HealthState state) => _state = state;

    public void Push(HealthState state)
    {
        _state = state;
        _changes.Writer.TryWrite(new HealthReport(state, "scripted"));
    }

    public ValueTask DisposeAsync()
    {
        IsDisposed = true;
        _changes.Writer.TryComplete();
        return new(Disposal);
    }
}

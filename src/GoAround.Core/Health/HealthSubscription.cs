using System.Threading;
using System.Threading.Channels;
using System.Threading.Tasks;

namespace GoAround.Core.Health;

/// <summary>One subscriber's channel of the changes that a watch publishes.</summary>
internal sealed class HealthSubscription(HealthMonitor monitor, HealthWatch watch) : IHealthSubscription
{
    private readonly Channel<HealthReport> _changes = Channel.CreateUnbounded<HealthReport>(new UnboundedChannelOptions { SingleReader = true });
    private volatile HealthState _state;
    private bool _isDisposed;

    /// <inheritdoc/>
    public HealthState State => _state;

    /// <inheritdoc/>
    public ChannelReader<HealthReport> Changes => _changes.Reader;

    /// <inheritdoc/>
    public void Suspect(string reason) => watch.Suspect(reason);

    /// <summary>Pushes a change: the state first, so that whoever reads the change finds it so.</summary>
    public void Publish(HealthReport report)
    {
        _state = report.State;
        _changes.Writer.TryWrite(report);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isDisposed, true))
        {
            return ValueTask.CompletedTask;
        }

        _changes.Writer.TryComplete();
        return monitor.UnsubscribeAsync(watch, this);
    }
}

using System;
using System.Threading;
using System.Threading.Channels;
using System.Threading.Tasks;
using GoAround.Core.Async;

namespace GoAround.Core.Health;

/// <summary>One subscriber's channel of the changes that a watch publishes.</summary>
internal sealed class HealthSubscription(HealthMonitor monitor, HealthWatch watch, TimeProvider time) : IHealthSubscription
{
    private readonly Mailbox<HealthReport> _changes = new(time);
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
        _changes.Post(report);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isDisposed, true))
        {
            return ValueTask.CompletedTask;
        }

        _changes.Close();
        return monitor.UnsubscribeAsync(watch, this);
    }
}

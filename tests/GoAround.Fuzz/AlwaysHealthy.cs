using System.Threading.Channels;
using System.Threading.Tasks;
using GoAround.Core;

namespace GoAround.Fuzz;

/// <summary>Health without checks: every backend is healthy from the start.</summary>
internal sealed class AlwaysHealthy : IHealthMonitor
{
    /// <inheritdoc/>
    public IHealthSubscription Subscribe(Backend backend) => new Subscription();

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => default;

    private sealed class Subscription : IHealthSubscription
    {
        private readonly Channel<HealthReport> _changes = Channel.CreateUnbounded<HealthReport>();

        public Subscription() => _changes.Writer.TryWrite(new HealthReport(HealthState.Healthy, "always"));

        public HealthState State => HealthState.Healthy;

        public ChannelReader<HealthReport> Changes => _changes.Reader;

        public void Suspect(string reason)
        {
            // It stays healthy.
        }

        public ValueTask DisposeAsync()
        {
            _changes.Writer.TryComplete();
            return default;
        }
    }
}

using System.Threading;
using System.Threading.Tasks;
using GoAround.Core;

namespace GoAround.Testing;

/// <summary>A slot to a test backend.</summary>
internal sealed class MemoryConnection(MemoryTransport transport, Backend backend, IHealthSubscription health) : IConnection
{
    /// <inheritdoc/>
    public Backend Backend { get; } = backend;

    /// <inheritdoc/>
    public bool IsHealthy => health.State == HealthState.Healthy;

    /// <inheritdoc/>
    public ValueTask<ProxyResponse> SendAsync(ProxyRequest request, CancellationToken cancellationToken) =>
        transport.SendAsync(Backend, request, isCheck: false, cancellationToken);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}

using System.Threading;
using System.Threading.Tasks;

namespace GoAround.Core.Upstream;

/// <summary>A slot to a backend reached by HTTP/1.1: it takes whichever socket was used last, or dials a new one.</summary>
internal sealed class SocketConnection : IConnection
{
    private readonly IHealthSubscription _health;
    private readonly BackendSockets _sockets;
    private readonly SocketConnectionFactory _factory;

    public SocketConnection(Backend backend, IHealthSubscription health, BackendSockets sockets, SocketConnectionFactory factory)
    {
        Backend = backend;
        _health = health;
        _sockets = sockets;
        _factory = factory;
    }

    /// <inheritdoc/>
    public Backend Backend { get; }

    /// <inheritdoc/>
    public bool IsHealthy => _health.State == HealthState.Healthy;

    /// <inheritdoc/>
    public ValueTask<ProxyResponse> SendAsync(ProxyRequest request, CancellationToken cancellationToken)
    {
        UpstreamSocket? socket = _sockets.TryTake();
        return socket is not null ? socket.ExchangeAsync(request, cancellationToken) : DialAndSendAsync(request, cancellationToken);
    }

    /// <summary>A slot owns no socket: nothing to close.</summary>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private async ValueTask<ProxyResponse> DialAndSendAsync(ProxyRequest request, CancellationToken cancellationToken)
    {
        UpstreamSocket socket = await _factory.OpenAsync(Backend, _sockets, cancellationToken).ConfigureAwait(false);
        return await socket.ExchangeAsync(request, cancellationToken).ConfigureAwait(false);
    }
}

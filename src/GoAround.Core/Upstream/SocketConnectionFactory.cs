using System;
using System.Collections.Concurrent;
using System.Net;
using System.Threading;
using System.Threading.Tasks;
using GoAround.Core.Async;
using GoAround.Core.Sockets;

namespace GoAround.Core.Upstream;

/// <summary>Reaches backends by HTTP/1.1 over TCP or TLS, or over what a dialer opens, and keeps their idle sockets.</summary>
internal sealed class SocketConnectionFactory : IConnectionFactory, IBackendClient, IDisposable
{
    private static readonly TimeSpan TrimInterval = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<Backend, BackendSockets> _sockets = new();
    private readonly UpstreamOptions _options;
    private readonly TimeProvider _time;
    private readonly DeadlineClock _clock;
    private readonly BackendDialer _dialer;
    private readonly ITimer _trim;

    /// <param name="options">Its limits and deadlines.</param>
    /// <param name="time">What they are timed by.</param>
    /// <param name="lookUp">Finds the addresses of a name; null: the machine's own resolver.</param>
    /// <param name="dialer">Opens the streams instead; null: TCP.</param>
    public SocketConnectionFactory(
        UpstreamOptions options, TimeProvider time, Func<string, CancellationToken, Task<IPAddress[]>>? lookUp = null, IBackendDialer? dialer = null)
    {
        _options = options;
        _time = time;
        _clock = new DeadlineClock(time);
        _dialer = new BackendDialer(options, time, lookUp, dialer);
        _trim = time.CreateTimer(static factory => ((SocketConnectionFactory)factory!).Trim(), this, TrimInterval, TrimInterval);
    }

    /// <inheritdoc/>
    public IConnection Create(Backend backend, IHealthSubscription health)
    {
        BackendSockets sockets = _sockets.GetOrAdd(backend, static _ => new BackendSockets());
        return new SocketConnection(backend, health, sockets, this);
    }

    /// <inheritdoc/>
    public void Retire(Backend backend)
    {
        if (_sockets.TryRemove(backend, out BackendSockets? sockets))
        {
            sockets.Retire();
        }
    }

    /// <inheritdoc/>
    public SocketCount CountSockets(Backend backend) =>
        _sockets.TryGetValue(backend, out BackendSockets? sockets) ? new SocketCount(sockets.OpenCount, sockets.IdleCount) : default;

    /// <inheritdoc/>
    public async ValueTask<ProxyResponse> SendAsync(Backend backend, ProxyRequest request, CancellationToken cancellationToken)
    {
        UpstreamSocket socket = await OpenAsync(backend, null, cancellationToken).ConfigureAwait(false);
        return await socket.ExchangeAsync(request, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _trim.Dispose();
        foreach (BackendSockets sockets in _sockets.Values)
        {
            sockets.Retire();
        }

        _clock.Dispose();
    }

    /// <summary>Dials a new socket.</summary>
    /// <exception cref="BackendException">The backend could not be reached.</exception>
    internal async ValueTask<UpstreamSocket> OpenAsync(Backend backend, BackendSockets? home, CancellationToken cancellationToken)
    {
        Transport transport = await _dialer.DialAsync(backend, cancellationToken).ConfigureAwait(false);
        home?.OnOpened();
        return new UpstreamSocket(backend, transport, home, _options, _time, _clock);
    }

    private void Trim()
    {
        long before = _time.GetTimestamp() - (long)(_options.IdleTimeout.TotalSeconds * _time.TimestampFrequency);
        foreach (BackendSockets sockets in _sockets.Values)
        {
            sockets.Trim(before);
        }
    }
}

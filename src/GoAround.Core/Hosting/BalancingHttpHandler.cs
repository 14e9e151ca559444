using System;
using System.Net.Http;
using System.Threading;
using System.Threading.Tasks;
using GoAround.Core.Outgoing;
using Microsoft.Extensions.Options;

namespace GoAround.Core.Hosting;

/// <summary>
/// Sends what an HttpClient sends to the backends of a balancer, with its caps, health checks, retries and, where it is on, its cache. The target's authority is the
/// Host the backends are told, as in <c>http://orders/list</c>; which one gets the request is the balancer's choice. Safe for concurrent use.
/// </summary>
/// <remarks>
/// Content is sent as it is written and returned as it comes. A response holds one of its backend's slots until its content is read to the end or disposed. A second backend is tried
/// as by <see cref="IBackendPool.FetchAsync"/>; content in memory (ByteArrayContent, StringContent, ReadOnlyMemoryContent) is written once more for that, any other only
/// so far as <see cref="Server.ServerOptions.ReplayBufferBytes"/> keeps it. Where no backend answers, HttpRequestException is thrown; an answer of a backend is one, also a 503. Only HTTP/1.1 is spoken.
/// Redirects, cookies, credentials and decompression are not done here: a DelegatingHandler around this one does them. After 101 the content's stream can be written to as well, so
/// that ClientWebSocket works over it. What belongs to a connection (Connection, Keep-Alive, Transfer-Encoding) is the pool's: it is neither sent as given nor returned.
/// Whether TLS is spoken is up to the backend's address, not the target's: what is asked for as https goes to an http backend in plain text.
/// </remarks>
public sealed class BalancingHttpHandler : HttpMessageHandler, IAsyncDisposable
{
    private readonly Balancer? _balancer;
    private readonly OutgoingCalls _calls;
    private readonly bool _ownsBalancer;
    private volatile bool _isStarted;
    private volatile bool _isDisposed;
    private Task? _end;

    /// <summary>Makes a handler with a balancer of its own, which starts with the first request, and ends with the handler.</summary>
    /// <param name="configure">Sets the options, backends among them.</param>
    /// <param name="parts">Parts of your own; null: none.</param>
    /// <exception cref="ArgumentNullException"><paramref name="configure"/> is null.</exception>
    /// <exception cref="OptionsValidationException">An option is out of its range; the message names each.</exception>
    public BalancingHttpHandler(Action<GoAroundOptions> configure, BalancerParts? parts = null)
        : this(Make(configure, parts))
    {
        _ownsBalancer = true;
    }

    /// <summary>Makes a handler over a balancer, which is started with the first request unless it was before, and is not disposed with the handler.</summary>
    /// <param name="balancer">For example the keyed service of <c>AddGoAroundPool</c>.</param>
    /// <exception cref="ArgumentNullException"><paramref name="balancer"/> is null.</exception>
    public BalancingHttpHandler(Balancer balancer)
    {
        ArgumentNullException.ThrowIfNull(balancer);
        _balancer = balancer;
        _calls = balancer.CreateCalls();
    }

    /// <summary>Makes a handler over steps of your own: whatever they answer is the response, and an answer with a <see cref="ProxyResponse.Error"/> is thrown.</summary>
    /// <param name="handler">Answers the requests; not disposed.</param>
    /// <exception cref="ArgumentNullException"><paramref name="handler"/> is null.</exception>
    public BalancingHttpHandler(ProxyHandler handler)
    {
        ArgumentNullException.ThrowIfNull(handler);
        _calls = new OutgoingCalls(handler, new OutgoingOptions(TimeProvider.System, ProxyEvents.None, Server.ServerOptions.DefaultReplayBufferBytes));
        _isStarted = true;
    }

    /// <summary>Ends the balancer where it is the handler's own: checks end, who waits is answered, sockets close as they come back.</summary>
    public async ValueTask DisposeAsync()
    {
        Dispose();
        await (_end ?? Task.CompletedTask).ConfigureAwait(false);
    }

    /// <summary>Sends a request; see the remarks of the type.</summary>
    /// <param name="request">Its target must be absolute, http or https (or ws and wss, for an upgrade).</param>
    /// <param name="cancellationToken">Gives up: the slot is given back and the socket closed. It has no meaning once the response is there.</param>
    /// <exception cref="ArgumentNullException">There is no request.</exception>
    /// <exception cref="HttpRequestException">No backend has answered, by <see cref="HttpRequestException.HttpRequestError"/>, and by the <see cref="ProxyError"/> in its Data under that name; or the request cannot be sent.</exception>
    /// <exception cref="InvalidOperationException">The target is not absolute.</exception>
    /// <exception cref="NotSupportedException">The target's scheme is another, or the method is CONNECT.</exception>
    /// <exception cref="TaskCanceledException">The caller gave up.</exception>
    /// <exception cref="ObjectDisposedException">The handler was disposed, or its balancer before the first request.</exception>
    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        return _isStarted ? _calls.SendAsync(request, cancellationToken) : StartAndSendAsync(_balancer!, request, cancellationToken); // without one it needs no start
    }

    /// <summary>Not supported: a request waits for a slot, and no thread may be held for that.</summary>
    /// <param name="request">Not looked at.</param>
    /// <param name="cancellationToken">Not looked at.</param>
    /// <exception cref="NotSupportedException">Always.</exception>
    protected override HttpResponseMessage Send(HttpRequestMessage request, CancellationToken cancellationToken) =>
        throw new NotSupportedException($"{nameof(BalancingHttpHandler)} sends asynchronously only: use HttpClient.SendAsync instead of Send.");

    /// <summary>Begins what <see cref="DisposeAsync"/> waits for.</summary>
    /// <param name="disposing">False: nothing is done.</param>
    protected override void Dispose(bool disposing)
    {
        if (disposing && !_isDisposed)
        {
            _isDisposed = true;
            _end = _ownsBalancer ? _balancer!.DisposeAsync().AsTask() : null; // one that is owned is there
        }

        base.Dispose(disposing);
    }

    private static Balancer Make(Action<GoAroundOptions> configure, BalancerParts? parts)
    {
        ArgumentNullException.ThrowIfNull(configure);
        GoAroundOptions options = new();
        configure(options);
        return new Balancer(options, parts);
    }

    private async Task<HttpResponseMessage> StartAndSendAsync(Balancer balancer, HttpRequestMessage request, CancellationToken cancellationToken)
    {
        await balancer.StartAsync(cancellationToken).ConfigureAwait(false);
        _isStarted = true;
        return await _calls.SendAsync(request, cancellationToken).ConfigureAwait(false);
    }
}

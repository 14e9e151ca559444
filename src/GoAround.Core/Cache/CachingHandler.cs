using System;
using System.Runtime.CompilerServices;
using System.Threading;
using System.Threading.Tasks;
using GoAround.Core.Async;
using Microsoft.Extensions.Logging;

namespace GoAround.Core.Cache;

/// <summary>
/// The innermost step of a request: answers from the store where it may, and else lets one fetch answer all who ask for the same.
/// </summary>
internal sealed class CachingHandler : ProxyHandler, ICachePurge, IAsyncDisposable
{
    private readonly CacheContext _cache;
    private readonly CacheInvalidation _invalidation;
    private readonly PassThrough _passThrough;
    private readonly SharedFetch _fetch;

    /// <summary>Puts a cache before the rest of the chain.</summary>
    /// <param name="next">Asks the backends.</param>
    /// <param name="store">Keeps the responses; its owner disposes it.</param>
    /// <param name="options">What may be kept, and how long.</param>
    /// <param name="memory">Where bodies lie while they are received; the store's own, where it has that form.</param>
    /// <param name="events">Told how each request was answered.</param>
    /// <param name="time">The clock of all ages.</param>
    /// <param name="log">Told of a store that fails.</param>
    /// <param name="proxyName">The name of this cache in Cache-Status (RFC 9211).</param>
    public CachingHandler(
        ProxyHandler next, IResponseCache store, CacheOptions options, CacheMemory memory, ProxyEvents events, TimeProvider time, ILogger<CachingHandler> log, string proxyName)
    {
        _cache = new CacheContext(next, store, options, memory, events, time, log, proxyName);
        _invalidation = new CacheInvalidation(_cache);
        _passThrough = new PassThrough(_cache, _invalidation);
        _fetch = new SharedFetch(_cache);
    }

    /// <inheritdoc cref="FillTable.IsIdle"/>
    public bool IsIdle => _cache.Fills.IsIdle;

    /// <inheritdoc/>
    public CacheUsage Usage => _cache.Store.Usage;

    /// <inheritdoc/>
    public override ValueTask<ProxyResponse> HandleAsync(ProxyRequest request, CancellationToken cancellationToken)
    {
        RequestFacts facts = RequestFacts.Read(request);
        if (facts.Bypass is CacheBypass.Request or CacheBypass.RequestNoStore && facts.OnlyIfCached)
        {
            return new(AnswerReport.OnlyIfCached(_cache, request)); // the store is not asked, and a backend shall not be
        }

        if (facts.Bypass != CacheBypass.None || _cache.Fills.IsStopped)
        {
            return _passThrough.PassAsync(request, facts, cancellationToken);
        }

        CachedAnswer answer = CachedAnswer.Rent(request, in facts);
        answer.BeginLook(_cache.Fills);
        ValueTask finding = CacheLookup.FindAsync(_cache, answer, request, cancellationToken);
        return finding.IsCompletedSuccessfully ? Decide(request, answer, cancellationToken) : DecideAsync(finding, request, answer, cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask<int> PurgeAsync(string url, CancellationToken cancellationToken) => _invalidation.PurgeAsync(url, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<int> PurgeTagAsync(string tag, CancellationToken cancellationToken) => _invalidation.PurgeTagAsync(tag, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<int> PurgeAllAsync(CancellationToken cancellationToken) => _invalidation.PurgeAllAsync(cancellationToken);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _cache.Fills.DisposeAsync();

    [AsyncMethodBuilder(typeof(PooledMethodBuilder<>))]
    private async ValueTask<ProxyResponse> DecideAsync(ValueTask finding, ProxyRequest request, CachedAnswer answer, CancellationToken cancellationToken)
    {
        bool isFound = false;
        try
        {
            await finding.ConfigureAwait(false);
            isFound = true;
        }
        finally
        {
            if (!isFound)
            {
                answer.Free();
            }
        }

        return await Decide(request, answer, cancellationToken).ConfigureAwait(false);
    }

    private ValueTask<ProxyResponse> Decide(ProxyRequest request, CachedAnswer answer, CancellationToken cancellationToken)
    {
        ForwardReason reason = answer.IsPartial ? ForwardReason.Partial : answer.Key.Length > answer.PrimaryLength ? ForwardReason.VaryMiss : ForwardReason.UriMiss;
        bool isAlone = false;
        if (answer.Stored is not null)
        {
            long nowMs = _cache.NowMs();
            switch (ReuseRules.Decide(in answer.Facts, in answer.Head, nowMs))
            {
                case Reuse.Serve:
                    return new(AnswerReport.Hit(_cache, request, answer, CacheOutcome.Hit, nowMs));
                case Reuse.ServeStale:
                    return new(AnswerReport.Hit(_cache, request, answer, CacheOutcome.Stale, nowMs));
                case Reuse.ServeAndRefresh:
                    _fetch.Refresh(request, answer);
                    return new(AnswerReport.Hit(_cache, request, answer, CacheOutcome.Stale, nowMs));
                case Reuse.Pass:
                    answer.DropStored();
                    isAlone = true;
                    break;
                default:
                    reason = answer.Head.FreshSeconds(nowMs) > 0 ? ForwardReason.Request : ForwardReason.Stale;
                    break;
            }
        }

        if (answer.Facts.OnlyIfCached)
        {
            answer.Free();
            return new(AnswerReport.OnlyIfCached(_cache, request));
        }

        return answer.Facts.IsHead
            ? _passThrough.PassHeadAsync(request, answer, reason, cancellationToken)
            : _fetch.FetchAsync(request, answer, reason, isAlone, cancellationToken);
    }
}

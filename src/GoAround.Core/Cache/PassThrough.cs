using System;
using System.Runtime.CompilerServices;
using System.Threading;
using System.Threading.Tasks;
using GoAround.Core.Async;

namespace GoAround.Core.Cache;

/// <summary>Requests that go to a backend as they came, and whose answers go back as they come.</summary>
internal sealed class PassThrough(CacheContext cache, CacheInvalidation invalidation)
{
    /// <summary>Passes a request past the cache; what it changes is removed.</summary>
    [AsyncMethodBuilder(typeof(PooledMethodBuilder<>))]
    public async ValueTask<ProxyResponse> PassAsync(ProxyRequest request, RequestFacts facts, CancellationToken cancellationToken)
    {
        ProxyResponse response = await cache.Next.HandleAsync(request, cancellationToken).ConfigureAwait(false);
        bool isGood = false;
        try
        {
            if (Invalidation.Applies(in facts, response.StatusCode))
            {
                await invalidation.FollowAsync(request, response).ConfigureAwait(false);
            }

            if (response.StatusCode >= 200)
            {
                ForwardReason reason = facts.Bypass == CacheBypass.Method ? ForwardReason.Method : ForwardReason.Bypass;
                AnswerReport.Tell(cache, response, new CacheStatus { Forward = reason, Bypass = facts.Bypass });
            }

            cache.Events.CacheAnswered(request, CacheOutcome.Bypass, facts.Bypass, TimeSpan.Zero);
            isGood = true;
            return response;
        }
        finally
        {
            if (!isGood)
            {
                await response.DisposeAsync().ConfigureAwait(false);
            }
        }
    }

    /// <summary>Passes a HEAD that the store does not answer; what it tells of a stored response is taken down (RFC 9111 §4.3.5).</summary>
    [AsyncMethodBuilder(typeof(PooledMethodBuilder<>))]
    public async ValueTask<ProxyResponse> PassHeadAsync(ProxyRequest request, CachedAnswer answer, ForwardReason reason, CancellationToken cancellationToken)
    {
        ProxyResponse? response = null;
        bool isKept = false;
        try
        {
            long requestMs = cache.NowMs();
            response = await cache.Next.HandleAsync(request, cancellationToken).ConfigureAwait(false);
            StaleCause cause = response.Backend is null ? StaleCause.Disconnected : StaleCause.ServerError;
            long nowMs = cache.NowMs();
            if (answer.Stored is { } stored)
            {
                if (response.StatusCode is 500 or 502 or 503 or 504 && ReuseRules.MayServeOnError(in answer.Facts, in answer.Head, nowMs, cache.Options, cause))
                {
                    isKept = true;
                    return AnswerReport.Stale(cache, request, answer, stored, in answer.Head, response.StatusCode, nowMs);
                }

                if (response.StatusCode == 200 && !answer.Facts.HasAuthorization && !answer.Facts.HasCookie)
                {
                    // What is said to one user alone must not get into what all are told.
                    await FillStorage.FreshenAsync(answer, request, cache, response, requestMs).ConfigureAwait(false);
                }
            }

            AnswerReport.Tell(cache, response, new CacheStatus { Forward = reason });
            cache.Events.CacheAnswered(request, CacheOutcome.Miss, CacheBypass.None, TimeSpan.Zero);
            ProxyResponse passed = response;
            response = null;
            return passed;
        }
        finally
        {
            if (!isKept)
            {
                answer.Free();
            }

            if (response is not null)
            {
                await response.DisposeAsync().ConfigureAwait(false);
            }
        }
    }
}

using System;
using System.Collections.Generic;
using System.Threading;
using System.Threading.Tasks;
using GoAround.Core.Cache;
using GoAround.Core.Health;
using GoAround.Core.Observability;
using GoAround.Core.Pool;
using Microsoft.Extensions.Logging;

namespace GoAround.Core.Hosting;

/// <summary>How the parts are put together, said once for the container and for <see cref="Balancer"/>.</summary>
internal static class Composition
{
    /// <summary>Who counts: those of the application's are guarded, since they may throw.</summary>
    public static ProxyEvents Events(ProxyEvents events, ILoggerFactory loggers) =>
        events is GoAroundMeter or GuardedEvents ? events : new GuardedEvents(events, loggers.CreateLogger<GuardedEvents>());

    /// <summary>The check of a backend.</summary>
    public static HttpHealthChecker Checker(IBackendClient client, GoAroundOptions options) => new(client, options.Health);

    /// <summary>The checks of all backends.</summary>
    public static HealthMonitor Monitor(IHealthChecker checker, GoAroundOptions options, TimeProvider time, ILoggerFactory loggers, Random? jitter = null) =>
        new(checker, options.Health, time, loggers.CreateLogger<HealthMonitor>(), jitter ?? Random.Shared);

    /// <summary>The pool.</summary>
    public static BackendPool Pool(
        IConnectionFactory connections,
        IHealthMonitor monitor,
        SelectionPolicy? policy,
        ProxyEvents events,
        GoAroundOptions options,
        TimeProvider time,
        ILoggerFactory loggers) =>
        new(options.Pool, connections, monitor, events, time, loggers.CreateLogger<BackendPool>(), policy);

    /// <summary>The last step.</summary>
    public static PoolHandler PoolStep(IBackendPool pool) => new(pool);

    /// <summary>The cache before the pool.</summary>
    public static CachingHandler Cache(
        IBackendPool pool, IResponseCache store, CacheMemory memory, ProxyEvents events, GoAroundOptions options, TimeProvider time, ILoggerFactory loggers)
    {
        (events as GoAroundMeter)?.Observe(store);
        return new(PoolStep(pool), store, options.Cache, memory, events, time, loggers.CreateLogger<CachingHandler>(), options.Server.ProxyName);
    }

    /// <summary>Tracing outermost, then the application's own handlers in the order they were added, so that they run before a hit too; then the rest.</summary>
    public static TracingHandler Chain(ProxyHandler last, GoAroundOptions options, IServiceProvider services)
    {
        ProxyHandler chain = last;
        IReadOnlyList<Func<IServiceProvider, ProxyHandler, ProxyHandler>> handlers = options.Handlers;
        for (int i = handlers.Count - 1; i >= 0; i--)
        {
            chain = handlers[i](services, chain);
        }

        return new TracingHandler(chain);
    }

    /// <summary>The backends of options that were checked.</summary>
    public static List<Backend> Backends(GoAroundOptions options)
    {
        List<Backend> backends = [];
        foreach (string address in options.Backends)
        {
            backends.Add(Backend.Parse(address));
        }

        return backends;
    }

    /// <summary>Takes up the backends and waits for their first check: a backend that does not answer in time must not keep the others from serving.</summary>
    public static async Task StartAsync(IBackendPool pool, GoAroundOptions options, TimeProvider time, CancellationToken cancellationToken)
    {
        await pool.ReplaceAsync(Backends(options), cancellationToken).ConfigureAwait(false);
        using CancellationTokenSource timeout = new(options.FirstCheckTimeout, time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            await pool.WaitForFirstCheckAsync(either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // The checks go on; requests wait for them in line.
        }
    }
}

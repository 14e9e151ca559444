using System;
using System.Collections.Generic;
using System.Diagnostics.Metrics;
using GoAround.Core.Cache;
using GoAround.Core.Health;
using GoAround.Core.Observability;
using GoAround.Core.Pool;
using GoAround.Core.Server;
using GoAround.Core.Upstream;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace GoAround.Core.Hosting;

/// <summary>Adds the balancer to an application's services.</summary>
public static class GoAroundServiceCollectionExtensions
{
    /// <summary>
    /// Adds pool, health checks, handlers and server, started and stopped with the host. Whatever of
    /// <see cref="TimeProvider"/>, <see cref="ProxyEvents"/>, <see cref="IHealthChecker"/>, <see cref="IHealthMonitor"/>,
    /// <see cref="IConnectionFactory"/>, <see cref="IBackendClient"/>, <see cref="IBackendPool"/>, <see cref="IResponseCache"/>,
    /// <see cref="ICachePurge"/> and <see cref="ProxyHandler"/> is registered already, or later, is used instead of this library's own.
    /// </summary>
    /// <param name="services">The application's services.</param>
    /// <param name="configure">Sets the options; they are validated when the host starts.</param>
    /// <exception cref="OptionsValidationException">Thrown by the host's start: the message names each wrong option and its flag.</exception>
    public static IServiceCollection AddGoAround(this IServiceCollection services, Action<GoAroundOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(configure);
        services.Configure(configure);
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<GoAroundOptions>, GoAroundOptionsValidator>());
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton(provider => new GoAroundMeter(provider.GetService<IMeterFactory>()));
        services.TryAddSingleton<ProxyEvents>(provider => provider.GetRequiredService<GoAroundMeter>());
        services.TryAddSingleton(provider => new SocketConnectionFactory(Options(provider).Upstream, Time(provider)));
        services.TryAddSingleton<IConnectionFactory>(provider => provider.GetRequiredService<SocketConnectionFactory>());
        services.TryAddSingleton<IBackendClient>(provider => provider.GetRequiredService<SocketConnectionFactory>());
        services.TryAddSingleton<IHealthChecker>(provider => new HttpHealthChecker(provider.GetRequiredService<IBackendClient>(), Options(provider).Health));
        services.TryAddSingleton<IHealthMonitor>(CreateMonitor);
        services.TryAddSingleton<IBackendPool>(CreatePool);
        services.TryAddSingleton(provider => new CacheMemory(Options(provider).Cache.SizeBytes));
        services.TryAddSingleton<IResponseCache>(provider => new MemoryResponseCache(provider.GetRequiredService<CacheMemory>(), Time(provider)));
        services.TryAddSingleton(CreateCache);
        services.TryAddSingleton<ICachePurge>(provider => provider.GetRequiredService<CachingHandler>());
        services.TryAddSingleton<ProxyHandler>(CreateChain);
        services.TryAddSingleton(CreateServer);
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IHostedService, GoAroundService>());
        return services;
    }

    private static GoAroundOptions Options(IServiceProvider provider) => provider.GetRequiredService<IOptions<GoAroundOptions>>().Value;

    private static TimeProvider Time(IServiceProvider provider) => provider.GetRequiredService<TimeProvider>();

    private static ILoggerFactory Loggers(IServiceProvider provider) => provider.GetService<ILoggerFactory>() ?? NullLoggerFactory.Instance;

    private static HealthMonitor CreateMonitor(IServiceProvider provider) => new(
        provider.GetRequiredService<IHealthChecker>(),
        Options(provider).Health,
        Time(provider),
        Loggers(provider).CreateLogger<HealthMonitor>(),
        Random.Shared);

    private static BackendPool CreatePool(IServiceProvider provider) => new(
        Options(provider).Pool,
        provider.GetRequiredService<IConnectionFactory>(),
        provider.GetRequiredService<IHealthMonitor>(),
        provider.GetRequiredService<ProxyEvents>(),
        Time(provider),
        Loggers(provider).CreateLogger<BackendPool>());

    private static CachingHandler CreateCache(IServiceProvider provider)
    {
        IResponseCache store = provider.GetRequiredService<IResponseCache>();
        ProxyEvents events = provider.GetRequiredService<ProxyEvents>();
        (events as GoAroundMeter)?.Observe(store);
        return new(
            CreatePoolStep(provider),
            store,
            Options(provider).Cache,
            provider.GetRequiredService<CacheMemory>(),
            events,
            Time(provider),
            Loggers(provider).CreateLogger<CachingHandler>(),
            Options(provider).Server.ProxyName);
    }

    private static PoolHandler CreatePoolStep(IServiceProvider provider) => new(provider.GetRequiredService<IBackendPool>());

    /// <summary>Tracing outermost, then the application's own handlers in the order they were added, so that they run before a hit too; then the cache, the pool last.</summary>
    private static TracingHandler CreateChain(IServiceProvider provider)
    {
        ProxyHandler chain = Options(provider).Cache.IsEnabled ? provider.GetRequiredService<CachingHandler>() : CreatePoolStep(provider);
        IReadOnlyList<Func<IServiceProvider, ProxyHandler, ProxyHandler>> handlers = Options(provider).Handlers;
        for (int i = handlers.Count - 1; i >= 0; i--)
        {
            chain = handlers[i](provider, chain);
        }

        return new TracingHandler(chain);
    }

    private static ProxyServer CreateServer(IServiceProvider provider) => new(
        Options(provider).Server,
        provider.GetRequiredService<ProxyHandler>(),
        Time(provider),
        Loggers(provider),
        provider.GetRequiredService<ProxyEvents>());
}

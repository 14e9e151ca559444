using System;
using System.Diagnostics.Metrics;
using GoAround.Core.Cache;
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
public static partial class GoAroundServiceCollectionExtensions
{
    /// <summary>
    /// Adds pool, health checks, handlers and server, started and stopped with the host. Whatever of
    /// <see cref="TimeProvider"/>, <see cref="ProxyEvents"/>, <see cref="IHealthChecker"/>, <see cref="IHealthMonitor"/>,
    /// <see cref="IBackendDialer"/>, <see cref="IConnectionFactory"/>, <see cref="IBackendClient"/>, <see cref="IBackendPool"/>, <see cref="SelectionPolicy"/>,
    /// <see cref="IResponseCache"/>, <see cref="ICachePurge"/> and <see cref="ProxyHandler"/> is registered already, or later, is used instead of this library's own.
    /// </summary>
    /// <param name="services">The application's services.</param>
    /// <param name="configure">Sets the options; they are validated when the host starts.</param>
    /// <returns>The services, for the next call.</returns>
    /// <exception cref="ArgumentNullException">The services or <paramref name="configure"/> is null.</exception>
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
        services.TryAddSingleton(provider => new SocketConnectionFactory(Options(provider).Upstream, Time(provider), dialer: provider.GetService<IBackendDialer>()));
        services.TryAddSingleton<IConnectionFactory>(provider => provider.GetRequiredService<SocketConnectionFactory>());
        services.TryAddSingleton<IBackendClient>(provider => provider.GetRequiredService<SocketConnectionFactory>());
        services.TryAddSingleton<IHealthChecker>(provider => Composition.Checker(provider.GetRequiredService<IBackendClient>(), Options(provider)));
        services.TryAddSingleton<IHealthMonitor>(provider => Composition.Monitor(provider.GetRequiredService<IHealthChecker>(), Options(provider), Time(provider), Loggers(provider)));
        services.TryAddSingleton<IBackendPool>(CreatePool);
        services.TryAddSingleton(provider => new CacheMemory(Options(provider).Cache.SizeBytes));
        services.TryAddSingleton<IResponseCache>(provider => new MemoryResponseCache(provider.GetRequiredService<CacheMemory>(), Time(provider)));
        services.TryAddSingleton(CreateCache);
        services.TryAddSingleton<ICachePurge>(provider => provider.GetRequiredService<CachingHandler>());
        services.TryAddSingleton<ProxyHandler>(CreateChain);
        services.TryAddSingleton(CreateServer);
        services.TryAddSingleton(static provider => CreateReload(provider, Microsoft.Extensions.Options.Options.DefaultName, Options(provider), provider.GetRequiredService<IBackendPool>()));
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IHostedService, GoAroundService>());
        return services;
    }

    /// <summary>
    /// Adds a balancer without a listener under a name: the keyed service <see cref="Balancer"/>, started with the host. There may be many. Of the types of
    /// <see cref="BalancerParts"/> those are used instead of this library's own that are registered under the same key; clock, loggers and meters are the application's.
    /// An HttpClient sends over it by <c>AddHttpClient("orders").ConfigurePrimaryHttpMessageHandler(services => new BalancingHttpHandler(services.GetRequiredKeyedService&lt;Balancer&gt;("orders")))</c>.
    /// </summary>
    /// <param name="services">The application's services.</param>
    /// <param name="name">The key; also the name of its options, and the meter's tag <c>goaround.pool</c>.</param>
    /// <param name="configure">Sets the options; they are validated when the host starts.</param>
    /// <returns>The services, for the next call.</returns>
    /// <exception cref="ArgumentNullException">The services, the name or <paramref name="configure"/> is null.</exception>
    /// <exception cref="ArgumentException">The name is empty.</exception>
    /// <exception cref="OptionsValidationException">Thrown by the host's start: the message names each wrong option.</exception>
    public static IServiceCollection AddGoAroundPool(this IServiceCollection services, string name, Action<GoAroundOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(configure);
        services.Configure(name, configure);
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<GoAroundOptions>, GoAroundOptionsValidator>());
        services.TryAddKeyedSingleton(name, static (provider, key) => CreateBalancer(provider, (string)key!)); // registered under a string
        services.TryAddKeyedSingleton(name, static (provider, key) => CreateReload(provider, provider.GetRequiredKeyedService<Balancer>(key), (string)key!)); // registered under a string
        services.AddSingleton<IHostedService>(provider => new BalancerService(
            provider.GetRequiredKeyedService<Balancer>(name), provider.GetRequiredKeyedService<OptionsReload>(name), provider.GetService<IHostApplicationLifetime>()));
        return services;
    }

    private static Balancer CreateBalancer(IServiceProvider provider, string name) => new(
        provider.GetRequiredService<IOptionsFactory<GoAroundOptions>>().Create(name),
        new BalancerParts
        {
            Name = name,
            Time = provider.GetService<TimeProvider>(),
            Random = provider.GetKeyedService<Random>(name),
            Loggers = provider.GetService<ILoggerFactory>(),
            Meters = provider.GetService<IMeterFactory>(),
            Events = provider.GetKeyedService<ProxyEvents>(name),
            Dialer = provider.GetKeyedService<IBackendDialer>(name),
            Connections = provider.GetKeyedService<IConnectionFactory>(name),
            Client = provider.GetKeyedService<IBackendClient>(name),
            HealthChecker = provider.GetKeyedService<IHealthChecker>(name),
            HealthMonitor = provider.GetKeyedService<IHealthMonitor>(name),
            Selection = provider.GetKeyedService<SelectionPolicy>(name),
            Cache = provider.GetKeyedService<IResponseCache>(name),
            Services = provider,
        });

    private static OptionsReload CreateReload(IServiceProvider provider, Balancer balancer, string name) => CreateReload(provider, name, balancer.Options, balancer.Pool);

    private static OptionsReload CreateReload(IServiceProvider provider, string name, GoAroundOptions options, IBackendPool pool) => new(
        name,
        options,
        pool,
        provider.GetRequiredService<IOptionsFactory<GoAroundOptions>>(),
        provider.GetServices<IOptionsChangeTokenSource<GoAroundOptions>>(),
        provider.GetService<TimeProvider>() ?? TimeProvider.System,
        Loggers(provider).CreateLogger<OptionsReload>());

    private static GoAroundOptions Options(IServiceProvider provider) => provider.GetRequiredService<IOptions<GoAroundOptions>>().Value;

    private static ProxyEvents Events(IServiceProvider provider) => Composition.Events(provider.GetRequiredService<ProxyEvents>(), Loggers(provider));

    private static TimeProvider Time(IServiceProvider provider) => provider.GetRequiredService<TimeProvider>();

    private static ILoggerFactory Loggers(IServiceProvider provider) => provider.GetService<ILoggerFactory>() ?? NullLoggerFactory.Instance;

    private static BackendPool CreatePool(IServiceProvider provider) => Composition.Pool(
        provider.GetRequiredService<IConnectionFactory>(),
        provider.GetRequiredService<IHealthMonitor>(),
        provider.GetService<SelectionPolicy>(),
        Events(provider),
        Options(provider),
        Time(provider),
        Loggers(provider));

    private static CachingHandler CreateCache(IServiceProvider provider) => Composition.Cache(
        provider.GetRequiredService<IBackendPool>(),
        provider.GetRequiredService<IResponseCache>(),
        provider.GetRequiredService<CacheMemory>(),
        Events(provider),
        Options(provider),
        Time(provider),
        Loggers(provider));

    private static TracingHandler CreateChain(IServiceProvider provider) => Composition.Chain(
        Options(provider).Cache.IsEnabled ? provider.GetRequiredService<CachingHandler>() : Composition.PoolStep(provider.GetRequiredService<IBackendPool>()),
        Options(provider),
        provider);

    private static ProxyServer CreateServer(IServiceProvider provider) => new(
        Options(provider).Server,
        provider.GetRequiredService<ProxyHandler>(),
        Time(provider),
        Loggers(provider),
        Events(provider));
}

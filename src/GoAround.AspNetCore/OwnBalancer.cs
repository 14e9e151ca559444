using System;
using System.Diagnostics.Metrics;
using System.Threading;
using GoAround.Core.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace GoAround.AspNetCore;

/// <summary>Makes the balancers that a mount has for itself.</summary>
internal static class OwnBalancer
{
    /// <summary>Makes one that starts when the application has started, and ends when it has stopped.</summary>
    /// <param name="services">The application's.</param>
    /// <param name="name">In the meter's tag, and in messages; null: none.</param>
    /// <param name="configure">Sets the options.</param>
    /// <exception cref="Microsoft.Extensions.Options.OptionsValidationException">An option is out of its range.</exception>
    public static Balancer Make(IServiceProvider services, string? name, Action<GoAroundOptions> configure)
    {
        GoAroundOptions options = new();
        configure(options);
        Balancer balancer = new(options, new BalancerParts
        {
            Name = name,
            Time = services.GetService<TimeProvider>(),
            Loggers = services.GetService<ILoggerFactory>(),
            Meters = services.GetService<IMeterFactory>(),
            Services = services,
        });
        IHostApplicationLifetime lifetime = services.GetRequiredService<IHostApplicationLifetime>();
        lifetime.ApplicationStarted.Register(static own => _ = ((Balancer)own!).StartAsync(CancellationToken.None), balancer); // requests wait for the same start
        lifetime.ApplicationStopped.Register(static own => End((Balancer)own!), balancer);
        return balancer;
    }

    private static void End(Balancer balancer)
    {
#pragma warning disable RS0030 // the lifetime knows no asynchronous callbacks, and whoever waits for the stop must find all ended
        balancer.DisposeAsync().AsTask().Wait();
#pragma warning restore RS0030
    }
}

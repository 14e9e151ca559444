using System;
using System.Diagnostics.Metrics;
using System.Threading;
using System.Threading.Tasks;
using GoAround.Core.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace GoAround.AspNetCore;

/// <summary>A balancer that a mount has for itself: it starts when the application has started, or with the first request, and ends when the application has stopped.</summary>
internal sealed class MountedBalancer : IDisposable
{
    private readonly Balancer _balancer;
    private readonly Forwarder _forwarder;
    private volatile bool _isStarted;

    /// <param name="services">The application's.</param>
    /// <param name="name">In the meter's tag, and in messages.</param>
    /// <param name="configure">Sets the options.</param>
    /// <param name="removePrefix">Taken off the path; null: nothing is.</param>
    /// <exception cref="Microsoft.Extensions.Options.OptionsValidationException">An option is out of its range.</exception>
    /// <exception cref="ArgumentException">The prefix is no path of whole segments.</exception>
    public MountedBalancer(IServiceProvider services, string? name, Action<GoAroundOptions> configure, string? removePrefix)
    {
        GoAroundOptions options = new();
        configure(options);
        _balancer = new Balancer(options, new BalancerParts
        {
            Name = name,
            Time = services.GetService<TimeProvider>(),
            Loggers = services.GetService<ILoggerFactory>(),
            Meters = services.GetService<IMeterFactory>(),
            Services = services,
        });
        _forwarder = new Forwarder(_balancer, removePrefix);
        IHostApplicationLifetime lifetime = services.GetRequiredService<IHostApplicationLifetime>();
        lifetime.ApplicationStarted.Register(static mounted => _ = ((MountedBalancer)mounted!).StartAsync(), this); // requests wait for the same start
        lifetime.ApplicationStopped.Register(static mounted => ((MountedBalancer)mounted!).Dispose(), this);
    }

    /// <summary>Answers a request; a <see cref="RequestDelegate"/>.</summary>
    public Task InvokeAsync(HttpContext context) => _isStarted ? _forwarder.InvokeAsync(context) : StartAndInvokeAsync(context);

    /// <summary>Ends it; when the application has stopped.</summary>
    public void Dispose()
    {
#pragma warning disable RS0030 // the lifetime knows no asynchronous callbacks, and whoever waits for the stop must find all ended
        _balancer.DisposeAsync().AsTask().Wait();
#pragma warning restore RS0030
    }

    private async Task StartAndInvokeAsync(HttpContext context)
    {
        await StartAsync().WaitAsync(context.RequestAborted).ConfigureAwait(false);
        await _forwarder.InvokeAsync(context).ConfigureAwait(false);
    }

    private async Task StartAsync()
    {
        await _balancer.StartAsync(CancellationToken.None).ConfigureAwait(false);
        _isStarted = true;
    }
}

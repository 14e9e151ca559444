using System;
using System.Collections.Generic;
using GoAround.Core.Cache;
using GoAround.Core.Health;
using GoAround.Core.Pool;
using GoAround.Core.Server;
using GoAround.Core.Upstream;
using Microsoft.Extensions.Options;

namespace GoAround.Core.Hosting;

/// <summary>Everything there is to set, by room. Not safe for concurrent use, and not to be changed once a balancer was made with it.</summary>
/// <remarks>
/// Setting a property checks nothing. Whoever makes a balancer does: the host's start, the constructor of <see cref="Balancer"/>, or what maps a route. What is out of its range, or of another
/// form than its property tells, is refused with one <see cref="OptionsValidationException"/> that names each such property with its flag, its value and what is allowed.
/// </remarks>
public sealed class GoAroundOptions
{
    private readonly List<Func<IServiceProvider, ProxyHandler, ProxyHandler>> _handlers = [];

    /// <summary>The addresses of the backends at start (<c>-b</c>), each as <see cref="Backend.Parse"/> reads it; one named twice counts once, as it is named first; default none: every request is answered 503 until the pool is given some.</summary>
    public IList<string> Backends { get; } = [];

    /// <summary>How clients are served.</summary>
    public ServerOptions Server { get; } = new();

    /// <summary>How many requests a backend carries, and how long the others wait.</summary>
    public PoolOptions Pool { get; } = new();

    /// <summary>How backends are checked.</summary>
    public HealthOptions Health { get; } = new();

    /// <summary>How backends are reached.</summary>
    public UpstreamOptions Upstream { get; } = new();

    /// <summary>The cache in front of the pool; off by default.</summary>
    public CacheOptions Cache { get; } = new();

    /// <summary>How long the server waits for the first round of checks before it opens its port (<c>-first-check-timeout</c>); a balancer without a server waits so long in its start; 0..24 days; default 2 s (GoAround's own).</summary>
    public TimeSpan FirstCheckTimeout { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>The steps between the server and the pool, outermost first.</summary>
    internal IReadOnlyList<Func<IServiceProvider, ProxyHandler, ProxyHandler>> Handlers => _handlers;

    /// <summary>Puts a step of your own before the cache and the pool; steps are entered in the order they were added.</summary>
    /// <param name="handler">Makes the step, given the application's services and the next step. Called once for each balancer that is made with these options; what it throws goes to whoever makes that.</param>
    /// <returns>These options.</returns>
    /// <exception cref="ArgumentNullException">The handler is null.</exception>
    public GoAroundOptions Use(Func<IServiceProvider, ProxyHandler, ProxyHandler> handler)
    {
        ArgumentNullException.ThrowIfNull(handler);
        _handlers.Add(handler);
        return this;
    }
}

using System;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;

namespace GoAround.Core.Hosting;

/// <summary>What a <see cref="Balancer"/> is put together from; null: the library's own. What is given here stays its giver's to dispose, and must be safe for concurrent use. Default of each: null.</summary>
public sealed class BalancerParts
{
    /// <summary>Tells this balancer's measurements from those of others in the process, as the meter's tag <c>goaround.pool</c>; null: no tag.</summary>
    public string? Name { get; init; }

    /// <summary>The clock of every deadline and age; default the system's.</summary>
    public TimeProvider? Time { get; init; }

    /// <summary>Spreads the checks of backends that are down; default <see cref="System.Random.Shared"/>. Not used where <see cref="HealthMonitor"/> is given.</summary>
    public Random? Random { get; init; }

    /// <summary>Where the log goes; default nowhere.</summary>
    public ILoggerFactory? Loggers { get; init; }

    /// <summary>Owns the meter; default the balancer. Not used where <see cref="Events"/> is given.</summary>
    public IMeterFactory? Meters { get; init; }

    /// <summary>Told what happens; default a <see cref="Observability.GoAroundMeter"/>.</summary>
    public ProxyEvents? Events { get; init; }

    /// <summary>Opens the byte stream to a backend; default TCP. Used by the library's own <see cref="Connections"/> and <see cref="Client"/> only.</summary>
    public IBackendDialer? Dialer { get; init; }

    /// <summary>Makes the connections; default HTTP/1.1 over sockets.</summary>
    public IConnectionFactory? Connections { get; init; }

    /// <summary>What the health checks ask with; default HTTP/1.1 over sockets. Not used where <see cref="HealthChecker"/> or <see cref="HealthMonitor"/> is given.</summary>
    public IBackendClient? Client { get; init; }

    /// <summary>Asks a backend once whether it is healthy; default <c>GET</c> of <see cref="Health.HealthOptions.Path"/> by <see cref="Client"/>. Not used where <see cref="HealthMonitor"/> is given.</summary>
    public IHealthChecker? HealthChecker { get; init; }

    /// <summary>Asks again and again; default by <see cref="HealthChecker"/>.</summary>
    public IHealthMonitor? HealthMonitor { get; init; }

    /// <summary>Says which backend a request goes to, as <see cref="Pool.LeastRequests"/> does; default all connections take turns.</summary>
    public SelectionPolicy? Selection { get; init; }

    /// <summary>Where the cache keeps responses, if it is on; default memory.</summary>
    public IResponseCache? Cache { get; init; }

    /// <summary>What the steps of <see cref="GoAroundOptions.Use"/> are given; default one that has nothing.</summary>
    public IServiceProvider? Services { get; init; }
}

using System;

namespace GoAround.Core.Health;

/// <summary>How backends are checked.</summary>
public sealed class HealthOptions
{
    /// <summary>The path asked for on every backend, behind its base path (<c>-health-path</c>); starts with a slash; default <c>/health</c>.</summary>
    public string Path { get; set; } = "/health";

    /// <summary>From one check of a healthy backend to the next (<c>-health-interval</c>); 100 ms..1 h; default 10 s.</summary>
    public TimeSpan Interval { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a check may take (<c>-health-timeout</c>); above zero, at most one hour; default 5 s (Caddy, Traefik).</summary>
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>From one check of a backend that is down to the next, give or take a quarter (<c>-health-down-interval</c>); 10 ms..1 h, and never more than <see cref="Interval"/> is waited; default 1 s.</summary>
    public TimeSpan DownInterval { get; set; } = TimeSpan.FromSeconds(1);
}

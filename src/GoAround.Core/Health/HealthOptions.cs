using System;

namespace GoAround.Core.Health;

/// <summary>How backends are checked. What is out of range is refused as <see cref="Hosting.GoAroundOptions"/> says.</summary>
public sealed class HealthOptions
{
    /// <summary>The path asked for on every backend, behind its base path (<c>-health-path</c>), with a query if need be; printable ASCII that starts with a slash and has no space and no <c>#</c>; default <c>/health</c> (GoAround's own).</summary>
    public string Path { get; set; } = "/health";

    /// <summary>From the end of one check of a healthy backend to the next (<c>-health-interval</c>); 100 ms..1 h; default 10 s (GoAround's own).</summary>
    public TimeSpan Interval { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a check may take, else the backend is unhealthy (<c>-health-timeout</c>); 1 ms..1 h; default 5 s (Caddy, Traefik).</summary>
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>From the end of one check of a backend that is down to the next, give or take a quarter (<c>-health-down-interval</c>), and never more than <see cref="Interval"/>; 10 ms..1 h; default 1 s (GoAround's own).</summary>
    public TimeSpan DownInterval { get; set; } = TimeSpan.FromSeconds(1);
}

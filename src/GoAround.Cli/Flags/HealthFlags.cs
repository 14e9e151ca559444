using System;
using System.Linq;

namespace GoAround.Cli.Flags;

/// <summary>How backends are checked.</summary>
internal static class HealthFlags
{
    private static readonly TimeSpan AnHour = TimeSpan.FromHours(1);

    public static FlagGroup Group { get; } = new("Health",
    [
        OptionFlag.Word("health-path", "PATH", "a path that starts with a slash and has no spaces", ReadPath, o => o.Health.Path, (o, path) => o.Health.Path = path, "GoAround's own",
            "Asked for on every backend to see whether it is healthy."),
        OptionFlag.Duration("health-interval", TimeSpan.FromMilliseconds(100), AnHour, o => o.Health.Interval, (o, time) => o.Health.Interval = time, "GoAround's own",
            "From one check of a healthy backend to the next."),
        OptionFlag.Duration("health-down-interval", TimeSpan.FromMilliseconds(10), AnHour, o => o.Health.DownInterval, (o, time) => o.Health.DownInterval = time, "GoAround's own",
            "From one check of a backend that is down to the next, give or take a quarter; -health-interval, where that is shorter."),
        OptionFlag.Duration("health-timeout", TimeSpan.FromMilliseconds(1), AnHour, o => o.Health.Timeout, (o, time) => o.Health.Timeout = time, "Caddy, Traefik",
            "How long a check may take; then the backend is down."),
        OptionFlag.Duration("first-check-timeout", TimeSpan.Zero, OptionFlag.Longest, o => o.FirstCheckTimeout, (o, time) => o.FirstCheckTimeout = time, "GoAround's own",
            "How long the port stays closed at the start for the first round of checks."),
    ]);

    private static string? ReadPath(string path) => path.StartsWith('/') && path.All(static c => c is > ' ' and < '\x7f' and not '#') ? path : null;
}

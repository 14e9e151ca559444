using Prometheus;

namespace GoAround.Cli.Metrics;

/// <summary>The upper bounds of histograms.</summary>
internal static class Buckets
{
    /// <summary>Seconds: OpenTelemetry's advice for HTTP, and two steps below it, where a balancer's own time lies.</summary>
    public static HistogramConfiguration OfDurations() =>
        new() { Buckets = [.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10] };

    /// <summary>Connections tried.</summary>
    public static HistogramConfiguration OfAttempts() => new() { Buckets = [0, 1, 2, 3, 4, 8, 16] };

    /// <summary>Seconds: from what is just stored to a week.</summary>
    public static HistogramConfiguration OfAges() => new() { Buckets = [1, 5, 15, 60, 300, 900, 3600, 14_400, 86_400, 604_800] };
}

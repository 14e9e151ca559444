using System.Collections.Generic;
using Prometheus;

namespace GoAround.Cli.Metrics;

/// <summary>The series of one backend.</summary>
internal sealed class BackendSeries(
    Counter.Child requests,
    Histogram.Child duration,
    IReadOnlyDictionary<string, Counter.Child> failures,
    Gauge.Child up,
    Gauge.Child draining,
    Gauge.Child weight,
    Gauge.Child limit,
    Gauge.Child inFlight,
    Gauge.Child idle,
    Gauge.Child active)
{
    public Counter.Child Requests => requests;

    public Histogram.Child Duration => duration;

    /// <summary>By stage.</summary>
    public IReadOnlyDictionary<string, Counter.Child> Failures => failures;

    public Gauge.Child Up => up;

    public Gauge.Child Draining => draining;

    public Gauge.Child Weight => weight;

    public Gauge.Child Limit => limit;

    public Gauge.Child InFlight => inFlight;

    public Gauge.Child Idle => idle;

    public Gauge.Child Active => active;
}

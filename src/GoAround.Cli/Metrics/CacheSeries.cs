using System;
using System.Collections.Generic;
using System.Linq;
using GoAround.Core.Observability;
using Prometheus;

namespace GoAround.Cli.Metrics;

/// <summary>The series of the cache; all zero while there is none.</summary>
internal sealed class CacheSeries
{
    private static readonly string[] Results = ["hit", "miss", "stale", "revalidated", "coalesced", "bypass"];
    private static readonly string[] Reasons =
        ["method", "request", "request_no_store", "authorization", "forbidden", "status", "no_freshness", "vary", "size", "tags"];

    private readonly Dictionary<string, Counter.Child> _results;
    private readonly Dictionary<string, Counter.Child> _bypasses;
    private readonly Histogram _age;
    private readonly Gauge _responses;
    private readonly Gauge _bytes;
    private readonly Gauge _capacity;
    private readonly Counter _evictions;

    public CacheSeries(IMetricFactory metrics)
    {
        Counter results = metrics.CreateCounter("goaround_cache_results_total", "Requests the cache has decided about, by result.", ["result"]);
        Counter bypasses = metrics.CreateCounter(
            "goaround_cache_bypasses_total", "Requests that went past the cache, or whose answer was not stored, by reason.", ["reason"]);
        _results = Results.ToDictionary(static result => result, result => results.WithLabels(result), StringComparer.Ordinal);
        _bypasses = Reasons.ToDictionary(static reason => reason, reason => bypasses.WithLabels(reason), StringComparer.Ordinal);
        _age = metrics.CreateHistogram("goaround_cache_age_seconds", "Age of the stored responses that were sent.", Buckets.OfAges());
        _responses = metrics.CreateGauge("goaround_cache_responses", "Responses stored.");
        _bytes = metrics.CreateGauge("goaround_cache_bytes", "Bytes stored: bodies, heads and keys.");
        _capacity = metrics.CreateGauge("goaround_cache_capacity_bytes", "Bytes that may be stored.");
        _evictions = metrics.CreateCounter("goaround_cache_evictions_total", "Responses removed to make room.");
    }

    /// <summary>Who takes the measurements of an instrument; null where it is none of these.</summary>
    public Recorder? Find(string instrument) => instrument switch
    {
        InstrumentNames.CacheResults => (value, tags) => SetTo(_results, MeasurementTags.Text(tags, TagNames.CacheResult), value),
        InstrumentNames.CacheBypasses => (value, tags) => SetTo(_bypasses, MeasurementTags.Text(tags, TagNames.Reason), value),
        InstrumentNames.CacheAge => (value, _) => _age.Observe(value),
        InstrumentNames.CacheResponses => (value, _) => _responses.Set(value),
        InstrumentNames.CacheBytes => (value, _) => _bytes.Set(value),
        InstrumentNames.CacheCapacity => (value, _) => _capacity.Set(value),
        InstrumentNames.CacheEvictions => (value, _) => _evictions.IncTo(value),
        _ => null,
    };

    private static void SetTo(Dictionary<string, Counter.Child> series, string label, double value)
    {
        if (series.TryGetValue(label, out Counter.Child? child))
        {
            child.IncTo(value);
        }
    }
}

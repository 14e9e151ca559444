using System;
using System.Collections.Generic;
using System.Diagnostics.Metrics;
using System.Threading;

namespace GoAround.Core.Observability;

/// <summary>What the cache does and holds. Counters are fields that are read when somebody collects: a hit costs one addition, and its age where somebody listens.</summary>
internal sealed class CacheInstruments
{
    private static readonly CacheOutcome[] Outcomes = Enum.GetValues<CacheOutcome>();
    private static readonly CacheBypass[] Reasons = Enum.GetValues<CacheBypass>();
    private static readonly KeyValuePair<string, object?>[] ResultTags = Array.ConvertAll(Outcomes, static outcome => Tag(TagNames.CacheResult, TagValues.Result(outcome)));
    private static readonly KeyValuePair<string, object?>[] ReasonTags = Array.ConvertAll(Reasons, static reason => Tag(TagNames.Reason, TagValues.Reason(reason)));

    private readonly long[] _results = new long[Outcomes.Length];
    private readonly long[] _bypasses = new long[Reasons.Length];
    private readonly Histogram<double> _age;

    public CacheInstruments(Meter meter)
    {
        _age = meter.CreateHistogram<double>(InstrumentNames.CacheAge, "s", "Age of the stored responses that were sent.");
        meter.CreateObservableCounter(InstrumentNames.CacheResults, () => Read(_results, ResultTags, 0), "{request}", "Requests the cache has decided about, by result.");
        meter.CreateObservableCounter(
            InstrumentNames.CacheBypasses, () => Read(_bypasses, ReasonTags, 1), "{request}", "Requests that went past the cache, or whose answer was not stored, by reason.");
        meter.CreateObservableUpDownCounter(InstrumentNames.CacheResponses, () => Usage.Responses, "{response}", "Responses stored.");
        meter.CreateObservableUpDownCounter(InstrumentNames.CacheBytes, () => Usage.Bytes, "By", "Bytes stored: bodies, heads and keys.");
        meter.CreateObservableGauge(InstrumentNames.CacheCapacity, () => Usage.CapacityBytes, "By", "Bytes that may be stored.");
        meter.CreateObservableCounter(InstrumentNames.CacheEvictions, () => Usage.Evictions, "{response}", "Responses removed to make room.");
    }

    /// <summary>The store that is measured; null while there is none.</summary>
    public IResponseCache? Store { get; set; }

    public CacheCounts Counts => new(
        Of(CacheOutcome.Hit), Of(CacheOutcome.Miss), Of(CacheOutcome.Stale), Of(CacheOutcome.Revalidated), Of(CacheOutcome.Coalesced), Of(CacheOutcome.Bypass));

    private CacheUsage Usage => Store?.Usage ?? default;

    public void Count(CacheOutcome outcome, CacheBypass bypass, TimeSpan age)
    {
        Interlocked.Increment(ref _results[(int)outcome]);
        if (bypass != CacheBypass.None)
        {
            Interlocked.Increment(ref _bypasses[(int)bypass]);
        }

        if (outcome is CacheOutcome.Hit or CacheOutcome.Stale)
        {
            _age.Record(age.TotalSeconds);
        }
    }

    private static KeyValuePair<string, object?> Tag(string name, string value) => new(name, value);

    private static Measurement<long>[] Read(long[] counts, KeyValuePair<string, object?>[] tags, int first)
    {
        Measurement<long>[] measurements = new Measurement<long>[counts.Length - first];
        for (int i = 0; i < measurements.Length; i++)
        {
            measurements[i] = new(Volatile.Read(ref counts[first + i]), tags[first + i]);
        }

        return measurements;
    }

    private long Of(CacheOutcome outcome) => Volatile.Read(ref _results[(int)outcome]);
}

using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using GoAround.Core;
using GoAround.Core.Observability;
using Prometheus;

namespace GoAround.Cli.Metrics;

/// <summary>
/// The series of all backends. Only backends of the pool have any: those of one that was removed go away with the next
/// scrape or the next new backend, and what it still carries is counted nowhere; so the labels stay few.
/// </summary>
internal sealed class BackendTable
{
    private const int MostSearched = 8;

    private static readonly string[] Stages = ["dial", "tls", "request", "response_head", "response_body", "stale"];

    private readonly IBackendPool _pool;
    private readonly Counter _requests;
    private readonly Counter _failures;
    private readonly Histogram _duration;
    private readonly Gauge _up;
    private readonly Gauge _draining;
    private readonly Gauge _weight;
    private readonly Gauge _limit;
    private readonly Gauge _inFlight;
    private readonly Gauge _connections;
    private readonly ConcurrentDictionary<string, BackendSeries> _series = new(StringComparer.Ordinal);
    private readonly Lock _change = new();

    // The series again, for a search by the very string that a backend has: it spares the hash of an address for each request.
    private volatile KeyValuePair<string, BackendSeries>[] _few = [];

    public BackendTable(IMetricFactory metrics, IBackendPool pool)
    {
        _pool = pool;
        _up = metrics.CreateGauge("goaround_backend_up", "1 for a healthy backend, else 0.", ["backend"]);
        _draining = metrics.CreateGauge("goaround_backend_draining", "1 for a backend that drains, else 0.", ["backend"]);
        _weight = metrics.CreateGauge("goaround_backend_weight", "The weight of a backend.", ["backend"]);
        _limit = metrics.CreateGauge("goaround_backend_limit", "Requests a backend may carry at once, by its weight and its slow start; 0 where it takes none.", ["backend"]);
        _inFlight = metrics.CreateGauge("goaround_backend_in_flight", "Requests a backend carries.", ["backend"]);
        _requests = metrics.CreateCounter("goaround_backend_requests_total", "Requests sent to a backend, retries and failures included.", ["backend"]);
        _failures = metrics.CreateCounter(
            "goaround_backend_failures_total",
            "Requests a backend failed, by how far they had come; stale is a kept connection that the backend had closed.",
            ["backend", "stage"]);
        _duration = metrics.CreateHistogram(
            "goaround_backend_request_duration_seconds",
            "From sending a request to the head of the response, or to the failure.",
            ["backend"],
            Buckets.OfDurations());
        _connections = metrics.CreateGauge("goaround_backend_connections", "Open connections to a backend, by state.", ["backend", "state"]);
    }

    /// <summary>Who takes the measurements of an instrument; null where it is none of these.</summary>
    public Recorder? Find(string instrument) => instrument switch
    {
        InstrumentNames.ClientRequestDuration => RecordAttempt,
        InstrumentNames.BackendFailures => RecordFailure,
        InstrumentNames.BackendUp => (value, tags) => SeriesOf(tags)?.Up.Set(value),
        InstrumentNames.BackendDraining => (value, tags) => SeriesOf(tags)?.Draining.Set(value),
        InstrumentNames.BackendWeight => (value, tags) => SeriesOf(tags)?.Weight.Set(value),
        InstrumentNames.BackendLimit => (value, tags) => SeriesOf(tags)?.Limit.Set(value),
        InstrumentNames.ClientActiveRequests => (value, tags) => SeriesOf(tags)?.InFlight.Set(value),
        InstrumentNames.ClientOpenConnections => RecordConnections,
        _ => null,
    };

    /// <summary>Removes the series of backends that are no longer in the pool.</summary>
    public void Prune()
    {
        lock (_change)
        {
            HashSet<string> live = [.. _pool.Backends.Select(static backend => backend.Address)];
            foreach (string address in _series.Keys)
            {
                if (!live.Contains(address))
                {
                    Remove(address);
                }
            }
        }
    }

    private void RecordAttempt(double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        if (SeriesOf(tags) is { } series)
        {
            series.Requests.Inc();
            series.Duration.Observe(value);
        }
    }

    private void RecordFailure(double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        if (SeriesOf(tags)?.Failures.TryGetValue(MeasurementTags.Text(tags, TagNames.Stage), out Counter.Child? failures) is true)
        {
            failures.Inc(value);
        }
    }

    private void RecordConnections(double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        if (SeriesOf(tags) is { } series)
        {
            (MeasurementTags.Text(tags, TagNames.ConnectionState) == "idle" ? series.Idle : series.Active).Set(value);
        }
    }

    private BackendSeries? SeriesOf(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        string address = MeasurementTags.Text(tags, TagNames.Backend);
        foreach (ref readonly KeyValuePair<string, BackendSeries> one in _few.AsSpan())
        {
            if (ReferenceEquals(one.Key, address))
            {
                return one.Value;
            }
        }

        return _series.TryGetValue(address, out BackendSeries? series) ? series : Add(address);
    }

    private BackendSeries? Add(string address)
    {
        if (!_pool.Backends.Any(backend => backend.Address == address))
        {
            return null;
        }

        Prune();
        lock (_change)
        {
            BackendSeries series = _series.GetOrAdd(address, Make);
            _few = [.. _series.Take(MostSearched)];
            return series;
        }
    }

    private BackendSeries Make(string address) => new(
        _requests.WithLabels(address),
        _duration.WithLabels(address),
        Stages.ToDictionary(static stage => stage, stage => _failures.WithLabels(address, stage), StringComparer.Ordinal),
        _up.WithLabels(address),
        _draining.WithLabels(address),
        _weight.WithLabels(address),
        _limit.WithLabels(address),
        _inFlight.WithLabels(address),
        _connections.WithLabels(address, "idle"),
        _connections.WithLabels(address, "active"));

    private void Remove(string address)
    {
        _series.TryRemove(address, out _);
        _few = [.. _series.Take(MostSearched)];
        _requests.RemoveLabelled(address);
        _duration.RemoveLabelled(address);
        foreach (string stage in Stages)
        {
            _failures.RemoveLabelled(address, stage);
        }

        _up.RemoveLabelled(address);
        _draining.RemoveLabelled(address);
        _weight.RemoveLabelled(address);
        _limit.RemoveLabelled(address);
        _inFlight.RemoveLabelled(address);
        _connections.RemoveLabelled(address, "idle");
        _connections.RemoveLabelled(address, "active");
    }
}

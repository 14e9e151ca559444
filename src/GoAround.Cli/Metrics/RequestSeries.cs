using System;
using System.Collections.Generic;
using GoAround.Core;
using GoAround.Core.Observability;
using Prometheus;

namespace GoAround.Cli.Metrics;

/// <summary>The series of the balancer as a whole: no label of theirs has more than a handful of values.</summary>
internal sealed class RequestSeries
{
    private static readonly string[] Classes = ["1xx", "2xx", "3xx", "4xx", "5xx"];

    private readonly Dictionary<string, Counter.Child> _errors = [];
    private readonly Counter.Child[] _requests = new Counter.Child[Classes.Length];
    private readonly Histogram _duration;
    private readonly Histogram _queueWait;
    private readonly Histogram _attempts;
    private readonly Counter _retries;
    private readonly Counter.Child _handshakesSucceeded;
    private readonly Counter.Child _handshakesFailed;
    private readonly Gauge _inFlight;
    private readonly Gauge _queueLength;
    private readonly Gauge _clientConnections;
    private readonly Counter.Child _refusedConnections;

    public RequestSeries(IMetricFactory metrics)
    {
        Counter requests = metrics.CreateCounter("goaround_requests_total", "Requests of clients, by status class; 4xx counts clients that left too.", ["code"]);
        for (int i = 0; i < Classes.Length; i++)
        {
            _requests[i] = requests.WithLabels(Classes[i]);
        }

        Counter errors = metrics.CreateCounter("goaround_errors_total", "Errors answered by the balancer itself, responses it cut, and clients that left, by cause (RFC 9209).", ["cause"]);
        foreach (ProxyError cause in Enum.GetValues<ProxyError>())
        {
            if (cause != ProxyError.None)
            {
                _errors[cause.Name()] = errors.WithLabels(cause.Name());
            }
        }

        _duration = metrics.CreateHistogram(
            "goaround_request_duration_seconds", "From a request's complete head to the last byte of its response.", Buckets.OfDurations());
        _inFlight = metrics.CreateGauge("goaround_requests_in_flight", "Requests of clients that are being answered.");
        _queueLength = metrics.CreateGauge("goaround_queue_length", "Requests that wait for a connection to a backend.");
        _queueWait = metrics.CreateHistogram("goaround_queue_wait_seconds", "How long requests waited for a connection to a backend.", Buckets.OfDurations());
        _attempts = metrics.CreateHistogram("goaround_fetch_attempts", "Connections tried for one request; 0 where none was available.", Buckets.OfAttempts());
        _retries = metrics.CreateCounter("goaround_retries_total", "Tries after the first one of a request.");
        Counter handshakes = metrics.CreateCounter("goaround_tls_handshakes_total", "TLS handshakes with clients, by result.", ["result"]);
        _handshakesSucceeded = handshakes.WithLabels("succeeded");
        _handshakesFailed = handshakes.WithLabels("failed");
        _clientConnections = metrics.CreateGauge("goaround_client_connections", "Connections of clients that are open.");
        _refusedConnections = metrics.CreateCounter(
            "goaround_client_connections_refused_total", "Connections of clients that were closed as soon as they were accepted, by reason.", ["reason"]).WithLabels("client_limit");
    }

    /// <summary>Who takes the measurements of an instrument; null where it is none of these.</summary>
    public Recorder? Find(string instrument) => instrument switch
    {
        InstrumentNames.ServerRequestDuration => RecordRequest,
        InstrumentNames.Errors => RecordError,
        InstrumentNames.ServerActiveRequests => (value, _) => _inFlight.Set(value),
        InstrumentNames.QueueLength => (value, _) => _queueLength.Set(value),
        InstrumentNames.QueueDuration => (value, _) => _queueWait.Observe(value),
        InstrumentNames.FetchAttempts => (value, _) => _attempts.Observe(value),
        InstrumentNames.Retries => (value, _) => _retries.Inc(value),
        InstrumentNames.TlsHandshakes => RecordHandshake,
        InstrumentNames.ClientConnections => (value, _) => _clientConnections.Set(value),
        InstrumentNames.RefusedClientConnections => (value, _) => _refusedConnections.Inc(value),
        _ => null,
    };

    private void RecordRequest(double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        int status = MeasurementTags.Number(tags, TagNames.StatusCode);
        _requests[Math.Clamp((status / 100) - 1, 0, Classes.Length - 1)].Inc();
        _duration.Observe(value);
    }

    private void RecordError(double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        if (_errors.TryGetValue(MeasurementTags.Text(tags, TagNames.ErrorType), out Counter.Child? errors))
        {
            errors.Inc(value);
        }
    }

    private void RecordHandshake(double value, ReadOnlySpan<KeyValuePair<string, object?>> tags) =>
        (MeasurementTags.Text(tags, TagNames.Outcome) == "succeeded" ? _handshakesSucceeded : _handshakesFailed).Inc(value);
}

using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Threading;

namespace GoAround.Core.Observability;

/// <summary>
/// Counts what happens in the balancer with <see cref="System.Diagnostics.Metrics"/>, under the meter named
/// <see cref="MeterName"/>. Recording allocates nothing, and costs a field read where nobody listens. Safe for concurrent use.
/// </summary>
public sealed class GoAroundMeter : ProxyEvents, IDisposable
{
    /// <summary>The name listeners and exporters ask for.</summary>
    public const string MeterName = "GoAround";

    private static readonly KeyValuePair<string, object?> Served = new(TagNames.Outcome, "served");
    private static readonly KeyValuePair<string, object?> Refused = new(TagNames.Outcome, "refused");
    private static readonly KeyValuePair<string, object?> Succeeded = new(TagNames.Outcome, "succeeded");
    private static readonly KeyValuePair<string, object?> Failed = new(TagNames.Outcome, "failed");

    private static readonly KeyValuePair<string, object?> TooManyOfClient = new(TagNames.Reason, "client_limit");

    private readonly Histogram<double> _serverDuration;
    private readonly Histogram<double> _clientDuration;
    private readonly Histogram<double> _queueDuration;
    private readonly Histogram<int> _fetchAttempts;
    private readonly Counter<int> _failures;
    private readonly Counter<int> _errors;
    private readonly Counter<int> _retries;
    private readonly Counter<int> _handshakes;
    private readonly Counter<int> _refusedConnections;

    private readonly CacheInstruments _cache;
    private BackendGauges? _gauges;
    private int _activeRequests;
    private int _clientConnections;

    /// <summary>Makes the instruments.</summary>
    /// <param name="meters">Owns the meter, as in a host; null: this object does.</param>
    /// <param name="pool">Tells one balancer's measurements from another's, as the meter's tag <c>goaround.pool</c>; null: no tag.</param>
    public GoAroundMeter(IMeterFactory? meters = null, string? pool = null)
    {
        MeterOptions options = new(MeterName)
        {
            Version = typeof(GoAroundMeter).Assembly.GetName().Version?.ToString(3),
            Tags = pool is null ? null : [new(TagNames.Pool, pool)],
        };
        Meter = meters?.Create(options) ?? new Meter(options);
        _serverDuration = Meter.CreateHistogram<double>(InstrumentNames.ServerRequestDuration, "s", "Duration of HTTP server requests.");
        _clientDuration = Meter.CreateHistogram<double>(InstrumentNames.ClientRequestDuration, "s", "Duration of HTTP client requests.");
        _queueDuration = Meter.CreateHistogram<double>(InstrumentNames.QueueDuration, "s", "How long requests waited for a connection.");
        _fetchAttempts = Meter.CreateHistogram<int>(InstrumentNames.FetchAttempts, "{attempt}", "Connections tried for one request.");
        _failures = Meter.CreateCounter<int>(InstrumentNames.BackendFailures, "{failure}", "Tries with a backend that failed.");
        _errors = Meter.CreateCounter<int>(InstrumentNames.Errors, "{error}", "Requests that were not answered as they should be, by cause.");
        _retries = Meter.CreateCounter<int>(InstrumentNames.Retries, "{retry}", "Tries after the first one of a request.");
        _handshakes = Meter.CreateCounter<int>(InstrumentNames.TlsHandshakes, "{handshake}", "TLS handshakes with clients.");
        _refusedConnections = Meter.CreateCounter<int>(
            InstrumentNames.RefusedClientConnections, "{connection}", "Client connections closed as soon as they were accepted.");
        Meter.CreateObservableUpDownCounter(
            InstrumentNames.ServerActiveRequests, () => Volatile.Read(ref _activeRequests), "{request}", "Client requests in flight.");
        Meter.CreateObservableUpDownCounter(
            InstrumentNames.ClientConnections, () => Volatile.Read(ref _clientConnections), "{connection}", "Client connections.");
        Meter.CreateObservableUpDownCounter(
            InstrumentNames.QueueLength, () => _gauges?.QueueLength ?? 0, "{request}", "Requests that wait for a connection.");
        Meter.CreateObservableGauge(
            InstrumentNames.BackendUp, () => _gauges?.Up() ?? [], "1", "1 for a healthy backend, else 0.");
        Meter.CreateObservableGauge(
            InstrumentNames.BackendDraining, () => _gauges?.Draining() ?? [], "1", "1 for a backend that drains, else 0.");
        Meter.CreateObservableGauge(
            InstrumentNames.BackendWeight, () => _gauges?.Weight() ?? [], "1", "The weight of a backend.");
        Meter.CreateObservableGauge(
            InstrumentNames.BackendLimit, () => _gauges?.Limit() ?? [], "{request}", "Requests a backend may carry at once.");
        Meter.CreateObservableUpDownCounter(
            InstrumentNames.ClientActiveRequests, () => _gauges?.InFlight() ?? [], "{request}", "Requests a backend carries.");
        Meter.CreateObservableUpDownCounter(
            InstrumentNames.ClientOpenConnections, () => _gauges?.Sockets() ?? [], "{connection}", "Sockets to a backend.");
        _cache = new CacheInstruments(Meter);
    }

    /// <summary>The meter, for a listener that wants this balancer's and no other's.</summary>
    public Meter Meter { get; }

    /// <summary>What the cache has decided so far; all zero where there is none.</summary>
    public CacheCounts CacheCounts => _cache.Counts;

    /// <summary>Says where the gauges are read; the last word counts. After construction, because the pool itself reports to this object.</summary>
    /// <param name="pool">Asked for its status at each collection.</param>
    /// <param name="connections">Asked for the sockets of each backend.</param>
    public void Observe(IBackendPool pool, IConnectionFactory connections) => _gauges = new BackendGauges(pool, connections);

    /// <summary>Says which store the cache has; the last word counts.</summary>
    /// <param name="store">Asked for its usage at each collection.</param>
    public void Observe(IResponseCache store) => _cache.Store = store;

    /// <summary>Ends the instruments, where the meter is this object's own; a factory ends its meters itself.</summary>
    public void Dispose() => Meter.Dispose();

    /// <inheritdoc/>
    public override void ConnectionOpened() => Interlocked.Increment(ref _clientConnections);

    /// <inheritdoc/>
    public override void ConnectionClosed() => Interlocked.Decrement(ref _clientConnections);

    /// <inheritdoc/>
    public override void ConnectionRefused(ConnectionRefusal reason) => _refusedConnections.Add(1, TooManyOfClient); // there is no other reason yet

    /// <inheritdoc/>
    public override void TlsHandshakeEnded(bool succeeded) => _handshakes.Add(1, succeeded ? Succeeded : Failed);

    /// <inheritdoc/>
    public override void RequestStarted() => Interlocked.Increment(ref _activeRequests);

    /// <inheritdoc/>
    public override void RequestEnded(ProxyRequest request, int statusCode, TimeSpan elapsed)
    {
        Interlocked.Decrement(ref _activeRequests);
        if (!_serverDuration.Enabled)
        {
            return;
        }

        TagList tags = default;
        tags.Add(TagNames.StatusCode, TagValues.Status(statusCode));
        tags.Add(TagNames.Method, TagValues.Method(request.Method));
        tags.Add(TagNames.Scheme, request.Scheme);
        tags.Add(TagNames.ProtocolVersion, TagValues.Version(request.Version));
        if (statusCode >= 500)
        {
            tags.Add(TagNames.ErrorType, TagValues.StatusText(statusCode));
        }

        _serverDuration.Record(elapsed.TotalSeconds, in tags);
    }

    /// <inheritdoc/>
    public override void QueueLeft(TimeSpan waited, bool served) => _queueDuration.Record(waited.TotalSeconds, served ? Served : Refused);

    /// <inheritdoc/>
    public override void AttemptEnded(Backend backend, ProxyRequest request, int statusCode, TimeSpan elapsed, BackendException? failure)
    {
        if (_clientDuration.Enabled)
        {
            RecordAttempt(backend, request, statusCode, elapsed, failure);
        }

        if (failure is not null)
        {
            CountFailure(backend, failure);
        }
    }

    /// <inheritdoc/>
    public override void ResponseBroken(Backend backend, BackendException failure) => CountFailure(backend, failure);

    /// <inheritdoc/>
    public override void ErrorMade(ProxyError cause, int statusCode)
    {
        if (_errors.Enabled)
        {
            TagList tags = default;
            tags.Add(TagNames.ErrorType, cause.Name());
            tags.Add(TagNames.StatusCode, TagValues.Status(statusCode));
            _errors.Add(1, in tags);
        }
    }

    /// <inheritdoc/>
    public override void Fetched(int attempts)
    {
        _fetchAttempts.Record(attempts);
        if (attempts > 1)
        {
            _retries.Add(attempts - 1);
        }
    }

    /// <inheritdoc/>
    public override void CacheAnswered(ProxyRequest request, CacheOutcome outcome, CacheBypass bypass, TimeSpan age) => _cache.Count(outcome, bypass, age);

    private void RecordAttempt(Backend backend, ProxyRequest request, int statusCode, TimeSpan elapsed, BackendException? failure)
    {
        TagList tags = default;
        tags.Add(TagNames.Backend, backend.Address);
        tags.Add(TagNames.ServerAddress, backend.Host);
        tags.Add(TagNames.ServerPort, backend.PortTag);
        tags.Add(TagNames.Method, TagValues.Method(request.Method));
        if (failure is not null)
        {
            tags.Add(TagNames.ErrorType, TagValues.Error(failure.Kind));
        }
        else
        {
            tags.Add(TagNames.StatusCode, TagValues.Status(statusCode));
            if (statusCode >= 400)
            {
                tags.Add(TagNames.ErrorType, TagValues.StatusText(statusCode));
            }
        }

        _clientDuration.Record(elapsed.TotalSeconds, in tags);
    }

    private void CountFailure(Backend backend, BackendException failure)
    {
        if (!_failures.Enabled)
        {
            return;
        }

        TagList tags = default;
        tags.Add(TagNames.Backend, backend.Address);
        tags.Add(TagNames.ServerAddress, backend.Host);
        tags.Add(TagNames.ServerPort, backend.PortTag);
        tags.Add(TagNames.Stage, TagValues.Stage(failure));
        _failures.Add(1, in tags);
    }
}

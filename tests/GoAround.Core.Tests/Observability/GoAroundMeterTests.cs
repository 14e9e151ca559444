using System;
using System.Collections.Generic;
using System.Diagnostics.Metrics;
using System.Linq;
using GoAround.Core.Observability;
using GoAround.Core.Tests.Wire;
using NSubstitute;
using Xunit;

namespace GoAround.Core.Tests.Observability;

public sealed class GoAroundMeterTests : IDisposable
{
    private static readonly TimeSpan HalfSecond = TimeSpan.FromSeconds(0.5);

    private readonly GoAroundMeter _meter = new();
    private readonly MeterListener _listener = new();
    private readonly List<(string Name, double Value, Dictionary<string, object?> Tags)> _seen = [];

    [Fact]
    public void Request_is_recorded_with_its_method_status_and_duration()
    {
        Listen();
        _meter.RequestStarted();
        _meter.RequestEnded(new ProxyRequest("GET", "/"), 200, HalfSecond);

        (_, double value, Dictionary<string, object?> tags) = Single(InstrumentNames.ServerRequestDuration);
        Assert.Equal(0.5, value);
        Assert.Equal("GET", tags["http.request.method"]);
        Assert.Equal(200, tags["http.response.status_code"]);
        Assert.Equal("http", tags["url.scheme"]);
        Assert.Equal("1.1", tags["network.protocol.version"]);
        Assert.DoesNotContain("error.type", tags.Keys);
    }

    [Theory]
    [InlineData("BREW")]
    [InlineData("get")]
    public void Unknown_method_is_other_so_that_a_client_cannot_make_series(string method)
    {
        Listen();
        _meter.RequestEnded(new ProxyRequest(method, "/"), 503, HalfSecond);

        Dictionary<string, object?> tags = Single(InstrumentNames.ServerRequestDuration).Tags;
        Assert.Equal("_OTHER", tags["http.request.method"]);
        Assert.Equal("503", tags["error.type"]);
    }

    [Theory]
    [InlineData(BackendFailureStage.Dial, false, "dial")]
    [InlineData(BackendFailureStage.Tls, false, "tls")]
    [InlineData(BackendFailureStage.Request, false, "request")]
    [InlineData(BackendFailureStage.ResponseHead, false, "response_head")]
    [InlineData(BackendFailureStage.ResponseBody, false, "response_body")]
    [InlineData(BackendFailureStage.Request, true, "stale")]
    public void Failed_try_is_counted_by_stage_and_kind(BackendFailureStage stage, bool stale, string expected)
    {
        Listen();
        Backend backend = Backend.Parse("https://b.example:8443/base");
        BackendException failure = new(stage, BackendFailureKind.TimedOut, "slow") { WasStale = stale };
        _meter.AttemptEnded(backend, new ProxyRequest(), 0, HalfSecond, failure);

        Dictionary<string, object?> failed = Single(InstrumentNames.BackendFailures).Tags;
        Assert.Equal(expected, failed["goaround.failure.stage"]);
        Assert.Equal("https://b.example:8443/base", failed["goaround.backend"]);
        Dictionary<string, object?> tried = Single(InstrumentNames.ClientRequestDuration).Tags;
        Assert.Equal("b.example", tried["server.address"]);
        Assert.Equal(8443, tried["server.port"]);
        Assert.Equal("timeout", tried["error.type"]);
        Assert.DoesNotContain("http.response.status_code", tried.Keys);
    }

    [Fact]
    public void Retries_are_the_tries_after_the_first()
    {
        Listen();
        _meter.Fetched(0);
        _meter.Fetched(1);
        _meter.Fetched(3);

        Assert.Equal([0d, 1d, 3d], _seen.Where(seen => seen.Name == InstrumentNames.FetchAttempts).Select(seen => seen.Value));
        Assert.Equal(2, Single(InstrumentNames.Retries).Value);
    }

    [Fact]
    public void Error_is_counted_by_cause_and_status()
    {
        Listen();
        _meter.ErrorMade(ProxyError.ConnectionRefused, 502);

        (_, double value, Dictionary<string, object?> tags) = Single(InstrumentNames.Errors);
        Assert.Equal(1, value);
        Assert.Equal("connection_refused", tags["error.type"]);
        Assert.Equal(502, tags["http.response.status_code"]);
    }

    [Fact]
    public void Waits_and_handshakes_tell_their_outcome()
    {
        Listen();
        _meter.QueueLeft(HalfSecond, served: false);
        _meter.TlsHandshakeEnded(succeeded: true);
        _meter.ConnectionRefused(ConnectionRefusal.TooManyOfClient);

        Assert.Equal("refused", Single(InstrumentNames.QueueDuration).Tags["goaround.outcome"]);
        Assert.Equal("succeeded", Single(InstrumentNames.TlsHandshakes).Tags["goaround.outcome"]);
        Assert.Equal("client_limit", Single(InstrumentNames.RefusedClientConnections).Tags["goaround.reason"]);
    }

    [Fact]
    public void Gauges_read_the_pool_when_they_are_collected()
    {
        Backend up = Backend.Parse("http://10.0.0.1:8080");
        Backend down = Backend.Parse("http://10.0.0.2 weight=3");
        IBackendPool pool = Substitute.For<IBackendPool>();
        IConnectionFactory connections = Substitute.For<IConnectionFactory>();
        pool.Backends.Returns([up, down]);
        pool.QueueLength.Returns(7);
        pool.GetStatus().Returns(new PoolStatus([new(up, HealthState.Healthy, 3) { Limit = 8 }, new(down, HealthState.Unhealthy, 0) { IsDraining = true }]));
        connections.CountSockets(up).Returns(new SocketCount(5, 2));
        Listen();
        _meter.Observe(pool, connections);
        _meter.ConnectionOpened();
        _meter.ConnectionOpened();
        _meter.ConnectionClosed();
        _meter.RequestStarted();
        _listener.RecordObservableInstruments();

        Assert.Equal(7, Single(InstrumentNames.QueueLength).Value);
        Assert.Equal(1, Single(InstrumentNames.ClientConnections).Value);
        Assert.Equal(1, Single(InstrumentNames.ServerActiveRequests).Value);
        Assert.Equal([1d, 0d], _seen.Where(seen => seen.Name == InstrumentNames.BackendUp).Select(seen => seen.Value));
        Assert.Equal([3d, 0d], _seen.Where(seen => seen.Name == InstrumentNames.ClientActiveRequests).Select(seen => seen.Value));
        Assert.Equal([0d, 1d], _seen.Where(seen => seen.Name == InstrumentNames.BackendDraining).Select(seen => seen.Value));
        Assert.Equal([1d, 3d], _seen.Where(seen => seen.Name == InstrumentNames.BackendWeight).Select(seen => seen.Value));
        Assert.Equal([8d, 0d], _seen.Where(seen => seen.Name == InstrumentNames.BackendLimit).Select(seen => seen.Value));
        Assert.Equal(
            [("idle", 2d), ("active", 3d), ("idle", 0d), ("active", 0d)],
            _seen.Where(seen => seen.Name == InstrumentNames.ClientOpenConnections).Select(seen => ((string?)seen.Tags["http.connection.state"] ?? "", seen.Value)));
    }

    [Fact]
    public void Gauges_of_backends_are_empty_before_a_pool_is_observed()
    {
        Listen();
        _listener.RecordObservableInstruments();

        Assert.Equal(0, Single(InstrumentNames.QueueLength).Value);
        Assert.DoesNotContain(_seen, seen => seen.Name == InstrumentNames.BackendUp);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Recording_allocates_nothing(bool listened)
    {
        if (listened)
        {
            _listener.InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Meter == _meter.Meter)
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            };
            _listener.SetMeasurementEventCallback<double>(static (_, _, _, _) => { });
            _listener.SetMeasurementEventCallback<int>(static (_, _, _, _) => { });
            _listener.Start();
        }

        Backend backend = Backend.Parse("http://10.0.0.1:8080");
        ProxyRequest request = new("PATCH", "/");
        BackendException failure = new(BackendFailureStage.Dial, BackendFailureKind.Disconnected, "refused");
        Record();
        Assert.Equal(0, Allocated.Least(() =>
        {
            for (int i = 0; i < 1000; i++)
            {
                Record();
            }
        }));

        void Record()
        {
            _meter.ConnectionOpened();
            _meter.TlsHandshakeEnded(succeeded: true);
            _meter.RequestStarted();
            _meter.QueueLeft(HalfSecond, served: true);
            _meter.AttemptEnded(backend, request, 0, HalfSecond, failure);
            _meter.AttemptEnded(backend, request, 502, HalfSecond, null);
            _meter.Fetched(2);
            _meter.ErrorMade(ProxyError.ConnectionRefused, 502);
            _meter.RequestEnded(request, 502, HalfSecond);
            _meter.ConnectionClosed();
        }
    }

    [Fact]
    public void Decisions_of_the_cache_are_counted_by_result_and_reason_and_stored_answers_by_age()
    {
        Listen();
        ProxyRequest request = new("GET", "/");
        _meter.CacheAnswered(request, CacheOutcome.Hit, CacheBypass.None, HalfSecond);
        _meter.CacheAnswered(request, CacheOutcome.Miss, CacheBypass.NoFreshness, default);
        _meter.CacheAnswered(request, CacheOutcome.Bypass, CacheBypass.RequestNoStore, default);
        _listener.RecordObservableInstruments();

        Assert.Equal(new CacheCounts(1, 1, 0, 0, 0, 1), _meter.CacheCounts);
        Assert.Equal(0.5, Single(InstrumentNames.CacheAge).Value);
        Assert.Equal(["bypass 1", "coalesced 0", "hit 1", "miss 1", "revalidated 0", "stale 0"], Values(InstrumentNames.CacheResults, TagNames.CacheResult));
        Assert.Equal(["no_freshness 1", "request_no_store 1"], Values(InstrumentNames.CacheBypasses, TagNames.Reason).Where(value => !value.EndsWith(" 0", StringComparison.Ordinal)));
    }

    [Fact]
    public void Usage_of_the_store_is_read_when_somebody_collects()
    {
        Listen();
        IResponseCache store = Substitute.For<IResponseCache>();
        store.Usage.Returns(new CacheUsage(2, 300, 1000, 4));
        _listener.RecordObservableInstruments();
        Assert.Equal(0, Single(InstrumentNames.CacheBytes).Value);
        _seen.Clear();
        _meter.Observe(store);
        _listener.RecordObservableInstruments();

        Assert.Equal(2, Single(InstrumentNames.CacheResponses).Value);
        Assert.Equal(300, Single(InstrumentNames.CacheBytes).Value);
        Assert.Equal(1000, Single(InstrumentNames.CacheCapacity).Value);
        Assert.Equal(4, Single(InstrumentNames.CacheEvictions).Value);
    }

    public void Dispose()
    {
        _listener.Dispose();
        _meter.Dispose();
    }

    private void Listen()
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter == _meter.Meter)
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Keep(instrument, value, tags));
        _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Keep(instrument, value, tags));
        _listener.SetMeasurementEventCallback<int>((instrument, value, tags, _) => Keep(instrument, value, tags));
        _listener.Start();
    }

    private void Keep(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags) =>
        _seen.Add((instrument.Name, value, tags.ToArray().ToDictionary(tag => tag.Key, tag => tag.Value)));

    private string[] Values(string name, string tag) =>
        [.. _seen.Where(seen => seen.Name == name).Select(seen => FormattableString.Invariant($"{seen.Tags[tag]} {seen.Value}")).Order(StringComparer.Ordinal)];

    private (string Name, double Value, Dictionary<string, object?> Tags) Single(string name) => Assert.Single(_seen, seen => seen.Name == name);
}

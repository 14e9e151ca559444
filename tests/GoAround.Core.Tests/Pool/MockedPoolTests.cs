using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Net.Sockets;
using System.Threading;
using System.Threading.Tasks;
using GoAround.Core.Hosting;
using Microsoft.Extensions.Time.Testing;
using NSubstitute;
using Xunit;

namespace GoAround.Core.Tests.Pool;

/// <summary>A pool over nothing but mocks, in manual time, by the public contract alone: as an application tests how it uses one. Without the test kit, for mocks in its place are the point.</summary>
public sealed class MockedPoolTests : IAsyncLifetime, IAsyncDisposable
{
    private readonly IHealthMonitor _monitor = Substitute.For<IHealthMonitor>();
    private readonly IConnectionFactory _factory = Substitute.For<IConnectionFactory>();
    private readonly FakeTimeProvider _time = new();
    private readonly GoAroundOptions _options = new();
    private readonly MockedBackend _a;
    private readonly MockedBackend _b;
    private Balancer? _balancer;

    public MockedPoolTests()
    {
        _options.Pool.ConnectionsPerBackend = 2;
        _a = new MockedBackend("http://a", _monitor, _factory);
        _b = new MockedBackend("http://b", _monitor, _factory);
    }

    [Fact]
    public async Task Connections_take_turns_and_each_backend_gets_as_many_as_the_option_says()
    {
        IBackendPool pool = await OpenAsync();
        Assert.Equal(["http://a", "http://b", "http://a", "http://b"], await AskAsync(pool, 4));
        _factory.Received(2).Create(_a.Backend, _a.Health);
        _factory.Received(2).Create(_b.Backend, _b.Health);
    }

    [Fact]
    public async Task Backend_that_turns_unhealthy_gets_nothing_until_it_is_healthy_again()
    {
        IBackendPool pool = await OpenAsync();
        _a.Turn(HealthState.Unhealthy, "503");
        Assert.Equal(["http://b", "http://b", "http://b"], await AskAsync(pool, 3));
        Assert.Equal((HealthState.Unhealthy, "503", 0), (pool.GetStatus()[0].State, pool.GetStatus()[0].Reason, pool.GetStatus()[0].Limit));
        _a.Turn(HealthState.Healthy);
        Assert.Contains("http://a", await AskAsync(pool, 2));
        _a.Turn(HealthState.Unhealthy);
        _b.Turn(HealthState.Unhealthy);
        Assert.Equal(503, (await pool.FetchAsync(new ProxyRequest("GET", "/"), default)).StatusCode);
    }

    [Fact]
    public async Task Failure_is_tried_on_the_other_backend_and_reported_to_the_health_of_the_first()
    {
        IBackendPool pool = await OpenAsync();
        _a.Fail(BackendFailureStage.Dial);
        await using ProxyResponse response = await pool.FetchAsync(new ProxyRequest("POST", "/"), default);
        Assert.Equal((200, 2, _b.Backend), (response.StatusCode, response.Attempts, response.Backend));
        _a.Health.Received(1).Suspect("mocked");
        _b.Health.DidNotReceiveWithAnyArgs().Suspect(default!);
    }

    [Theory]
    [InlineData(SocketError.TooManyOpenSockets)]
    [InlineData(SocketError.NoBufferSpaceAvailable)]
    public async Task Dial_for_which_this_machine_lacks_sockets_is_no_fault_of_the_backend(SocketError error)
    {
        IBackendPool pool = await OpenAsync();
        _a.Fail(BackendFailureStage.Dial, new SocketException((int)error));
        await using ProxyResponse first = await pool.FetchAsync(new ProxyRequest("POST", "/"), default);
        Assert.Equal((200, 2), (first.StatusCode, first.Attempts));
        _a.Fail(BackendFailureStage.Dial, new IOException("a dialer's", new SocketException((int)error)));
        await AskAsync(pool, 2);
        _a.Health.DidNotReceiveWithAnyArgs().Suspect(default!);
    }

    [Fact]
    public async Task Post_that_may_have_arrived_is_not_sent_again()
    {
        IBackendPool pool = await OpenAsync();
        _a.Fail(BackendFailureStage.ResponseHead);
        await using ProxyResponse response = await pool.FetchAsync(new ProxyRequest("POST", "/"), default);
        Assert.Equal((502, 1), (response.StatusCode, response.Attempts));
    }

    [Fact]
    public async Task Requests_over_the_cap_wait_in_order_and_at_most_for_the_queue_timeout()
    {
        IBackendPool pool = await OpenAsync();
        List<ProxyResponse> held = [];
        for (int i = 0; i < 4; i++)
        {
            held.Add(await pool.FetchAsync(new ProxyRequest("GET", "/"), default));
        }

        Task<ProxyResponse> first = pool.FetchAsync(new ProxyRequest("GET", "/"), default).AsTask();
        _time.Advance(TimeSpan.FromSeconds(6));
        Task<ProxyResponse> second = pool.FetchAsync(new ProxyRequest("GET", "/"), default).AsTask();
        Assert.Equal((2, 2, 2), (pool.QueueLength, pool.GetStatus()[0].InFlight, pool.GetStatus()[1].InFlight));
        await held[0].DisposeAsync();
        held[0] = await first;
        Assert.Equal(200, held[0].StatusCode);
        _time.Advance(_options.Pool.QueueTimeout - TimeSpan.FromSeconds(1));
        Assert.False(second.IsCompleted);
        _time.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(503, (await second).StatusCode);
        foreach (ProxyResponse response in held)
        {
            await response.DisposeAsync();
        }
    }

    [Fact]
    public async Task Replacement_ends_the_subscription_of_who_goes_and_retires_its_sockets()
    {
        IBackendPool pool = await OpenAsync();
        BackendChange change = await pool.ReplaceAsync([_b.Backend], default);
        Assert.Equal(new BackendChange(1, 0, 1), change);
        _factory.Received(1).Retire(_a.Backend);
        await _a.Health.Received(1).DisposeAsync();
        await _b.Health.DidNotReceive().DisposeAsync();
        Assert.Equal(["http://b", "http://b"], await AskAsync(pool, 2));
    }

    [Fact]
    public async Task Weight_takes_effect_on_the_connections_there_are()
    {
        _options.Pool.ConnectionsPerBackend = 4;
        IBackendPool pool = await OpenAsync();
        await pool.ReplaceAsync([_a.Backend.WithWeight(3), _b.Backend], default);
        List<string> answers = await AskAsync(pool, 50);
        Assert.Equal(40, answers.Count(address => address == "http://a")); // four connections of five
        _factory.Received(4).Create(_a.Backend, _a.Health);
        _factory.DidNotReceiveWithAnyArgs().Retire(default!);
    }

    [Fact]
    public async Task Share_of_a_backend_that_is_back_rises_with_time()
    {
        _options.Pool.ConnectionsPerBackend = 10;
        _options.Pool.SlowStart = TimeSpan.FromSeconds(10);
        IBackendPool pool = await OpenAsync();
        _a.Turn(HealthState.Unhealthy);
        _a.Turn(HealthState.Healthy);
        List<int> limits = [];
        for (int second = 0; second <= 10; second++)
        {
            limits.Add(pool.GetStatus()[0].Limit);
            _time.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.Equal([1, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10], limits);
    }

    [Fact]
    public async Task Drained_backend_is_empty_when_its_last_response_is_disposed()
    {
        IBackendPool pool = await OpenAsync();
        ProxyResponse onA = await pool.FetchAsync(new ProxyRequest("GET", "/"), default);
        Task empty = pool.DrainAsync(_a.Backend, CancellationToken.None);
        Assert.False(empty.IsCompleted);
        Assert.Equal(["http://b", "http://b"], await AskAsync(pool, 2));
        await onA.DisposeAsync();
        await empty;
        Assert.True(pool.EndDrain(_a.Backend));
        Assert.Contains("http://a", await AskAsync(pool, 2));
    }

    public Task InitializeAsync() => Task.CompletedTask;

    // What xunit 2 calls at the end; IAsyncDisposable it does not know.
    Task IAsyncLifetime.DisposeAsync() => DisposeAsync().AsTask();

    public async ValueTask DisposeAsync()
    {
        if (_balancer is not null)
        {
            await _balancer.DisposeAsync();
        }

        await _monitor.DisposeAsync(); // it is a balancer's part, and not its own
    }

    private static async Task<List<string>> AskAsync(IBackendPool pool, int count)
    {
        List<string> answers = [];
        for (int i = 0; i < count; i++)
        {
            await using ProxyResponse response = await pool.FetchAsync(new ProxyRequest("GET", "/"), default);
            answers.Add(response.Backend?.Address ?? "");
        }

        return answers;
    }

    private async Task<IBackendPool> OpenAsync()
    {
        _options.Backends.Add("http://a");
        _options.Backends.Add("http://b");
        _a.Turn(HealthState.Healthy);
        _b.Turn(HealthState.Healthy);
        _balancer = new Balancer(_options, new BalancerParts { HealthMonitor = _monitor, Connections = _factory, Time = _time });
        await _balancer.StartAsync(default);
        return _balancer.Pool;
    }
}

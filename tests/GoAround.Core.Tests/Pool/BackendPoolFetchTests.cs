using System;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using GoAround.Core.Hosting;
using GoAround.Core.Pool;
using GoAround.Testing;
using Xunit;
using static GoAround.Core.Tests.Pool.PoolScene;
using static GoAround.Core.Tests.Pool.TestedPool;

namespace GoAround.Core.Tests.Pool;

/// <summary>With the test kit where a fault of the wire is all there is to it; else over doubles of the contract, whose connections fail at a stage, or throw what a backend cannot.</summary>
public sealed class BackendPoolFetchTests
{
    [Fact]
    public async Task Response_carries_backend_and_attempts_and_holds_the_slot_until_disposed()
    {
        await using PoolScene scene = await OpenAsync(Options(1), A);
        ProxyResponse response = await scene.FetchAsync();
        Assert.Equal((A, 1), (response.Backend, response.Attempts));
        Assert.Equal(1, Assert.Single(scene.Pool.GetStatus()).InFlight);
        await response.DisposeAsync();
        Assert.Equal(
            new BackendStatus(A, HealthState.Healthy, 0) { Reason = "by hand", Since = scene.Time.GetUtcNow(), Limit = 1 },
            Assert.Single(scene.Pool.GetStatus()));
        Assert.Equal(1, Assert.Single(scene.Events.Fetches));
        Assert.Equal((A, 200, null), Assert.Single(scene.Events.Attempts));
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Sequential_requests_spread_to_within_one(int backends)
    {
        TestBackend[] all = [.. Enumerable.Range(0, backends).Select(i => new TestBackend($"http://b{i}"))];
        await using TestBalancer balancer = await StartAsync(256, all);
        await AssertSpreadAsync(balancer, all);
    }

    [Fact]
    public async Task Sequential_requests_spread_to_within_one_after_a_backend_was_down_and_came_back()
    {
        TestBackend[] all = [new("http://a"), new("http://b"), new("http://c")];
        await using TestBalancer balancer = await StartAsync(256, all);
        await AssertSpreadAsync(balancer, all);
        all[1].Die();
        balancer.Await(all[1], HealthState.Unhealthy);
        await AssertSpreadAsync(balancer, all[0], all[2]);
        all[1].ComeBack();
        balancer.Await(all[1], HealthState.Healthy);
        await AssertSpreadAsync(balancer, all);
    }

    [Fact]
    public async Task Sequential_requests_spread_to_within_one_after_a_replacement()
    {
        TestBackend[] all = [new("http://a"), new("http://b"), new("http://c")];
        await using TestBalancer balancer = await StartAsync(256, all[..2]);
        await AssertSpreadAsync(balancer, all[..2]);
        await balancer.ReplaceAsync(all[1..]);
        balancer.Await(all[2], HealthState.Healthy);
        await AssertSpreadAsync(balancer, all[1..]);
    }

    [Theory]
    [InlineData(TestFault.Refused, 502, ProxyError.ConnectionRefused)]
    [InlineData(TestFault.Unreachable, 504, ProxyError.ConnectionTimeout)]
    public async Task Every_backend_is_tried_once_and_then_the_last_failure_is_answered(TestFault fault, int status, ProxyError error)
    {
        RecordedEvents events = new();
        TestBackend[] all = [.. Enumerable.Range(0, 3).Select(i => new TestBackend($"http://b{i}").Fails(fault))];
        await using TestBalancer balancer = await StartAsync(4, new BalancerParts { Events = events }, all);
        TestAnswer answer = await balancer.SendAsync("GET", "/");
        Assert.Equal((status, error, 3, null), (answer.StatusCode, answer.Error, answer.Attempts, answer.Backend));
        Assert.Equal(3, events.Attempts.Select(attempt => attempt.Backend).Distinct().Count());
        Assert.Equal(3, Assert.Single(events.Fetches));
        balancer.ExpectSlots(4, all);
    }

    [Fact]
    public async Task Unhealthy_connection_is_skipped_and_the_next_one_answers()
    {
        TestBackend a = new("http://a");
        TestBackend b = new("http://b");
        ManualHealth health = ByHand();
        await using TestBalancer balancer = await StartAsync(4, new BalancerParts { HealthMonitor = health }, a, b);
        HeldRequest onA = balancer.HoldOn(a);
        await balancer.Time.RunAsync(async () =>
        {
            health.Set(a.Backend, HealthState.Unhealthy);
            for (int i = 0; i < 8; i++)
            {
                Assert.Equal(b.Backend, await balancer.AskAsync());
            }

            onA.End();
            Assert.Equal((HealthState.Healthy, 0), (balancer.StatusOf(a).State, balancer.StatusOf(a).InFlight)); // the connections tell, the pool has not heard yet
        });
        Assert.Equal(b.Backend, await balancer.AskAsync());
        Assert.Equal(HealthState.Unhealthy, balancer.StatusOf(a).State);
        health.Set(a.Backend, HealthState.Healthy);
        balancer.ExpectSlots(4, a, b);
    }

    [Fact]
    public async Task Failure_gives_the_slot_back_first_and_another_backend_answers()
    {
        await using PoolScene scene = await OpenAsync(Options(1), A, B);
        scene.World.Send = (backend, _, _) => backend == A ? throw Failure() : new(new ProxyResponse());
        for (int i = 0; i < 10; i++)
        {
            ProxyResponse response = await scene.FetchAndDisposeAsync("POST");
            Assert.Equal((200, B), (response.StatusCode, response.Backend));
        }

        Assert.NotEmpty(scene.World.Health.SuspicionsOf(A));
        Assert.Empty(scene.World.Health.SuspicionsOf(B));
        await scene.CountSlotsAsync(2);
    }

    [Theory]
    [InlineData("POST", BackendFailureStage.Dial, 200)]
    [InlineData("POST", BackendFailureStage.Tls, 200)]
    [InlineData("POST", BackendFailureStage.Request, 502)]
    [InlineData("POST", BackendFailureStage.ResponseHead, 502)]
    [InlineData("PUT", BackendFailureStage.ResponseHead, 200)]
    [InlineData("GET", BackendFailureStage.Request, 200)]
    [InlineData("GET", BackendFailureStage.ResponseHead, 200)]
    [InlineData("GET", BackendFailureStage.ResponseBody, 502)]
    public async Task Replay_law_decides_what_is_sent_again(string method, BackendFailureStage stage, int status)
    {
        await using PoolScene scene = await OpenAsync(Options(1), A, B);
        int sends = 0;
        scene.World.Send = (_, _, _) => sends++ == 0 ? throw Failure(stage) : new(new ProxyResponse());
        Assert.Equal(status, (await scene.FetchAndDisposeAsync(method)).StatusCode);
        Assert.Equal(status == 200 ? 2 : 1, sends);
    }

    [Theory]
    [InlineData(BackendFailureStage.Dial, 200)]
    [InlineData(BackendFailureStage.ResponseHead, 502)]
    public async Task Offered_upgrade_is_sent_again_only_if_it_never_arrived(BackendFailureStage stage, int status)
    {
        await using PoolScene scene = await OpenAsync(Options(1), A, B);
        int sends = 0;
        scene.World.Send = (_, _, _) => sends++ == 0 ? throw Failure(stage) : new(new ProxyResponse());
        ProxyRequest request = new("GET", "/") { UpgradeProtocol = "websocket"u8.ToArray() };
        await using ProxyResponse response = await scene.Pool.FetchAsync(request, default);
        Assert.Equal(status, response.StatusCode);
    }

    [Fact]
    public async Task Body_that_cannot_be_rewound_is_not_sent_again()
    {
        await using PoolScene scene = await OpenAsync(Options(1), A, B);
        scene.World.Send = (_, _, _) => throw Failure();
        ProxyRequest request = new("PUT", "/") { Body = new OnceBody() };
        await using ProxyResponse response = await scene.Pool.FetchAsync(request, default);
        Assert.Equal((502, 1), (response.StatusCode, response.Attempts));
    }

    [Fact]
    public async Task Stale_socket_lets_the_same_backend_try_again_but_not_without_end()
    {
        await using PoolScene scene = await OpenAsync(Options(1), A);
        scene.World.Send = (_, _, _) => throw Failure(BackendFailureStage.ResponseHead, stale: true);
        ProxyResponse response = await scene.FetchAndDisposeAsync();
        Assert.Equal((502, 4), (response.StatusCode, response.Attempts));

        int sends = 0;
        scene.World.Send = (_, _, _) => sends++ < 3 ? throw Failure(BackendFailureStage.Request, stale: true) : new(new ProxyResponse());
        response = await scene.FetchAndDisposeAsync();
        Assert.Equal((200, 4), (response.StatusCode, response.Attempts));
        Assert.Empty(scene.World.Health.SuspicionsOf(A));
        await scene.CountSlotsAsync(1);
    }

    [Fact]
    public async Task Fault_of_the_client_or_of_ours_passes_through_and_the_slot_is_back()
    {
        await using PoolScene scene = await OpenAsync(Options(1), A);
        foreach (Exception fault in new Exception[] { new ClientException(400, "x"), new OperationCanceledException(), new InvalidOperationException() })
        {
            scene.World.Send = (_, _, _) => throw fault;
            Assert.Same(fault, await Assert.ThrowsAnyAsync<Exception>(() => scene.FetchAsync()));
        }

        await scene.CountSlotsAsync(1);
    }

    [Fact]
    public async Task Handler_is_the_pool()
    {
        await using PoolScene scene = await OpenAsync(Options(1), A);
        await using ProxyResponse response = await new PoolHandler(scene.Pool).HandleAsync(new ProxyRequest(), default);
        Assert.Equal(A, response.Backend);
    }

    [OptimizedTheory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Fetch_allocates_nothing_in_the_steady_state(bool suspends)
    {
        ScriptedBackends world = new();
        await using BackendPool pool = new(Options(64), world, world, ProxyEvents.None, TimeProvider.System, new RecordedLog<BackendPool>());
        await pool.ReplaceAsync([A, B], default);
        Assert.Equal(0, await SteadyFetch.MeasureAsync(pool, world, suspends));
    }

    private static async Task AssertSpreadAsync(TestBalancer balancer, params TestBackend[] backends)
    {
        int[] before = [.. backends.Select(backend => backend.Requests.Count)];
        for (int i = 0; i < 300; i++)
        {
            Assert.Equal(1, (await balancer.SendAsync("GET", "/")).Attempts);
        }

        int[] counts = [.. backends.Select((backend, index) => backend.Requests.Count - before[index])];
        Assert.Equal(300, counts.Sum());
        Assert.All(counts, count => Assert.InRange(count, 300 / backends.Length, (300 / backends.Length) + 1));
    }

    private sealed class OnceBody : MessageBody
    {
        public override long? Length => null;

        public override ValueTask<ReadOnlyMemory<byte>> ReadAsync(CancellationToken cancellationToken) => default;
    }
}

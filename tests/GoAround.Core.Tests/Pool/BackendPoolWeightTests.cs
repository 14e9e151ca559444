using System.Collections.Generic;
using System.Linq;
using System.Threading.Tasks;
using GoAround.Testing;
using Xunit;
using static GoAround.Core.Tests.Pool.PoolScene;
using static GoAround.Core.Tests.Pool.TestedPool;

namespace GoAround.Core.Tests.Pool;

public sealed class BackendPoolWeightTests
{
    [Theory]
    [InlineData(8, 4, 1, 8, 2)]
    [InlineData(8, 1, 1, 8, 8)]
    [InlineData(8, 1, 3, 3, 8)]
    [InlineData(2, 256, 1, 2, 1)]
    [InlineData(1, 1, 9, 1, 1)]
    public async Task Heaviest_uses_all_its_connections_and_others_as_many_less_but_one_at_least(int n, int weightOfA, int weightOfB, int ofA, int ofB)
    {
        await using PoolScene scene = await OpenAsync(Options(n), A.WithWeight(weightOfA), B.WithWeight(weightOfB));
        Assert.Equal([ofA, ofB], scene.Pool.GetStatus().Select(status => status.Limit));
        Dictionary<Backend, int> slots = await scene.CountSlotsAsync(ofA + ofB);
        Assert.Equal((ofA, ofB), (slots[A], slots[B]));
    }

    [Fact]
    public async Task Sequential_requests_spread_by_weight_and_evenly_mixed()
    {
        TestBackend b = new("http://b");
        await using TestBalancer balancer = await StartAsync(256, new TestBackend("http://a weight=3"), b);
        int inARow = 0;
        for (int i = 0; i < 340; i++)
        {
            inARow = b.Backend.Equals((await balancer.SendAsync("GET", "/")).Backend) ? 0 : inARow + 1;
            Assert.InRange(inARow, 0, 4);
        }

        Assert.InRange(b.Requests.Count, 84, 86);
    }

    [Fact]
    public async Task Weight_changes_while_connections_and_health_stay()
    {
        await using PoolScene scene = await OpenAsync(Options(4), A, B);
        BackendChange change = await scene.Pool.ReplaceAsync([A.WithWeight(2), B], default);
        Assert.Equal(new BackendChange(2, 0, 0, 1), change);
        Assert.Equal([2, 1], scene.Pool.Backends.Select(backend => backend.Weight));
        Assert.Equal([4, 2], scene.Pool.GetStatus().Select(status => status.Limit));
        Assert.Equal(2, scene.World.Subscriptions);
        Assert.True(scene.World.Health.IsWatched(A));
        Assert.Empty(scene.World.Retired);
        Assert.Equal(8, scene.World.Made.Count);
        Assert.Contains(scene.Log.Lines, line => line.Id == 2000 && line.Text.EndsWith("1 with another weight", System.StringComparison.Ordinal));
        await using ProxyResponse response = await scene.FetchAsync();
        Assert.Equal(2, response.Backend?.Weight);

        Assert.Equal(new BackendChange(2, 0, 0), await scene.Pool.ReplaceAsync([A.WithWeight(2), B], default));
    }

    [Fact]
    public async Task Backend_named_twice_has_the_weight_it_is_named_with_first()
    {
        await using PoolScene scene = await OpenAsync(Options(4), A.WithWeight(2), A.WithWeight(3));
        Assert.Equal(2, Assert.Single(scene.Pool.Backends).Weight);
    }

    [Fact]
    public async Task Backend_that_became_lighter_keeps_what_it_carries_and_then_takes_less()
    {
        await using PoolScene scene = await OpenAsync(Options(4), A, B);
        List<ProxyResponse> held = [];
        for (int i = 0; i < 8; i++)
        {
            held.Add(await scene.FetchAsync());
        }

        await scene.Pool.ReplaceAsync([A, B.WithWeight(4)], default);
        Assert.Equal((1, 4), (scene.StatusOf(A).Limit, scene.StatusOf(A).InFlight));
        Task<ProxyResponse> waiting = scene.FetchAsync();
        foreach (ProxyResponse onA in held.Where(response => A.Equals(response.Backend)).Take(3))
        {
            await onA.DisposeAsync();
            Assert.False(waiting.IsCompleted); // it still carries as many as it may
        }

        await held.Last(response => A.Equals(response.Backend)).DisposeAsync();
        Assert.Equal(A, (await waiting).Backend);
        foreach (ProxyResponse onB in held.Where(response => B.Equals(response.Backend)))
        {
            await onB.DisposeAsync();
        }

        await (await waiting).DisposeAsync();
        Dictionary<Backend, int> slots = await scene.CountSlotsAsync(5);
        Assert.Equal((1, 4), (slots[A], slots[B]));
    }

    [Fact]
    public async Task Waiting_requests_are_served_when_a_backend_becomes_heavier()
    {
        await using PoolScene scene = await OpenAsync(Options(4), A, B.WithWeight(4));
        List<ProxyResponse> held = [];
        for (int i = 0; i < 5; i++)
        {
            held.Add(await scene.FetchAsync());
        }

        Task<ProxyResponse> waiting = scene.FetchAsync();
        Assert.False(waiting.IsCompleted);
        await scene.Pool.ReplaceAsync([A.WithWeight(2), B.WithWeight(4)], default);
        Assert.Equal(A, (await waiting).Backend);
        held.Add(await waiting);
        foreach (ProxyResponse response in held)
        {
            await response.DisposeAsync();
        }

        await scene.CountSlotsAsync(6);
    }

    [Fact]
    public async Task Connections_that_come_free_from_before_a_removal_do_not_go_over_the_limit()
    {
        await using PoolScene scene = await OpenAsync(Options(4), A);
        List<ProxyResponse> old = [await scene.FetchAsync(), await scene.FetchAsync()];
        await scene.Pool.ReplaceAsync([B], default);
        await scene.Pool.ReplaceAsync([A, B.WithWeight(4)], default);
        Assert.Equal((1, 2), (scene.StatusOf(A).Limit, scene.StatusOf(A).InFlight));
        foreach (ProxyResponse response in old)
        {
            await response.DisposeAsync();
        }

        Dictionary<Backend, int> slots = await scene.CountSlotsAsync(5);
        Assert.Equal((1, 4), (slots[A], slots[B]));
    }

    [Fact]
    public async Task Weights_count_only_among_those_that_serve()
    {
        TestBackend[] all = [new TestBackend("http://a weight=8").Takes(Second), new TestBackend("http://b weight=2").Takes(Second), new TestBackend("http://c").Takes(Second)];
        await using TestBalancer balancer = await StartAsync(8, all);
        Expect(8, 2, 1);
        all[0].Die();
        balancer.Await(all[0], HealthState.Unhealthy);
        Expect(0, 8, 4);
        all[0].ComeBack();
        balancer.Await(all[0], HealthState.Healthy);
        Expect(8, 2, 1);
        await balancer.ReplaceAsync(all[1..]);
        Expect(8, 4);

        void Expect(params int[] limits)
        {
            Assert.Equal(limits, balancer.Pool.GetStatus().Select(status => status.Limit));
            List<Task<TestAnswer>> asked = [.. Enumerable.Range(0, limits.Sum() + 1).Select(_ => balancer.Begin("GET", "/"))];
            Assert.Equal(limits, balancer.Pool.GetStatus().Select(status => status.InFlight));
            balancer.Advance(3 * Second);
            Assert.All(asked, answer => Assert.Equal(200, answer.Now().StatusCode));
        }
    }
}

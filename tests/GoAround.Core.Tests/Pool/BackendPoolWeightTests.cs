using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading.Tasks;
using GoAround.Core.Hosting;
using GoAround.Core.Tests.Wire;
using GoAround.Testing;
using Xunit;
using static GoAround.Core.Tests.Pool.TestedPool;

namespace GoAround.Core.Tests.Pool;

public sealed class BackendPoolWeightTests
{
    private readonly TestBackend _a = new("http://a");
    private readonly TestBackend _b = new("http://b");
    private readonly BalancerParts _byHand = new() { HealthMonitor = ByHand() };

    [Theory]
    [InlineData(8, 4, 1, 8, 2)]
    [InlineData(8, 1, 1, 8, 8)]
    [InlineData(8, 1, 3, 3, 8)]
    [InlineData(2, 256, 1, 2, 1)]
    [InlineData(1, 1, 9, 1, 1)]
    public async Task Heaviest_uses_all_its_connections_and_others_as_many_less_but_one_at_least(int n, int weightOfA, int weightOfB, int ofA, int ofB)
    {
        TestBackend a = Weighing(_a, weightOfA);
        TestBackend b = Weighing(_b, weightOfB);
        await using TestBalancer balancer = await StartAsync(n, a, b);
        Assert.Equal([ofA, ofB], balancer.Pool.GetStatus().Select(status => status.Limit));
        balancer.ExpectSlots((a, ofA), (b, ofB));
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
        ScriptedBackends doubles = new();
        RecordedLogs log = new();
        await using TestBalancer balancer = await StartAsync(4, new BalancerParts { Connections = doubles, HealthMonitor = doubles, Loggers = log }, _a, _b);
        TestBackend heavy = Weighing(_a, 2);
        BackendChange change = await balancer.ReplaceAsync(heavy, _b);
        Assert.Equal(new BackendChange(2, 0, 0, 1), change);
        Assert.Equal([2, 1], balancer.Pool.Backends.Select(backend => backend.Weight));
        Assert.Equal([4, 2], balancer.Pool.GetStatus().Select(status => status.Limit));
        Assert.Equal((2, true), (doubles.Subscriptions, doubles.Health.IsWatched(_a.Backend)));
        Assert.Empty(doubles.Retired);
        Assert.Equal(8, doubles.Made.Count);
        Assert.Contains(log.Lines, line => line.Id == 2000 && line.Text.TrimEnd().EndsWith("1 with another weight", StringComparison.Ordinal));
        Assert.Equal(2, (await balancer.AskAsync())?.Weight);

        Assert.Equal(new BackendChange(2, 0, 0), await balancer.ReplaceAsync(heavy, _b));
    }

    [Fact]
    public async Task Backend_named_twice_has_the_weight_it_is_named_with_first()
    {
        await using TestBalancer balancer = await StartAsync(4, _b);
        await balancer.ReplaceAsync(Weighing(_a, 2), Weighing(_a, 3));
        Assert.Equal(2, Assert.Single(balancer.Pool.Backends).Weight);
    }

    [Fact]
    public async Task Backend_that_became_lighter_keeps_what_it_carries_and_then_takes_less()
    {
        await using TestBalancer balancer = await StartAsync(4, _a, _b);
        List<HeldRequest> held = [.. Enumerable.Range(0, 8).Select(_ => balancer.Hold())];
        HeldRequest[] onA = [.. held.Where(one => _a.Backend.Equals(one.Backend))];
        TestBackend heavy = Weighing(_b, 4);
        await balancer.ReplaceAsync(_a, heavy);
        Assert.Equal((1, 4), (balancer.StatusOf(_a).Limit, balancer.StatusOf(_a).InFlight));
        HeldRequest waiting = balancer.Hold();
        foreach (HeldRequest one in onA[..3])
        {
            one.End();
            Assert.Null(waiting.Answer); // it still carries as many as it may
        }

        onA[3].End();
        Assert.Equal(_a.Backend, waiting.Backend);
        held.ForEach(one => one.End());
        waiting.End();
        balancer.ExpectSlots((_a, 1), (heavy, 4));
    }

    [Fact]
    public async Task Waiting_requests_are_served_when_a_backend_becomes_heavier()
    {
        TestBackend b = Weighing(_b, 4);
        await using TestBalancer balancer = await StartAsync(4, _a, b);
        List<HeldRequest> held = [.. Enumerable.Range(0, 6).Select(_ => balancer.Hold())];
        Assert.Null(held[5].Answer);
        TestBackend heavier = Weighing(_a, 2);
        await balancer.ReplaceAsync(heavier, b);
        Assert.Equal(_a.Backend, held[5].Backend);
        held.ForEach(one => one.End());
        balancer.ExpectSlots((heavier, 2), (b, 4));
    }

    [Fact]
    public async Task Connections_that_come_free_from_before_a_removal_do_not_go_over_the_limit()
    {
        await using TestBalancer balancer = await StartAsync(4, _byHand, _a);
        HeldRequest[] old = [balancer.Hold(), balancer.Hold()];
        await balancer.ReplaceAsync(_b);
        TestBackend heavy = Weighing(_b, 4);
        await balancer.ReplaceAsync(_a, heavy);
        Assert.Equal((1, 2), (balancer.StatusOf(_a).Limit, balancer.StatusOf(_a).InFlight));
        Array.ForEach(old, one => one.End());
        balancer.ExpectSlots((_a, 1), (heavy, 4));
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

    private static TestBackend Weighing(TestBackend backend, int weight) => new($"{backend} weight={weight}");
}

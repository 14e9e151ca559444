using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading.Tasks;
using GoAround.Core.Hosting;
using GoAround.Core.Pool;
using GoAround.Testing;
using Xunit;
using static GoAround.Core.Tests.Pool.TestedPool;

namespace GoAround.Core.Tests.Pool;

/// <summary>With the test kit; one part of the pool alone where its clock is the point.</summary>
public sealed class BackendPoolSlowStartTests
{
    private static readonly TimeSpan TenSeconds = TimeSpan.FromSeconds(10);

    [Fact]
    public async Task Share_rises_evenly_once_a_backend_is_healthy_again()
    {
        TestBackend a = new TestBackend("http://a").Takes(Second / 4);
        TestBackend b = new TestBackend("http://b").Takes(Second / 4);
        await using TestBalancer balancer = await StartSlowAsync(100, a, b);
        Fail(balancer, b);
        balancer.Advance(TimeSpan.FromMinutes(1));
        Recover(balancer, b);
        Assert.Equal([100, 1], Limits(balancer));
        List<Task<TestAnswer>> asked = [.. Enumerable.Range(0, 102).Select(_ => balancer.Begin("GET", "/"))];
        Assert.Equal((100, 1, 1), (a.InFlight, b.InFlight, balancer.Pool.QueueLength));
        for (int second = 1; second <= 10; second++)
        {
            balancer.Advance(Second);
            Assert.Equal([100, 10 * second], Limits(balancer));
        }

        Assert.All(asked, answer => Assert.Equal(200, answer.Now().StatusCode));
        balancer.ExpectSlots(100, a, b);
    }

    [Fact]
    public async Task Few_requests_spread_by_the_share_of_the_moment()
    {
        TestBackend a = new("http://a");
        TestBackend b = new("http://b");
        await using TestBalancer balancer = await StartSlowAsync(100, a, b);
        Fail(balancer, a);
        Recover(balancer, a);
        int before = a.Requests.Count;
        for (int step = 0; step < 200; step++)
        {
            balancer.Advance(TenSeconds / 200);
            Assert.Equal(200, (await balancer.SendAsync("GET", "/")).StatusCode);
        }

        // The integral of s / (1 + s) over 0..1 is 0.307: 61 of 200.
        Assert.InRange(a.Requests.Count - before, 40, 80);
    }

    [Fact]
    public async Task Weighted_share_rises_to_its_weight()
    {
        TestBackend b = new("http://b weight=2");
        await using TestBalancer balancer = await StartSlowAsync(100, new TestBackend("http://a weight=4"), b);
        Fail(balancer, b);
        Recover(balancer, b);
        balancer.Advance(TenSeconds / 2);
        Assert.Equal([100, 25], Limits(balancer));
        balancer.Advance(TenSeconds / 2);
        Assert.Equal([100, 50], Limits(balancer));
    }

    [Fact]
    public async Task Waiting_requests_are_served_as_the_share_rises()
    {
        TestBackend a = new TestBackend("http://a").Takes(TenSeconds);
        TestBackend b = new TestBackend("http://b").Takes(TenSeconds);
        await using TestBalancer balancer = await StartSlowAsync(4, a, b);
        Fail(balancer, b);
        Recover(balancer, b);
        List<Task<TestAnswer>> asked = [.. Enumerable.Range(0, 6).Select(_ => balancer.Begin("GET", "/"))];
        Assert.Equal((4, 1, 1), (a.InFlight, b.InFlight, balancer.Pool.QueueLength));
        balancer.Advance(TenSeconds / 2);
        Assert.Equal((4, 2, 0), (a.InFlight, b.InFlight, balancer.Pool.QueueLength));
        balancer.Advance(TenSeconds);
        Assert.Equal(b.Backend, asked[5].Now().Backend);
    }

    [Fact]
    public async Task Backend_that_is_added_while_others_serve_starts_slowly()
    {
        TestBackend a = new("http://a");
        await using TestBalancer balancer = await StartSlowAsync(100, a);
        await balancer.ReplaceAsync(a, new TestBackend("http://b"));
        balancer.Time.RunUntilIdle();
        Assert.Equal([100, 1], Limits(balancer));
    }

    [Fact]
    public async Task Whole_new_set_starts_at_once()
    {
        await using TestBalancer balancer = await StartSlowAsync(100, new TestBackend("http://a"));
        await balancer.ReplaceAsync(new TestBackend("http://b"), new TestBackend("http://c"));
        balancer.Time.RunUntilIdle();
        Assert.Equal([100, 100], Limits(balancer));
    }

    [Fact]
    public async Task Resumed_backend_starts_slowly()
    {
        TestBackend b = new("http://b");
        await using TestBalancer balancer = await StartSlowAsync(100, new TestBackend("http://a"), b);
        await balancer.Time.RunAsync(() => balancer.Pool.DrainAsync(b.Backend, default));
        Assert.True(balancer.Pool.EndDrain(b.Backend));
        Assert.Equal([100, 1], Limits(balancer));
    }

    [Fact]
    public async Task Alone_a_backend_has_all_its_connections_however_new()
    {
        TestBackend a = new("http://a");
        TestBackend b = new("http://b");
        await using TestBalancer balancer = await StartSlowAsync(100, a, b);
        Fail(balancer, b);
        Recover(balancer, b);
        Fail(balancer, a);
        Assert.Equal([0, 100], Limits(balancer));
        Fail(balancer, b);
        Recover(balancer, a);
        Assert.Equal([100, 0], Limits(balancer));
    }

    [Fact]
    public async Task Share_is_whole_at_once_without_a_slow_start()
    {
        TestBackend b = new("http://b");
        await using TestBalancer balancer = await StartAsync(100, new TestBackend("http://a"), b);
        Fail(balancer, b);
        Recover(balancer, b);
        Assert.Equal([100, 100], Limits(balancer));
    }

    [Fact]
    public async Task Nobody_starts_slowly_at_boot_unless_it_was_seen_failed()
    {
        TestBackend[] all = [new("http://a"), new("http://b"), new("http://c")];
        ManualHealth health = ByHand(HealthState.Unknown);
        await using TestBalancer balancer = await StartAsync(100, setup => setup.Options.Pool.SlowStart = TenSeconds, new BalancerParts { HealthMonitor = health }, all);
        health.Set(all[0].Backend, HealthState.Healthy);
        health.Set(all[2].Backend, HealthState.Unhealthy);
        balancer.Advance(Second);
        health.Set(all[1].Backend, HealthState.Healthy);
        health.Set(all[2].Backend, HealthState.Healthy);
        Assert.Equal([100, 100, 1], Limits(balancer));
    }

    [Fact]
    public void Clock_ticks_only_while_a_share_rises()
    {
        ScriptedBackends doubles = new();
        ManualTime time = doubles.Health.Time;
        int ticks = 0;
        using Shares shares = new(TenSeconds, time, () => ticks++);
        BackendGroup[] groups = [Group(doubles, "http://a"), Group(doubles, "http://b")];
        shares.Apportion(groups);
        time.Advance(TimeSpan.FromHours(1));
        Assert.Equal(0, ticks);

        groups[1].State = HealthState.Unhealthy;
        shares.Apportion(groups);
        groups[1].State = HealthState.Healthy;
        shares.Apportion(groups);
        time.Advance(TenSeconds);
        Assert.Equal(20, ticks);
        Assert.True(shares.Apportion(groups));
        time.Advance(TimeSpan.FromHours(1));
        Assert.Equal(20, ticks);
    }

    private static BackendGroup Group(ScriptedBackends doubles, string address)
    {
        Backend backend = Backend.Parse(address);
        BackendGroup group = new(backend, doubles.Subscribe(backend), default, null);
        group.Fill(8, doubles, null!); // its slots are never given back
        return group;
    }

    private static Task<TestBalancer> StartSlowAsync(int n, params TestBackend[] backends) => StartAsync(n, setup => setup.Options.Pool.SlowStart = TenSeconds, backends);

    private static void Fail(TestBalancer balancer, TestBackend backend)
    {
        backend.Die();
        balancer.Await(backend, HealthState.Unhealthy);
    }

    private static void Recover(TestBalancer balancer, TestBackend backend)
    {
        backend.ComeBack();
        balancer.Await(backend, HealthState.Healthy);
    }

    private static IEnumerable<int> Limits(TestBalancer balancer) => balancer.Pool.GetStatus().Select(status => status.Limit);
}

using System;
using System.Threading.Tasks;
using GoAround.Core;
using GoAround.Core.Hosting;
using Xunit;

namespace GoAround.Testing.Tests;

public sealed class ManualHealthTests
{
    private readonly TestBackend _a = new("http://a");
    private readonly TestBackend _b = new("http://b");

    [Fact]
    public async Task Health_changes_at_one_moment_and_nobody_is_checked()
    {
        ManualHealth health = new(new ManualTime());
        await using TestBalancer balancer = await StartAsync(health);
        health.Set(_a.Backend, HealthState.Unhealthy, "disk full");
        Assert.Equal((HealthState.Unhealthy, "disk full", 0), (balancer.StatusOf(_a).State, balancer.StatusOf(_a).Reason, balancer.StatusOf(_a).Limit));
        Assert.All([balancer.Hold(), balancer.Hold(), balancer.Hold()], held => Assert.Equal(_b.Backend, held.Backend));
        health.Set(_a.Backend, HealthState.Healthy);
        health.Set(_a.Backend, HealthState.Healthy, "it is so already");
        Assert.Equal((HealthState.Healthy, "by hand"), (balancer.StatusOf(_a).State, balancer.StatusOf(_a).Reason));
        balancer.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal((0, 0), (_a.Checks.Count, _b.Checks.Count));
        Assert.Throws<ArgumentOutOfRangeException>(() => health.Set(_a.Backend, HealthState.Unknown));
    }

    [Fact]
    public async Task Requests_wait_while_a_health_is_unknown()
    {
        ManualHealth health = new(new ManualTime(), HealthState.Unknown);
        health.Set(_b.Backend, HealthState.Unhealthy);
        await using TestBalancer balancer = await StartAsync(health); // after FirstCheckTimeout
        HeldRequest held = balancer.Hold();
        Assert.Equal((null, HealthState.Unknown), (held.Answer, balancer.StatusOf(_a).State));
        health.Set(_a.Backend, HealthState.Healthy);
        Assert.Equal(_a.Backend, held.Backend);
    }

    [Fact]
    public async Task Health_stays_while_a_backend_is_away_and_its_watch_ends()
    {
        ManualHealth health = new(new ManualTime());
        TestBalancer balancer = await StartAsync(health);
        health.Set(_b.Backend, HealthState.Unhealthy);
        await balancer.ReplaceAsync(_a);
        Assert.Equal((true, false), (health.IsWatched(_a.Backend), health.IsWatched(_b.Backend)));
        await balancer.ReplaceAsync(_a, _b);
        Assert.Equal(HealthState.Unhealthy, balancer.StatusOf(_b).State);
        await balancer.DisposeAsync();
        Assert.Equal((false, false), (health.IsWatched(_a.Backend), health.IsWatched(_b.Backend)));
    }

    [Fact]
    public async Task Suspicions_are_kept_and_change_nothing()
    {
        ManualHealth health = new(new ManualTime());
        await using TestBalancer balancer = await StartAsync(health);
        _a.Fails(TestFault.Refused, 2);
        for (int i = 0; i < 4; i++)
        {
            Assert.Equal(200, (await balancer.SendAsync("GET", "/")).StatusCode);
        }

        Assert.Equal(["http://a refused the connection", "http://a refused the connection"], health.SuspicionsOf(_a.Backend));
        Assert.Empty(health.SuspicionsOf(_b.Backend));
        Assert.Equal(HealthState.Healthy, balancer.StatusOf(_a).State);
    }

    private Task<TestBalancer> StartAsync(ManualHealth health) =>
        TestBalancer.StartAsync(new TestSetup(_a, _b) { Time = health.Time, Parts = new BalancerParts { HealthMonitor = health } });
}

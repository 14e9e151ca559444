using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading.Tasks;
using GoAround.Core.Pool;
using Xunit;
using static GoAround.Core.Tests.Pool.PoolScene;

namespace GoAround.Core.Tests.Pool;

public sealed class BackendPoolSlowStartTests
{
    private static readonly TimeSpan TenSeconds = TimeSpan.FromSeconds(10);

    [Fact]
    public async Task Share_rises_evenly_once_a_backend_is_healthy_again()
    {
        await using PoolScene scene = await OpenAsync(Slow(100), A, B);
        scene.World.HealthOf(B).Push(HealthState.Unhealthy);
        scene.Time.Advance(TimeSpan.FromMinutes(1));
        scene.World.HealthOf(B).Push(HealthState.Healthy);
        Assert.Equal([100, 1], Limits(scene));
        await scene.CountSlotsAsync(101);
        for (int second = 1; second <= 10; second++)
        {
            scene.Time.Advance(TimeSpan.FromSeconds(1));
            Assert.Equal([100, 10 * second], Limits(scene));
        }

        Assert.All((await scene.CountSlotsAsync(200)).Values, count => Assert.Equal(100, count));
    }

    [Fact]
    public async Task Few_requests_spread_by_the_share_of_the_moment()
    {
        await using PoolScene scene = await OpenAsync(Slow(100), A, B);
        scene.World.HealthOf(A).Push(HealthState.Unhealthy);
        scene.World.HealthOf(A).Push(HealthState.Healthy);
        int ofA = 0;
        for (int step = 0; step < 200; step++)
        {
            scene.Time.Advance(TenSeconds / 200);
            ofA += A.Equals((await scene.FetchAndDisposeAsync()).Backend) ? 1 : 0;
        }

        // The integral of s / (1 + s) over 0..1 is 0.307: 61 of 200.
        Assert.InRange(ofA, 40, 80);
    }

    [Fact]
    public async Task Weighted_share_rises_to_its_weight()
    {
        await using PoolScene scene = await OpenAsync(Slow(100), A.WithWeight(4), B.WithWeight(2));
        scene.World.HealthOf(B).Push(HealthState.Unhealthy);
        scene.World.HealthOf(B).Push(HealthState.Healthy);
        scene.Time.Advance(TenSeconds / 2);
        Assert.Equal([100, 25], Limits(scene));
        scene.Time.Advance(TenSeconds / 2);
        Assert.Equal([100, 50], Limits(scene));
    }

    [Fact]
    public async Task Waiting_requests_are_served_as_the_share_rises()
    {
        await using PoolScene scene = await OpenAsync(Slow(4), A, B);
        scene.World.HealthOf(B).Push(HealthState.Unhealthy);
        scene.World.HealthOf(B).Push(HealthState.Healthy);
        List<ProxyResponse> held = [];
        for (int i = 0; i < 5; i++)
        {
            held.Add(await scene.FetchAsync());
        }

        Task<ProxyResponse> waiting = scene.FetchAsync();
        Assert.False(waiting.IsCompleted);
        scene.Time.Advance(TenSeconds / 2);
        Assert.Equal(B, (await waiting).Backend);
        held.Add(await waiting);
        foreach (ProxyResponse response in held)
        {
            await response.DisposeAsync();
        }
    }

    [Fact]
    public async Task Nobody_starts_slowly_at_boot_unless_it_was_seen_failed()
    {
        await using PoolScene scene = await OpenUnknownAsync(Slow(100), A, B, C);
        scene.World.HealthOf(A).Push(HealthState.Healthy);
        scene.World.HealthOf(C).Push(HealthState.Unhealthy);
        scene.Time.Advance(TimeSpan.FromSeconds(1));
        scene.World.HealthOf(B).Push(HealthState.Healthy);
        scene.World.HealthOf(C).Push(HealthState.Healthy);
        Assert.Equal([100, 100, 1], Limits(scene));
    }

    [Fact]
    public async Task Backend_that_is_added_while_others_serve_starts_slowly()
    {
        await using PoolScene scene = await OpenAsync(Slow(100), A);
        await scene.Pool.ReplaceAsync([A, B], default);
        Assert.Equal([100, 1], Limits(scene));
    }

    [Fact]
    public async Task Whole_new_set_starts_at_once()
    {
        await using PoolScene scene = await OpenAsync(Slow(100), A);
        await scene.Pool.ReplaceAsync([B, C], default);
        Assert.Equal([100, 100], Limits(scene));
    }

    [Fact]
    public async Task Resumed_backend_starts_slowly()
    {
        await using PoolScene scene = await OpenAsync(Slow(100), A, B);
        await scene.Pool.DrainAsync(B, default);
        Assert.True(scene.Pool.EndDrain(B));
        Assert.Equal([100, 1], Limits(scene));
    }

    [Fact]
    public async Task Alone_a_backend_has_all_its_connections_however_new()
    {
        await using PoolScene scene = await OpenAsync(Slow(100), A, B);
        scene.World.HealthOf(B).Push(HealthState.Unhealthy);
        scene.World.HealthOf(B).Push(HealthState.Healthy);
        scene.World.HealthOf(A).Push(HealthState.Unhealthy);
        Assert.Equal([0, 100], Limits(scene));
        scene.World.HealthOf(B).Push(HealthState.Unhealthy);
        scene.World.HealthOf(A).Push(HealthState.Healthy);
        Assert.Equal([100, 0], Limits(scene));
    }

    [Fact]
    public async Task Share_is_whole_at_once_without_a_slow_start()
    {
        await using PoolScene scene = await OpenAsync(Options(100), A, B);
        scene.World.HealthOf(B).Push(HealthState.Unhealthy);
        scene.World.HealthOf(B).Push(HealthState.Healthy);
        Assert.Equal([100, 100], Limits(scene));
    }

    [Fact]
    public async Task Clock_ticks_only_while_a_share_rises()
    {
        await using PoolScene scene = await OpenAsync(Options(8), A, B);
        int ticks = 0;
        using Shares shares = new(TenSeconds, scene.Time, () => ticks++);
        BackendGroup[] groups = [Group(scene, A), Group(scene, B)];
        shares.Apportion(groups);
        scene.Time.Advance(TimeSpan.FromHours(1));
        Assert.Equal(0, ticks);

        groups[1].State = HealthState.Unhealthy;
        shares.Apportion(groups);
        groups[1].State = HealthState.Healthy;
        shares.Apportion(groups);
        scene.Time.Advance(TenSeconds);
        Assert.Equal(20, ticks);
        Assert.True(shares.Apportion(groups));
        scene.Time.Advance(TimeSpan.FromHours(1));
        Assert.Equal(20, ticks);
    }

    private static BackendGroup Group(PoolScene scene, Backend backend)
    {
        BackendGroup group = new(backend, scene.World.HealthOf(backend), default, null);
        group.Fill(8, scene.World, null!); // its slots are never given back
        return group;
    }

    private static PoolOptions Slow(int n) => new() { ConnectionsPerBackend = n, SlowStart = TenSeconds };

    private static IEnumerable<int> Limits(PoolScene scene) => scene.Pool.GetStatus().Select(status => status.Limit);
}

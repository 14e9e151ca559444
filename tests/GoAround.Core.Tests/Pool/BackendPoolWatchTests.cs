using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using GoAround.Core.Pool;
using Xunit;
using static GoAround.Core.Tests.Pool.PoolScene;

namespace GoAround.Core.Tests.Pool;

public sealed class BackendPoolWatchTests
{
    [Fact]
    public async Task Every_change_is_told_in_order_from_the_call_on()
    {
        PoolScene scene = await OpenAsync(Options(1), A);
        IAsyncEnumerable<PoolChange> changes = scene.Pool.WatchAsync(default);
        scene.Time.Advance(TimeSpan.FromSeconds(3));
        DateTimeOffset now = scene.Time.GetUtcNow();
        await scene.Pool.ReplaceAsync([A.WithWeight(2), B], default);
        scene.World.HealthOf(A).Push(HealthState.Unhealthy);
        scene.World.HealthOf(A).Push(HealthState.Healthy);
        ProxyResponse first = await scene.FetchAsync();
        Backend busy = first.Backend!; // answered
        _ = scene.Pool.DrainAsync(busy, default);
        await first.DisposeAsync();
        scene.Pool.EndDrain(busy);
        await scene.Pool.ReplaceAsync([A.WithWeight(2)], default);
        await scene.DisposeAsync();

        List<PoolChange> seen = await ReadAsync(changes);
        Assert.Equal(
            [
                (PoolChangeKind.Added, B), (PoolChangeKind.WeightChanged, A), (PoolChangeKind.Healthy, B), (PoolChangeKind.Unhealthy, A),
                (PoolChangeKind.Healthy, A), (PoolChangeKind.Draining, busy), (PoolChangeKind.Empty, busy), (PoolChangeKind.Resumed, busy),
                (PoolChangeKind.Removed, B), (PoolChangeKind.Empty, B),
            ],
            seen.Select(change => (change.Kind, change.Backend)));
        Assert.All(seen, change => Assert.Equal((now, 0), (change.At, change.Missed)));
        Assert.Equal(2, seen[1].Backend.Weight);
        Assert.Equal("scripted", seen[3].Reason);
    }

    [Fact]
    public async Task Removed_backend_is_empty_once_its_last_request_has_ended_and_not_while_it_is_back()
    {
        PoolScene scene = await OpenAsync(Options(2), A, B);
        List<ProxyResponse> held = [await scene.FetchAsync(), await scene.FetchAsync()];
        IAsyncEnumerable<PoolChange> changes = scene.Pool.WatchAsync(default);
        await scene.Pool.ReplaceAsync([B], default);
        await scene.Pool.ReplaceAsync([], default);
        await scene.Pool.ReplaceAsync([A], default);
        foreach (ProxyResponse response in held)
        {
            await response.DisposeAsync();
        }

        await scene.DisposeAsync();
        List<PoolChange> seen = await ReadAsync(changes);
        Assert.Equal(B, Assert.Single(seen, change => change.Kind == PoolChangeKind.Empty).Backend);
    }

    [Fact]
    public async Task Health_that_is_heard_of_while_the_backend_is_removed_is_not_told()
    {
        PoolScene scene = await OpenAsync(Options(1), A, B);
        IAsyncEnumerable<PoolChange> changes = scene.Pool.WatchAsync(default);
        Task replaced = Task.CompletedTask;
        scene.Events.OnHealth = _ =>
        {
            scene.Events.OnHealth = _ => { };
            scene.World.HealthOf(A).Push(HealthState.Healthy);
            replaced = scene.Pool.ReplaceAsync([B], default).AsTask();
        };
        scene.World.HealthOf(A).Push(HealthState.Unhealthy);
        await replaced;
        await scene.DisposeAsync();
        Assert.Equal([PoolChangeKind.Unhealthy, PoolChangeKind.Removed, PoolChangeKind.Empty], (await ReadAsync(changes)).Select(change => change.Kind));
    }

    [Fact]
    public async Task Late_reader_loses_the_oldest_changes_and_is_told_how_many()
    {
        PoolScene scene = await OpenAsync(Options(1), A);
        IAsyncEnumerable<PoolChange> late = scene.Pool.WatchAsync(default);
        for (int i = 0; i < ChangeWatch.Capacity + 11; i++)
        {
            scene.World.HealthOf(A).Push(i % 2 == 0 ? HealthState.Unhealthy : HealthState.Healthy);
        }

        IAsyncEnumerable<PoolChange> other = scene.Pool.WatchAsync(default);
        scene.World.HealthOf(A).Push(HealthState.Healthy);
        await scene.DisposeAsync();
        List<PoolChange> seen = await ReadAsync(late);
        Assert.Equal(ChangeWatch.Capacity, seen.Count);
        Assert.Equal(12, seen[0].Missed);
        Assert.All(seen.Skip(1), change => Assert.Equal(0, change.Missed));
        Assert.Equal(PoolChangeKind.Healthy, seen[^1].Kind);
        Assert.Equal(PoolChangeKind.Healthy, Assert.Single(await ReadAsync(other)).Kind);
    }

    [Fact]
    public async Task Reader_that_waits_gets_the_next_change()
    {
        await using PoolScene scene = await OpenAsync(Options(1), A);
        await using IAsyncEnumerator<PoolChange> changes = scene.Pool.WatchAsync(default).GetAsyncEnumerator();
        ValueTask<bool> next = changes.MoveNextAsync();
        Assert.False(next.IsCompleted);
        scene.World.HealthOf(A).Push(HealthState.Unhealthy);
        Assert.True(await next);
        Assert.Equal(PoolChangeKind.Unhealthy, changes.Current.Kind);
    }

    [Fact]
    public async Task Token_ends_the_watching()
    {
        await using PoolScene scene = await OpenAsync(Options(1), A);
        using CancellationTokenSource enough = new();
        Task<List<PoolChange>> reading = ReadAsync(scene.Pool.WatchAsync(enough.Token));
        IAsyncEnumerable<PoolChange> unread = scene.Pool.WatchAsync(enough.Token);
        await enough.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reading);
        scene.World.HealthOf(A).Push(HealthState.Unhealthy);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => ReadAsync(unread));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => ReadAsync(scene.Pool.WatchAsync(enough.Token)));
    }

    [Fact]
    public async Task Pool_that_was_disposed_has_nothing_to_tell()
    {
        PoolScene scene = await OpenAsync(Options(1), A);
        await scene.DisposeAsync();
        Assert.Empty(await ReadAsync(scene.Pool.WatchAsync(default)));
    }

    private static async Task<List<PoolChange>> ReadAsync(IAsyncEnumerable<PoolChange> changes)
    {
        List<PoolChange> seen = [];
        await foreach (PoolChange change in changes)
        {
            seen.Add(change);
        }

        return seen;
    }
}

using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using GoAround.Core.Hosting;
using GoAround.Core.Pool;
using GoAround.Testing;
using Xunit;
using static GoAround.Core.Tests.Pool.TestedPool;

namespace GoAround.Core.Tests.Pool;

public sealed class BackendPoolWatchTests
{
    private readonly TestBackend _a = new("http://a");
    private readonly TestBackend _b = new("http://b");
    private readonly ManualHealth _health = ByHand();

    [Fact]
    public async Task Every_change_is_told_in_order_from_the_call_on()
    {
        TestBalancer balancer = await StartAsync(1, new BalancerParts { HealthMonitor = _health }, _a);
        IAsyncEnumerable<PoolChange> changes = balancer.Pool.WatchAsync(default);
        IReadOnlyList<PoolChange> kept = balancer.Watch();
        balancer.Advance(3 * Second);
        DateTimeOffset now = balancer.Time.GetUtcNow();
        await balancer.ReplaceAsync(new TestBackend("http://a weight=2"), _b);
        _health.Set(_a.Backend, HealthState.Unhealthy, "scripted");
        _health.Set(_a.Backend, HealthState.Healthy);
        HeldRequest first = balancer.Hold();
        Backend busy = first.Backend!; // answered
        _ = balancer.BeginDrain(busy.Equals(_a.Backend) ? _a : _b);
        first.End();
        balancer.EndDrain(busy.Equals(_a.Backend) ? _a : _b);
        await balancer.ReplaceAsync(new TestBackend("http://a weight=2"));
        await balancer.DisposeAsync();

        List<PoolChange> seen = await ReadAsync(changes);
        Assert.Equal(
            [
                (PoolChangeKind.Added, _b.Backend), (PoolChangeKind.WeightChanged, _a.Backend), (PoolChangeKind.Healthy, _b.Backend), (PoolChangeKind.Unhealthy, _a.Backend),
                (PoolChangeKind.Healthy, _a.Backend), (PoolChangeKind.Draining, busy), (PoolChangeKind.Empty, busy), (PoolChangeKind.Resumed, busy),
                (PoolChangeKind.Removed, _b.Backend), (PoolChangeKind.Empty, _b.Backend),
            ],
            seen.Select(change => (change.Kind, change.Backend)));
        Assert.All(seen, change => Assert.Equal((now, 0), (change.At, change.Missed)));
        Assert.Equal(2, seen[1].Backend.Weight);
        Assert.Equal("scripted", seen[3].Reason);
        Assert.Equal(seen, kept);
    }

    [Fact]
    public async Task Removed_backend_is_empty_once_its_last_request_has_ended_and_not_while_it_is_back()
    {
        TestBalancer balancer = await StartAsync(2, _a, _b);
        HeldRequest[] held = [balancer.HoldOn(_a), balancer.HoldOn(_b)];
        IReadOnlyList<PoolChange> seen = balancer.Watch();
        await balancer.ReplaceAsync(_b);
        await balancer.ReplaceAsync();
        await balancer.ReplaceAsync(_a);
        Array.ForEach(held, one => one.End());
        await balancer.DisposeAsync();
        Assert.Equal(_b.Backend, Assert.Single(seen, change => change.Kind == PoolChangeKind.Empty).Backend);
    }

    [Fact]
    public async Task Health_that_is_heard_of_while_the_backend_is_removed_is_not_told()
    {
        RecordedEvents events = new();
        TestBalancer balancer = await StartAsync(1, new BalancerParts { HealthMonitor = _health, Events = events }, _a, _b);
        IReadOnlyList<PoolChange> seen = balancer.Watch();
        Task replaced = Task.CompletedTask;
        events.OnHealth = _ =>
        {
            events.OnHealth = _ => { };
            _health.Set(_a.Backend, HealthState.Healthy);
            replaced = balancer.ReplaceAsync(_b);
        };
        _health.Set(_a.Backend, HealthState.Unhealthy);
        Assert.True(replaced.IsCompletedSuccessfully);
        await balancer.DisposeAsync();
        Assert.Equal([PoolChangeKind.Unhealthy, PoolChangeKind.Removed, PoolChangeKind.Empty], seen.Select(change => change.Kind));
    }

    [Fact]
    public async Task Late_reader_loses_the_oldest_changes_and_is_told_how_many()
    {
        TestBalancer balancer = await StartAsync(1, new BalancerParts { HealthMonitor = _health }, _a);
        IAsyncEnumerable<PoolChange> late = balancer.Pool.WatchAsync(default);
        for (int i = 0; i < ChangeWatch.Capacity + 11; i++)
        {
            _health.Set(_a.Backend, i % 2 == 0 ? HealthState.Unhealthy : HealthState.Healthy);
        }

        IAsyncEnumerable<PoolChange> other = balancer.Pool.WatchAsync(default);
        _health.Set(_a.Backend, HealthState.Healthy);
        await balancer.DisposeAsync();
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
        await using TestBalancer balancer = await StartAsync(1, new BalancerParts { HealthMonitor = _health }, _a);
        await using IAsyncEnumerator<PoolChange> changes = balancer.Pool.WatchAsync(default).GetAsyncEnumerator();
        ValueTask<bool> next = changes.MoveNextAsync();
        Assert.False(next.IsCompleted);
        _health.Set(_a.Backend, HealthState.Unhealthy);
        Assert.True(next.IsCompleted && await next);
        Assert.Equal(PoolChangeKind.Unhealthy, changes.Current.Kind);
    }

    [Fact]
    public async Task Token_ends_the_watching()
    {
        await using TestBalancer balancer = await StartAsync(1, new BalancerParts { HealthMonitor = _health }, _a);
        using CancellationTokenSource enough = new();
        Task<List<PoolChange>> reading = ReadAsync(balancer.Pool.WatchAsync(enough.Token));
        IAsyncEnumerable<PoolChange> unread = balancer.Pool.WatchAsync(enough.Token);
        await enough.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reading);
        _health.Set(_a.Backend, HealthState.Unhealthy);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => ReadAsync(unread));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => balancer.RunAsync(() => ReadAsync(balancer.Pool.WatchAsync(enough.Token))));
    }

    [Fact]
    public async Task Pool_that_was_disposed_has_nothing_to_tell()
    {
        TestBalancer balancer = await StartAsync(1, _a);
        await balancer.DisposeAsync();
        Assert.Empty(await balancer.RunAsync(() => ReadAsync(balancer.Pool.WatchAsync(default))));
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

using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using GoAround.Core.Hosting;
using GoAround.Core.Pool;
using GoAround.Core.Tests.Wire;
using GoAround.Testing;
using Microsoft.Extensions.Logging;
using Xunit;
using static GoAround.Core.Tests.Pool.PoolScene;
using static GoAround.Core.Tests.Pool.TestedPool;

namespace GoAround.Core.Tests.Pool;

/// <summary>With the test kit; its connections are doubles where the point is what the pool does to them, and the load runs on many threads, which the kit never does.</summary>
#pragma warning disable CA1001 // its doubles and its log hold nothing
public sealed class BackendPoolReplaceTests
{
    private readonly TestBackend _a = new("http://a");
    private readonly TestBackend _b = new("http://b");
    private readonly TestBackend _c = new("http://c");
    private readonly ScriptedBackends _doubles = new();
    private readonly RecordedEvents _events = new();
    private readonly RecordedLogs _log = new();

    [Fact]
    public async Task Change_is_counted_told_and_logged_once()
    {
        await using TestBalancer balancer = await StartOverDoublesAsync(2, _a, _b);
        BackendChange change = await balancer.ReplaceAsync(_c, _b, _c);
        Assert.Equal(new BackendChange(2, 1, 1), change);
        Assert.Equal([_c.Backend, _b.Backend], balancer.Pool.Backends);
        Assert.Equal([new BackendChange(2, 2, 0), change], _events.Changes);
        Assert.Equal([_a.Backend], _doubles.Retired);
        Assert.Equal(2, _log.Lines.Count(line => line is { Id: 2000, Level: LogLevel.Information }));
        balancer.ExpectSlots(2, _b, _c);
    }

    [Fact]
    public async Task Staying_backend_keeps_its_connections_and_its_subscription()
    {
        await using TestBalancer balancer = await StartOverDoublesAsync(2, _a, _b);
        await balancer.ReplaceAsync(_b);
        await balancer.ReplaceAsync(_b);
        Assert.Equal(2, _doubles.Subscriptions);
        Assert.Equal((false, true), (_doubles.Health.IsWatched(_a.Backend), _doubles.Health.IsWatched(_b.Backend)));
        Assert.Equal(2, _doubles.CountOpen(_b.Backend));
        Assert.Equal(4, _doubles.Made.Count);
    }

    [Fact]
    public async Task Removed_backend_finishes_what_it_carries_and_takes_nothing_new()
    {
        TestBalancer balancer = await StartOverDoublesAsync(2, _a);
        HeldRequest onA = balancer.Hold();
        await balancer.ReplaceAsync(_b);
        for (int i = 0; i < 10; i++)
        {
            Assert.Equal(_b.Backend, await balancer.AskAsync());
        }

        Assert.Equal(1, _doubles.CountOpen(_a.Backend));
        onA.End();
        balancer.ExpectSlots(2, _b);
        Assert.Equal([_a.Backend], _doubles.Retired);
        await balancer.DisposeAsync();
        Assert.All(_doubles.Made, connection => Assert.Equal(1, connection.Disposals));
    }

    [Fact]
    public async Task Backend_that_comes_back_while_it_still_drains_keeps_its_cap()
    {
        await using TestBalancer balancer = await StartAsync(3, _a);
        HeldRequest old1 = balancer.Hold();
        HeldRequest old2 = balancer.Hold();
        await balancer.ReplaceAsync();
        await balancer.ReplaceAsync(_a);
        HeldRequest new1 = balancer.Hold();
        HeldRequest new2 = balancer.Hold();
        Assert.Equal(_a.Backend, new1.Backend);
        Assert.Null(new2.Answer);

        await balancer.ReplaceAsync(_b);
        Assert.Equal(_b.Backend, new2.Backend);
        await balancer.ReplaceAsync(_a);
        HeldRequest new3 = balancer.Hold();
        Assert.Null(new3.Answer);
        old1.End();
        Assert.Equal(_a.Backend, new3.Backend);
        HeldRequest new4 = balancer.Hold();
        Assert.Null(new4.Answer);
        new1.End();
        Assert.Equal(_a.Backend, new4.Backend);
        Assert.Equal((3, 3), (_a.InFlight, _a.MostInFlight));
        Array.ForEach([new4, old2, new3, new2], held => held.End());
        balancer.ExpectSlots(3, _a);
    }

    [Fact]
    public async Task Nothing_changes_if_a_connection_cannot_be_made()
    {
        await using TestBalancer balancer = await StartOverDoublesAsync(2, _a);
        _doubles.RefusesToMake = backend => backend.Equals(_c.Backend);
        await Assert.ThrowsAsync<InvalidOperationException>(() => balancer.ReplaceAsync(_b, _c));
        Assert.Equal([_a.Backend], balancer.Pool.Backends);
        Assert.Equal(0, _doubles.CountOpen(_b.Backend));
        Assert.Equal((false, false), (_doubles.Health.IsWatched(_b.Backend), _doubles.Health.IsWatched(_c.Backend)));
        balancer.ExpectSlots(2, _a);
    }

    [Fact]
    public async Task Backends_that_cannot_be_made_are_forgotten_by_the_factory_whatever_fails_then()
    {
        await using TestBalancer balancer = await StartOverDoublesAsync(2, _a);
        TestBackend d = new("http://d");
        _doubles.RefusesToMake = backend => backend.Equals(d.Backend);
        _doubles.RefusesToRetire = backend => backend.Equals(_b.Backend);
        InvalidCastException bug = new();
        _doubles.DisposalFault = backend => backend.Equals(_b.Backend) ? bug : null;
        await Assert.ThrowsAsync<InvalidOperationException>(() => balancer.ReplaceAsync(_b, _c, d));
        Assert.Equal([_b.Backend, _c.Backend, d.Backend], _doubles.Retired);
        Assert.All([_b, _c, d], backend => Assert.False(_doubles.Health.IsWatched(backend.Backend)));
        Assert.Equal((0, 0), (_doubles.CountOpen(_b.Backend), _doubles.CountOpen(_c.Backend)));
        Assert.Equal([2003, 2003, 2007], _log.Lines.Where(line => line.Level == LogLevel.Error).Select(line => line.Id));
    }

    [Fact]
    public async Task Farewell_that_fails_is_logged_and_keeps_no_other_from_its_own()
    {
        TakeLeaveOfA(Task.FromException(new InvalidCastException()));
        await using TestBalancer balancer = await StartOverDoublesAsync(1, _a, _b);
        _doubles.RefusesToRetire = backend => backend.Equals(_a.Backend);
        BackendChange change = await balancer.ReplaceAsync(_c);
        Assert.Equal(new BackendChange(1, 1, 2), change);
        Assert.Equal(change, _events.Changes.Last());
        Assert.Equal([_a.Backend, _b.Backend], _doubles.Retired);
        Assert.Equal((false, false), (_doubles.Health.IsWatched(_a.Backend), _doubles.Health.IsWatched(_b.Backend)));
        Assert.Equal([2007, 2007], _log.Lines.Where(line => line.Level == LogLevel.Error).Select(line => line.Id));
    }

    [Fact]
    public async Task End_of_the_pool_stops_every_check_and_disposes_every_connection_although_one_fails()
    {
        TakeLeaveOfA(Task.FromException(new InvalidCastException()));
        TestBalancer balancer = await StartOverDoublesAsync(1, _a, _b);
        await balancer.DisposeAsync();
        Assert.False(_doubles.Health.IsWatched(_b.Backend));
        Assert.All(_doubles.Made, connection => Assert.Equal(1, connection.Disposals));
    }

    [Fact]
    public async Task Who_disposes_again_waits_for_the_same_end()
    {
        TaskCompletionSource farewell = new();
        TakeLeaveOfA(farewell.Task);
        await using TestBalancer balancer = await StartOverDoublesAsync(1, _a);
        Task end = balancer.Run(() => balancer.Pool.DisposeAsync().AsTask());
        Task again = balancer.Run(() => balancer.Pool.DisposeAsync().AsTask());
        Assert.False(end.IsCompleted || again.IsCompleted);
        balancer.Run(() => farewell.TrySetResult());
        Assert.True(end.IsCompletedSuccessfully && again.IsCompletedSuccessfully);
        Assert.Equal(1, Assert.Single(_doubles.Made).Disposals);
    }

    [Fact]
    public async Task Everybody_who_waits_to_replace_is_told_of_the_end()
    {
        TaskCompletionSource farewell = new();
        TakeLeaveOfA(farewell.Task);
        await using TestBalancer balancer = await StartOverDoublesAsync(1, _a);
        Task end = balancer.Run(() => balancer.Pool.DisposeAsync().AsTask());
        Task[] waiting = [.. Enumerable.Range(0, 3).Select(_ => balancer.Run(() => balancer.Pool.ReplaceAsync([_b.Backend], default).AsTask()))];
        balancer.Run(() => farewell.TrySetResult());
        Assert.True(end.IsCompletedSuccessfully);
        foreach (Task replacing in waiting)
        {
            await Assert.ThrowsAsync<ObjectDisposedException>(() => replacing.WaitAsync(WireEnd.Patience)); // they are told on the thread pool
        }

        await Assert.ThrowsAsync<ObjectDisposedException>(() => balancer.ReplaceAsync(_b));
    }

    [Fact]
    public async Task Waiting_requests_go_to_the_backends_that_come()
    {
        await using TestBalancer balancer = await StartAsync(1, _a);
        HeldRequest holder = balancer.Hold();
        HeldRequest waiting = balancer.Hold();
        Assert.Null(waiting.Answer);
        await balancer.ReplaceAsync(_b);
        balancer.Time.RunUntilIdle(); // its first check
        Assert.Equal(_b.Backend, waiting.Backend);
        waiting.End();
        holder.End();
    }

    [Fact]
    public async Task Cancelled_replacement_changes_nothing()
    {
        await using TestBalancer balancer = await StartAsync(1, _a);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => balancer.Pool.ReplaceAsync([_b.Backend], new CancellationToken(true)).AsTask());
        Assert.Equal([_a.Backend], balancer.Pool.Backends);
    }

    [Fact]
    public async Task Two_hundred_replacements_under_load_fail_no_request_and_lose_no_slot()
    {
        await using PoolScene scene = await OpenAsync(new PoolOptions { ConnectionsPerBackend = 4, MaxQueue = 64 }, A, B);
        scene.World.Send = async (_, _, _) =>
        {
            await Task.Yield();
            return new ProxyResponse();
        };
        using CancellationTokenSource stop = new();
        Task<int>[] clients = [.. Enumerable.Range(0, 16).Select(_ => Task.Run(() => CountFailuresAsync(scene, stop.Token)))];
        Backend[][] sets = [[A, B], [B, C], [C], [A, B, C], [C, A]];
        for (int i = 0; i < 200; i++)
        {
            Backend[] set = sets[i % sets.Length];
            await scene.Pool.ReplaceAsync(set, default);
            ProxyResponse response = await scene.FetchAndDisposeAsync();
            Assert.Contains(response.Backend, set);
        }

        await scene.Pool.ReplaceAsync([A, B, C], default);
        await stop.CancelAsync();
        Assert.All(await Task.WhenAll(clients), failures => Assert.Equal(0, failures));
        Dictionary<Backend, int> slots = await scene.CountSlotsAsync(12);
        Assert.All(slots.Values, count => Assert.Equal(4, count));
    }

    private static async Task<int> CountFailuresAsync(PoolScene scene, CancellationToken stop)
    {
        int failures = 0;
        while (!stop.IsCancellationRequested)
        {
            failures += (await scene.FetchAndDisposeAsync()).StatusCode == 200 ? 0 : 1;
        }

        return failures;
    }

    private Task<TestBalancer> StartOverDoublesAsync(int n, params TestBackend[] backends) =>
        StartAsync(n, new BalancerParts { Connections = _doubles, HealthMonitor = _doubles, Events = _events, Loggers = _log }, backends);

    // What the end of the subscription to the health of A waits for, or fails by.
    private void TakeLeaveOfA(Task farewell) => _doubles.Farewell = backend => backend.Equals(_a.Backend) ? farewell : null;
}

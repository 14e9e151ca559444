using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using GoAround.Core.Pool;
using GoAround.Core.Tests.Wire;
using Microsoft.Extensions.Logging;
using Xunit;
using static GoAround.Core.Tests.Pool.PoolScene;

namespace GoAround.Core.Tests.Pool;

public sealed class BackendPoolReplaceTests
{
    [Fact]
    public async Task Change_is_counted_told_and_logged_once()
    {
        await using PoolScene scene = await OpenAsync(Options(2), A, B);
        BackendChange change = await scene.Pool.ReplaceAsync([C, B, C], default);
        Assert.Equal(new BackendChange(2, 1, 1), change);
        Assert.Equal([C, B], scene.Pool.Backends);
        Assert.Equal([new BackendChange(2, 2, 0), change], scene.Events.Changes);
        Assert.Equal([A], scene.World.Retired);
        Assert.Equal(2, scene.Log.Lines.Count(line => line is { Id: 2000, Level: LogLevel.Information }));
        await scene.CountSlotsAsync(4);
    }

    [Fact]
    public async Task Staying_backend_keeps_its_connections_and_its_subscription()
    {
        await using PoolScene scene = await OpenAsync(Options(2), A, B);
        ScriptedHealth health = scene.World.HealthOf(B);
        await scene.Pool.ReplaceAsync([B], default);
        await scene.Pool.ReplaceAsync([B], default);
        Assert.Same(health, scene.World.HealthOf(B));
        Assert.False(health.IsDisposed);
        Assert.Equal(2, scene.World.CountOpen(B));
        Assert.Equal(4, scene.World.Made.Count);
    }

    [Fact]
    public async Task Removed_backend_finishes_what_it_carries_and_takes_nothing_new()
    {
        PoolScene scene = await OpenAsync(Options(2), A);
        ProxyResponse onA = await scene.FetchAsync();
        await scene.Pool.ReplaceAsync([B], default);
        for (int i = 0; i < 10; i++)
        {
            Assert.Equal(B, (await scene.FetchAndDisposeAsync()).Backend);
        }

        await onA.DisposeAsync();
        Assert.Equal(2, (await scene.CountSlotsAsync(2))[B]);
        Assert.Equal([A], scene.World.Retired);
        await scene.DisposeAsync();
        Assert.All(scene.World.Made, connection => Assert.Equal(1, connection.Disposals));
    }

    [Fact]
    public async Task Backend_that_comes_back_while_it_still_drains_keeps_its_cap()
    {
        await using PoolScene scene = await OpenAsync(Options(3), A);
        ProxyResponse old1 = await scene.FetchAsync();
        ProxyResponse old2 = await scene.FetchAsync();
        await scene.Pool.ReplaceAsync([], default);
        await scene.Pool.ReplaceAsync([A], default);
        ProxyResponse new1 = await scene.FetchAsync();
        Task<ProxyResponse> new2 = scene.FetchAsync();
        Assert.False(new2.IsCompleted);

        await scene.Pool.ReplaceAsync([B], default);
        await scene.Pool.ReplaceAsync([A], default);
        Task<ProxyResponse> new3 = scene.FetchAsync();
        Assert.False(new3.IsCompleted);
        await old1.DisposeAsync();
        await using ProxyResponse held = await new3;
        Task<ProxyResponse> new4 = scene.FetchAsync();
        Assert.False(new4.IsCompleted);
        await new1.DisposeAsync();
        await (await new4).DisposeAsync();
        await old2.DisposeAsync();
        await held.DisposeAsync();
        await (await new2).DisposeAsync();
        await scene.CountSlotsAsync(3);
    }

    [Fact]
    public async Task Nothing_changes_if_a_connection_cannot_be_made()
    {
        await using PoolScene scene = await OpenAsync(Options(2), A);
        scene.World.RefusesToMake = backend => backend == C;
        await Assert.ThrowsAsync<InvalidOperationException>(() => scene.Pool.ReplaceAsync([B, C], default).AsTask());
        Assert.Equal([A], scene.Pool.Backends);
        Assert.Equal(0, scene.World.CountOpen(B));
        Assert.True(scene.World.HealthOf(B).IsDisposed);
        Assert.True(scene.World.HealthOf(C).IsDisposed);
        Assert.Equal(2, (await scene.CountSlotsAsync(2))[A]);
    }

    [Fact]
    public async Task Backends_that_cannot_be_made_are_forgotten_by_the_factory_whatever_fails_then()
    {
        await using PoolScene scene = await OpenAsync(Options(2), A);
        Backend d = Backend.Parse("http://10.0.0.4");
        scene.World.RefusesToMake = backend => backend == d;
        scene.World.RefusesToRetire = backend => backend == B;
        InvalidCastException bug = new();
        scene.World.DisposalFault = backend => backend == B ? bug : null;
        await Assert.ThrowsAsync<InvalidOperationException>(() => scene.Pool.ReplaceAsync([B, C, d], default).AsTask());
        Assert.Equal([B, C, d], scene.World.Retired);
        Assert.All([B, C, d], backend => Assert.True(scene.World.HealthOf(backend).IsDisposed));
        Assert.Equal((0, 0), (scene.World.CountOpen(B), scene.World.CountOpen(C)));
        Assert.Equal([2003, 2003, 2007], scene.Log.Lines.Where(line => line.Level == LogLevel.Error).Select(line => line.Id));
    }

    [Fact]
    public async Task Farewell_that_fails_is_logged_and_keeps_no_other_from_its_own()
    {
        await using PoolScene scene = await OpenAsync(Options(1), A, B);
        scene.World.RefusesToRetire = backend => backend == A;
        scene.World.HealthOf(A).Disposal = Task.FromException(new InvalidCastException());
        BackendChange change = await scene.Pool.ReplaceAsync([C], default);
        Assert.Equal(new BackendChange(1, 1, 2), change);
        Assert.Equal(change, scene.Events.Changes.Last());
        Assert.Equal([A, B], scene.World.Retired);
        Assert.True(scene.World.HealthOf(A).IsDisposed);
        Assert.True(scene.World.HealthOf(B).IsDisposed);
        Assert.Equal([2007, 2007], scene.Log.Lines.Where(line => line.Level == LogLevel.Error).Select(line => line.Id));
    }

    [Fact]
    public async Task End_of_the_pool_stops_every_check_and_disposes_every_connection_although_one_fails()
    {
        PoolScene scene = await OpenAsync(Options(1), A, B);
        scene.World.HealthOf(A).Disposal = Task.FromException(new InvalidCastException());
        await scene.DisposeAsync();
        Assert.True(scene.World.HealthOf(B).IsDisposed);
        Assert.All(scene.World.Made, connection => Assert.Equal(1, connection.Disposals));
    }

    [Fact]
    public async Task Who_disposes_again_waits_for_the_same_end()
    {
        PoolScene scene = await OpenAsync(Options(1), A);
        TaskCompletionSource disposal = new();
        scene.World.HealthOf(A).Disposal = disposal.Task;
        Task end = scene.DisposeAsync().AsTask();
        Task again = scene.DisposeAsync().AsTask();
        Assert.False(again.IsCompleted);
        disposal.SetResult();
        await end.WaitAsync(WireEnd.Patience);
        await again.WaitAsync(WireEnd.Patience);
        Assert.Equal(1, Assert.Single(scene.World.Made).Disposals);
    }

    [Fact]
    public async Task Everybody_who_waits_to_replace_is_told_of_the_end()
    {
        PoolScene scene = await OpenAsync(Options(1), A);
        TaskCompletionSource disposal = new();
        scene.World.HealthOf(A).Disposal = disposal.Task;
        Task end = scene.DisposeAsync().AsTask();
        Task[] waiting = [.. Enumerable.Range(0, 3).Select(_ => scene.Pool.ReplaceAsync([B], default).AsTask())];
        disposal.SetResult();
        await end.WaitAsync(WireEnd.Patience);
        foreach (Task replacing in waiting)
        {
            await Assert.ThrowsAsync<ObjectDisposedException>(() => replacing.WaitAsync(WireEnd.Patience));
        }

        await Assert.ThrowsAsync<ObjectDisposedException>(() => scene.Pool.ReplaceAsync([B], default).AsTask());
    }

    [Fact]
    public async Task Waiting_requests_go_to_the_backends_that_come()
    {
        await using PoolScene scene = await OpenAsync(Options(1), A);
        ProxyResponse holder = await scene.FetchAsync();
        Task<ProxyResponse> waiting = scene.FetchAsync();
        await scene.Pool.ReplaceAsync([B], default);
        Assert.Equal(B, (await waiting).Backend);
        await (await waiting).DisposeAsync();
        await holder.DisposeAsync();
    }

    [Fact]
    public async Task Cancelled_replacement_changes_nothing()
    {
        await using PoolScene scene = await OpenAsync(Options(1), A);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => scene.Pool.ReplaceAsync([B], new CancellationToken(true)).AsTask());
        Assert.Equal([A], scene.Pool.Backends);
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
}

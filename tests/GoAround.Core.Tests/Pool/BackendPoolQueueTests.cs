using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using GoAround.Core.Pool;
using Xunit;
using static GoAround.Core.Tests.Pool.PoolScene;

namespace GoAround.Core.Tests.Pool;

public sealed class BackendPoolQueueTests
{
    [Fact]
    public async Task Requests_wait_in_order()
    {
        await using PoolScene scene = await OpenAsync(Options(1), A);
        ProxyResponse holder = await scene.FetchAsync();
        List<Task<ProxyResponse>> waiting = [.. Enumerable.Range(0, 100).Select(_ => scene.FetchAsync())];
        Assert.Equal(100, scene.Pool.QueueLength);
        await holder.DisposeAsync();
        for (int i = 0; i < waiting.Count; i++)
        {
            Assert.True(waiting[i].IsCompletedSuccessfully);
            Assert.True(i == 99 || !waiting[i + 1].IsCompleted);
            await (await waiting[i]).DisposeAsync();
        }

        Assert.Equal(0, scene.Pool.QueueLength);
        Assert.Equal(100, scene.Events.Queue.Count(left => left.Served));
        await scene.CountSlotsAsync(1);
    }

    [Fact]
    public async Task One_more_than_may_wait_is_answered_503_at_once()
    {
        await using PoolScene scene = await OpenAsync(new PoolOptions { ConnectionsPerBackend = 1, MaxQueue = 2 }, A);
        ProxyResponse holder = await scene.FetchAsync();
        Task<ProxyResponse> first = scene.FetchAsync();
        Task<ProxyResponse> second = scene.FetchAsync();
        await using ProxyResponse refused = await scene.FetchAsync();
        Assert.Equal((503, ProxyError.ConnectionLimitReached), (refused.StatusCode, refused.Error));
        Assert.True(refused.Fields.Contains("Retry-After"u8));
        Assert.Equal(0, refused.Attempts);
        await holder.DisposeAsync();
        await (await first).DisposeAsync();
        await (await second).DisposeAsync();
    }

    [Fact]
    public async Task No_queue_at_all_still_serves_who_finds_a_slot()
    {
        await using PoolScene scene = await OpenAsync(new PoolOptions { ConnectionsPerBackend = 1, MaxQueue = 0 }, A);
        ProxyResponse holder = await scene.FetchAsync();
        Assert.Equal(503, (await scene.FetchAndDisposeAsync()).StatusCode);
        await holder.DisposeAsync();
        Assert.Equal(200, (await scene.FetchAndDisposeAsync()).StatusCode);
    }

    [Fact]
    public async Task Who_waits_too_long_is_answered_503()
    {
        await using PoolScene scene = await OpenAsync(Options(1), A);
        ProxyResponse holder = await scene.FetchAsync();
        Task<ProxyResponse> early = scene.FetchAsync();
        scene.Time.Advance(TimeSpan.FromSeconds(5));
        Task<ProxyResponse> late = scene.FetchAsync();
        scene.Time.Advance(TimeSpan.FromSeconds(4.9));
        Assert.False(early.IsCompleted);
        scene.Time.Advance(TimeSpan.FromSeconds(0.2));
        await using ProxyResponse refused = await early;
        Assert.Equal((503, ProxyError.ConnectionLimitReached), (refused.StatusCode, refused.Error));
        Assert.True(refused.Fields.Contains("Retry-After"u8));
        Assert.False(late.IsCompleted);
        (TimeSpan waited, bool served) = Assert.Single(scene.Events.Queue);
        Assert.False(served);
        Assert.InRange(waited.TotalSeconds, 10, 10.2);
        await holder.DisposeAsync();
        Assert.Equal(200, (await late).StatusCode);
        await (await late).DisposeAsync();
    }

    [Fact]
    public async Task Who_leaves_while_waiting_leaves_at_once_and_takes_nothing_along()
    {
        await using PoolScene scene = await OpenAsync(Options(1), A);
        ProxyResponse holder = await scene.FetchAsync();
        using CancellationTokenSource client = new();
        Task<ProxyResponse> leaving = scene.FetchAsync(cancellationToken: client.Token);
        Task<ProxyResponse> staying = scene.FetchAsync();
        await client.CancelAsync();
        OperationCanceledException left = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => leaving);
        Assert.Equal(client.Token, left.CancellationToken);
        Assert.Equal(1, scene.Pool.QueueLength);
        await holder.DisposeAsync();
        await (await staying).DisposeAsync();
        await scene.CountSlotsAsync(1);
    }

    [Fact]
    public async Task No_backend_is_503_at_once()
    {
        await using PoolScene scene = await OpenAsync(Options(1));
        await using ProxyResponse refused = await scene.FetchAsync();
        Assert.Equal((503, ProxyError.DestinationUnavailable), (refused.StatusCode, refused.Error));
        Assert.True(refused.Fields.Contains("Retry-After"u8));
    }

    [Fact]
    public async Task Everybody_who_waits_is_answered_503_when_the_last_healthy_backend_goes()
    {
        await using PoolScene scene = await OpenAsync(Options(1), A, B);
        ProxyResponse first = await scene.FetchAsync();
        ProxyResponse second = await scene.FetchAsync();
        List<Task<ProxyResponse>> waiting = [.. Enumerable.Range(0, 10).Select(_ => scene.FetchAsync())];
        scene.World.HealthOf(A).Push(HealthState.Unhealthy);
        Assert.DoesNotContain(waiting, fetch => fetch.IsCompleted);
        scene.World.HealthOf(B).Push(HealthState.Unhealthy);
        Assert.All(await Task.WhenAll(waiting), refused => Assert.Equal(503, refused.StatusCode));
        Assert.Equal(503, (await scene.FetchAndDisposeAsync()).StatusCode);
        await first.DisposeAsync();
        scene.World.HealthOf(B).Push(HealthState.Healthy);
        await second.DisposeAsync();
        Assert.Equal(B, (await scene.FetchAndDisposeAsync()).Backend);
        scene.World.HealthOf(A).Push(HealthState.Healthy);
        await scene.CountSlotsAsync(2);
    }

    [Fact]
    public async Task Requests_wait_for_the_first_check_of_an_unknown_backend()
    {
        await using PoolScene scene = await OpenUnknownAsync(Options(2), A, B);
        Task firstCheck = scene.Pool.WaitForFirstCheckAsync(default);
        Task<ProxyResponse> waiting = scene.FetchAsync();
        Assert.False(waiting.IsCompleted);
        scene.World.HealthOf(A).Push(HealthState.Unhealthy);
        Assert.False(waiting.IsCompleted);
        Assert.False(firstCheck.IsCompleted);
        scene.World.HealthOf(B).Push(HealthState.Healthy);
        await using ProxyResponse response = await waiting;
        Assert.Equal(B, response.Backend);
        await firstCheck;
        Assert.Equal([(A, HealthState.Unhealthy), (B, HealthState.Healthy)], scene.Events.Health);
        Assert.Contains(scene.Log.Lines, line => line.Id == 2002 && line.Text.Contains(A.Address, StringComparison.Ordinal));
        Assert.Contains(scene.Log.Lines, line => line.Id == 2001 && line.Text.Contains(B.Address, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Waiting_for_the_first_check_can_be_given_up()
    {
        await using PoolScene scene = await OpenUnknownAsync(Options(2), A);
        using CancellationTokenSource give = new();
        Task firstCheck = scene.Pool.WaitForFirstCheckAsync(give.Token);
        await give.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => firstCheck);
    }

    [Fact]
    public async Task Retry_that_waits_for_the_other_backend_lets_others_have_the_one_it_tried()
    {
        await using PoolScene scene = await OpenAsync(Options(1), A, B);
        ProxyResponse onA = await scene.FetchAsync();
        ProxyResponse onB = await scene.FetchAsync();
        Assert.Equal((A, B), (onA.Backend, onB.Backend));
        int sends = 0;
        scene.World.Send = (_, _, _) => sends++ == 0 ? throw Failure() : new(new ProxyResponse());
        Task<ProxyResponse> retrier = scene.FetchAsync();
        await onA.DisposeAsync(); // the retrier fails at A and waits for B
        Assert.False(retrier.IsCompleted);
        ProxyResponse newcomer = await scene.FetchAsync();
        Assert.Equal(A, newcomer.Backend);
        await newcomer.DisposeAsync();
        await onB.DisposeAsync();
        await using ProxyResponse answer = await retrier;
        Assert.Equal((B, 2), (answer.Backend, answer.Attempts));
    }

    [Fact]
    public async Task Retry_whose_last_hope_goes_is_answered_with_its_failure()
    {
        await using PoolScene scene = await OpenAsync(Options(1), A, B);
        ProxyResponse onA = await scene.FetchAsync();
        ProxyResponse onB = await scene.FetchAsync();
        scene.World.Send = (_, _, _) => throw Failure();
        Task<ProxyResponse> retrier = scene.FetchAsync();
        await onA.DisposeAsync();
        scene.World.HealthOf(B).Push(HealthState.Unhealthy);
        Assert.Equal(502, (await retrier).StatusCode);
        await onB.DisposeAsync();
    }

    [Fact]
    public async Task Chain_of_failures_at_once_does_not_overflow_the_stack()
    {
        await using PoolScene scene = await OpenAsync(new PoolOptions { ConnectionsPerBackend = 1, MaxQueue = 100_000 }, A);
        ProxyResponse holder = await scene.FetchAsync();
        scene.World.Send = (_, _, _) => throw Failure();
        List<Task<ProxyResponse>> waiting = [.. Enumerable.Range(0, 20_000).Select(_ => scene.FetchAsync())];
        await holder.DisposeAsync();
        Assert.All(await Task.WhenAll(waiting), response => Assert.Equal(502, response.StatusCode));
        await scene.CountSlotsAsync(1);
    }

    [Fact]
    public async Task Disposed_pool_answers_503_to_everybody_and_disposes_every_connection()
    {
        PoolScene scene = await OpenAsync(Options(3), A);
        List<ProxyResponse> held = [await scene.FetchAsync(), await scene.FetchAsync(), await scene.FetchAsync()];
        Task<ProxyResponse> waiting = scene.FetchAsync();
        await held[0].DisposeAsync();
        held[0] = await waiting;
        waiting = scene.FetchAsync();
        await scene.DisposeAsync();
        ProxyResponse refused = await waiting;
        Assert.Equal((503, ProxyError.ProxyInternalResponse), (refused.StatusCode, refused.Error));
        Assert.Equal(503, (await scene.FetchAndDisposeAsync()).StatusCode);
        Assert.All(scene.World.Made, connection => Assert.Equal(1, connection.Disposals));
        Assert.True(scene.World.HealthOf(A).IsDisposed);
        foreach (ProxyResponse response in held)
        {
            await response.DisposeAsync();
        }

        await scene.DisposeAsync();
        Assert.All(scene.World.Made, connection => Assert.Equal(1, connection.Disposals));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => scene.Pool.ReplaceAsync([A], default).AsTask());
    }
}

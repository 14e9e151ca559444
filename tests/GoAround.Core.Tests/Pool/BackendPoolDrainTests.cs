using System;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using GoAround.Core.Tests.Wire;
using Xunit;
using static GoAround.Core.Tests.Pool.PoolScene;

namespace GoAround.Core.Tests.Pool;

public sealed class BackendPoolDrainTests
{
    [Fact]
    public async Task Draining_backend_takes_nothing_new_and_its_end_is_told_when_its_last_request_has_ended()
    {
        await using PoolScene scene = await OpenAsync(Options(2), A, B);
        ProxyResponse first = await FetchFromAsync(scene, A);
        ProxyResponse second = await FetchFromAsync(scene, A);
        Task drained = scene.Pool.DrainAsync(A, default);
        Assert.True(scene.StatusOf(A) is { IsDraining: true, Limit: 0, InFlight: 2, State: HealthState.Healthy });
        for (int i = 0; i < 10; i++)
        {
            Assert.Equal(B, (await scene.FetchAndDisposeAsync()).Backend);
        }

        await first.DisposeAsync();
        Assert.False(drained.IsCompleted);
        await second.DisposeAsync();
        await drained;
        Assert.Equal(0, scene.StatusOf(A).InFlight);
        Assert.Equal(2, (await scene.CountSlotsAsync(2))[B]);
        Assert.Equal([2005], scene.Log.Lines.Select(line => line.Id).Where(id => id >= 2005));
    }

    [Fact]
    public async Task Idle_backend_is_empty_at_once_and_so_is_one_that_is_not_there()
    {
        await using PoolScene scene = await OpenAsync(Options(2), A);
        Assert.True(scene.Pool.DrainAsync(A, default).IsCompletedSuccessfully);
        Assert.True(scene.Pool.DrainAsync(A, default).IsCompletedSuccessfully);
        Assert.True(scene.Pool.DrainAsync(C, default).IsCompletedSuccessfully);
    }

    [Fact]
    public async Task Everybody_is_answered_503_when_the_last_backend_drains()
    {
        await using PoolScene scene = await OpenAsync(Options(1), A, B);
        ProxyResponse onA = await FetchFromAsync(scene, A);
        ProxyResponse onB = await FetchFromAsync(scene, B);
        Task<ProxyResponse> waiting = scene.FetchAsync();
        Task emptyA = scene.Pool.DrainAsync(A, default);
        Assert.False(waiting.IsCompleted);
        Task emptyB = scene.Pool.DrainAsync(B, default);
        Assert.Equal((503, ProxyError.DestinationUnavailable), ((await waiting).StatusCode, (await waiting).Error));
        Assert.Equal(503, (await scene.FetchAndDisposeAsync()).StatusCode);
        await onA.DisposeAsync();
        await onB.DisposeAsync();
        await Task.WhenAll(emptyA, emptyB);
        Assert.True(scene.Pool.EndDrain(B));
        Assert.Equal(B, (await scene.FetchAndDisposeAsync()).Backend);
    }

    [Fact]
    public async Task Resumed_backend_takes_requests_and_who_waited_for_its_end_is_told()
    {
        await using PoolScene scene = await OpenAsync(Options(1), A);
        ProxyResponse held = await scene.FetchAsync();
        Task drained = scene.Pool.DrainAsync(A, default);
        Assert.True(scene.Pool.EndDrain(A));
        Assert.False(scene.Pool.EndDrain(A));
        Assert.False(scene.Pool.EndDrain(C));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => drained);
        Task<ProxyResponse> waiting = scene.FetchAsync();
        await held.DisposeAsync();
        Assert.Equal(A, (await waiting).Backend);
        await (await waiting).DisposeAsync();
        await scene.CountSlotsAsync(1);
        Assert.Equal([2005, 2006], scene.Log.Lines.Select(line => line.Id).Where(id => id >= 2005));
    }

    [Fact]
    public async Task Waiting_for_the_end_can_be_given_up_while_the_backend_goes_on_draining()
    {
        await using PoolScene scene = await OpenAsync(Options(1), A, B);
        ProxyResponse held = await FetchFromAsync(scene, A);
        using CancellationTokenSource give = new();
        Task drained = scene.Pool.DrainAsync(A, give.Token);
        Task other = scene.Pool.DrainAsync(A, default);
        await give.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => drained);
        Assert.True(scene.StatusOf(A).IsDraining);
        await held.DisposeAsync();
        await other;
    }

    [Fact]
    public async Task Backend_that_turns_healthy_while_it_drains_takes_nothing()
    {
        await using PoolScene scene = await OpenAsync(Options(2), A, B);
        await scene.Pool.DrainAsync(A, default);
        scene.World.HealthOf(A).Push(HealthState.Unhealthy);
        scene.World.HealthOf(A).Push(HealthState.Healthy);
        Assert.Equal(2, (await scene.CountSlotsAsync(2))[B]);
        scene.Pool.EndDrain(A);
        await scene.CountSlotsAsync(4);
    }

    [Fact]
    public async Task Replacement_that_keeps_a_backend_lets_it_go_on_draining()
    {
        await using PoolScene scene = await OpenAsync(Options(1), A, B);
        ProxyResponse held = await FetchFromAsync(scene, A);
        Task drained = scene.Pool.DrainAsync(A, default);
        await scene.Pool.ReplaceAsync([A.WithWeight(2), B, C], default);
        Assert.True(scene.StatusOf(A).IsDraining);
        await held.DisposeAsync();
        await drained;
    }

    [Fact]
    public async Task Replacement_that_drops_a_backend_completes_its_drain_with_its_last_request()
    {
        await using PoolScene scene = await OpenAsync(Options(1), A, B);
        ProxyResponse held = await FetchFromAsync(scene, A);
        Task drained = scene.Pool.DrainAsync(A, default);
        await scene.Pool.ReplaceAsync([B], default);
        Task later = scene.Pool.DrainAsync(A, default); // it still carries something
        Assert.False(drained.IsCompleted || later.IsCompleted);
        await held.DisposeAsync();
        await drained;
        await later;
        Assert.True(scene.Pool.DrainAsync(A, default).IsCompletedSuccessfully);
    }

    [Fact]
    public async Task Drain_waits_also_for_what_a_backend_carries_from_before_it_was_removed_and_came_back()
    {
        await using PoolScene scene = await OpenAsync(Options(2), A, B);
        ProxyResponse old = await FetchFromAsync(scene, A);
        await scene.Pool.ReplaceAsync([B], default);
        await scene.Pool.ReplaceAsync([A, B], default);
        Assert.Equal(1, scene.StatusOf(A).InFlight);
        Task drained = scene.Pool.DrainAsync(A, default);
        Assert.False(drained.IsCompleted);
        await old.DisposeAsync();
        await drained;
        scene.Pool.EndDrain(A);
        await scene.CountSlotsAsync(4);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Slot_that_is_just_being_given_back_when_its_backend_goes_is_found(bool isRemoved)
    {
        await using PoolScene scene = await OpenAsync(Options(1), A, B);
        ProxyResponse held = await FetchFromAsync(scene, A);
        Task going = Task.CompletedTask;
        scene.World.NextHealthRead = _ => going = isRemoved ? scene.Pool.ReplaceAsync([B], default).AsTask() : scene.Pool.DrainAsync(A, default);
        await held.DisposeAsync(); // it found the backend in service, and writes the slot after it went
        await going;
        Assert.Null(scene.World.NextHealthRead);
        Assert.True(scene.Pool.DrainAsync(A, default).IsCompletedSuccessfully);
        await scene.CountSlotsAsync(1);
    }

    [Fact]
    public async Task Slot_that_is_just_being_taken_when_its_backend_drains_keeps_it_from_being_empty()
    {
        await using PoolScene scene = await OpenAsync(Options(1), A);
        Task drained = Task.CompletedTask;
        scene.World.NextHealthRead = _ => drained = scene.Pool.DrainAsync(A, default);
        ProxyResponse late = await scene.FetchAsync(); // it found the backend in service
        Assert.Equal(A, late.Backend);
        Assert.False(drained.IsCompleted);
        await late.DisposeAsync();
        await drained;
    }

    [Fact]
    public async Task Backend_whose_last_slot_is_drawn_by_another_change_is_told_to_be_empty()
    {
        await using PoolScene scene = await OpenAsync(Options(1), A, B);
        ProxyResponse held = await FetchFromAsync(scene, A);
        Task drained = Task.CompletedTask;
        Task replaced = Task.CompletedTask;
        scene.World.NextHealthRead = _ =>
        {
            drained = scene.Pool.DrainAsync(A, default);

            // Just before the slot's giver, who wrote it after the drain, has swept it up.
            scene.World.NextHealthRead = _ => replaced = scene.Pool.ReplaceAsync([A, B], default).AsTask();
        };
        await held.DisposeAsync(); // it found the backend in service
        Assert.Null(scene.World.NextHealthRead);
        await replaced;
        await drained.WaitAsync(WireEnd.Patience);
        await scene.CountSlotsAsync(1);
    }

    [Fact]
    public async Task End_of_the_pool_is_the_end_of_waiting()
    {
        PoolScene scene = await OpenAsync(Options(1), A);
        ProxyResponse held = await scene.FetchAsync();
        Task drained = scene.Pool.DrainAsync(A, default);
        await scene.DisposeAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => drained);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => scene.Pool.DrainAsync(A, default));
        await held.DisposeAsync();
    }

    private static async Task<ProxyResponse> FetchFromAsync(PoolScene scene, Backend backend)
    {
        while (true)
        {
            ProxyResponse response = await scene.FetchAsync();
            if (backend.Equals(response.Backend))
            {
                return response;
            }

            await response.DisposeAsync();
        }
    }
}

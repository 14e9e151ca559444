using System;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using GoAround.Core.Hosting;
using GoAround.Core.Tests.Wire;
using GoAround.Testing;
using Xunit;
using static GoAround.Core.Tests.Pool.TestedPool;

namespace GoAround.Core.Tests.Pool;

/// <summary>With the test kit; its connections are doubles where the point is a moment while the pool looks at one.</summary>
#pragma warning disable CA1001 // its doubles and its log hold nothing
public sealed class BackendPoolDrainTests
{
    private readonly TestBackend _a = new("http://a");
    private readonly TestBackend _b = new("http://b");
    private readonly TestBackend _c = new("http://c");
    private readonly ScriptedBackends _doubles = new();
    private readonly RecordedLogs _log = new();

    [Fact]
    public async Task Draining_backend_takes_nothing_new_and_its_end_is_told_when_its_last_request_has_ended()
    {
        await using TestBalancer balancer = await StartAsync(2, new BalancerParts { Loggers = _log }, _a, _b);
        HeldRequest first = balancer.HoldOn(_a);
        HeldRequest second = balancer.HoldOn(_a);
        Task drained = balancer.BeginDrain(_a);
        Assert.True(balancer.StatusOf(_a) is { IsDraining: true, Limit: 0, InFlight: 2, State: HealthState.Healthy });
        for (int i = 0; i < 10; i++)
        {
            Assert.Equal(_b.Backend, await balancer.AskAsync());
        }

        first.End();
        Assert.False(drained.IsCompleted);
        second.End();
        Assert.True(drained.IsCompletedSuccessfully);
        Assert.Equal((0, 0), (balancer.StatusOf(_a).InFlight, _a.InFlight));
        balancer.ExpectSlots(2, _b);
        Assert.Equal([2005], IdsFromDrainOn());
    }

    [Fact]
    public async Task Idle_backend_is_empty_at_once_and_so_is_one_that_is_not_there()
    {
        await using TestBalancer balancer = await StartAsync(2, _a);
        Assert.True(balancer.BeginDrain(_a).IsCompletedSuccessfully);
        Assert.True(balancer.BeginDrain(_a).IsCompletedSuccessfully);
        Assert.True(balancer.BeginDrain(_c).IsCompletedSuccessfully);
    }

    [Fact]
    public async Task Everybody_is_answered_503_when_the_last_backend_drains()
    {
        await using TestBalancer balancer = await StartAsync(1, _a, _b);
        HeldRequest onA = balancer.HoldOn(_a);
        HeldRequest onB = balancer.HoldOn(_b);
        Task<TestAnswer> waiting = balancer.Begin("GET", "/");
        Task emptyA = balancer.BeginDrain(_a);
        Assert.False(waiting.IsCompleted);
        Task emptyB = balancer.BeginDrain(_b);
        Assert.Equal((503, ProxyError.DestinationUnavailable), (waiting.Now().StatusCode, waiting.Now().Error));
        Assert.Equal(503, (await balancer.SendAsync("GET", "/")).StatusCode);
        onA.End();
        onB.End();
        Assert.True(emptyA.IsCompletedSuccessfully && emptyB.IsCompletedSuccessfully);
        Assert.True(balancer.EndDrain(_b));
        Assert.Equal(_b.Backend, await balancer.AskAsync());
    }

    [Fact]
    public async Task Resumed_backend_takes_requests_and_who_waited_for_its_end_is_told()
    {
        await using TestBalancer balancer = await StartAsync(1, new BalancerParts { Loggers = _log }, _a);
        HeldRequest held = balancer.Hold();
        Task drained = balancer.BeginDrain(_a);
        Assert.True(balancer.EndDrain(_a));
        Assert.False(balancer.EndDrain(_a));
        Assert.False(balancer.EndDrain(_c));
        Assert.True(drained.IsCanceled);
        HeldRequest waiting = balancer.Hold();
        Assert.Null(waiting.Answer);
        held.End();
        Assert.Equal(_a.Backend, waiting.Backend);
        waiting.End();
        balancer.ExpectSlots(1, _a);
        Assert.Equal([2005, 2006], IdsFromDrainOn());
    }

    [Fact]
    public async Task Waiting_for_the_end_can_be_given_up_while_the_backend_goes_on_draining()
    {
        await using TestBalancer balancer = await StartAsync(1, _a, _b);
        HeldRequest held = balancer.HoldOn(_a);
        using CancellationTokenSource give = new();
        Task drained = balancer.BeginDrain(_a, give.Token);
        Task other = balancer.BeginDrain(_a);
        await give.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => drained);
        Assert.True(balancer.StatusOf(_a).IsDraining);
        Assert.False(other.IsCompleted);
        held.End();
        Assert.True(other.IsCompletedSuccessfully);
    }

    [Fact]
    public async Task Backend_that_turns_healthy_while_it_drains_takes_nothing()
    {
        await using TestBalancer balancer = await StartAsync(2, _a, _b);
        await balancer.DrainAsync(_a);
        _a.Die();
        balancer.Await(_a, HealthState.Unhealthy);
        _a.ComeBack();
        balancer.Await(_a, HealthState.Healthy);
        balancer.ExpectSlots(2, _b);
        balancer.EndDrain(_a);
        balancer.ExpectSlots(2, _a, _b);
    }

    [Fact]
    public async Task Replacement_that_keeps_a_backend_lets_it_go_on_draining()
    {
        await using TestBalancer balancer = await StartAsync(1, _a, _b);
        HeldRequest held = balancer.HoldOn(_a);
        Task drained = balancer.BeginDrain(_a);
        await balancer.ReplaceAsync(new TestBackend("http://a weight=2"), _b, _c);
        Assert.True(balancer.StatusOf(_a) is { IsDraining: true, Backend.Weight: 2 });
        Assert.False(drained.IsCompleted);
        held.End();
        Assert.True(drained.IsCompletedSuccessfully);
    }

    [Fact]
    public async Task Replacement_that_drops_a_backend_completes_its_drain_with_its_last_request()
    {
        await using TestBalancer balancer = await StartAsync(1, _a, _b);
        HeldRequest held = balancer.HoldOn(_a);
        Task drained = balancer.BeginDrain(_a);
        await balancer.ReplaceAsync(_b);
        Task later = balancer.BeginDrain(_a); // it still carries something
        Assert.False(drained.IsCompleted || later.IsCompleted);
        held.End();
        Assert.True(drained.IsCompletedSuccessfully && later.IsCompletedSuccessfully);
        Assert.True(balancer.BeginDrain(_a).IsCompletedSuccessfully);
    }

    [Fact]
    public async Task Drain_waits_also_for_what_a_backend_carries_from_before_it_was_removed_and_came_back()
    {
        await using TestBalancer balancer = await StartAsync(2, _a, _b);
        HeldRequest old = balancer.HoldOn(_a);
        await balancer.ReplaceAsync(_b);
        await balancer.ReplaceAsync(_a, _b);
        Assert.Equal(1, balancer.StatusOf(_a).InFlight);
        Task drained = balancer.BeginDrain(_a);
        Assert.False(drained.IsCompleted);
        old.End();
        Assert.True(drained.IsCompletedSuccessfully);
        balancer.EndDrain(_a);
        balancer.ExpectSlots(2, _a, _b);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Slot_that_is_just_being_given_back_when_its_backend_goes_is_found(bool isRemoved)
    {
        await using TestBalancer balancer = await StartOverDoublesAsync(_a, _b);
        HeldRequest held = balancer.HoldOn(_a);
        Task going = Task.CompletedTask;
        _doubles.NextHealthRead = _ => going = isRemoved ? balancer.ReplaceAsync(_b) : balancer.BeginDrain(_a);
        held.End(); // it found the backend in service, and writes the slot after it went
        Assert.True(going.IsCompletedSuccessfully);
        Assert.Null(_doubles.NextHealthRead);
        Assert.True(balancer.BeginDrain(_a).IsCompletedSuccessfully);
        balancer.ExpectSlots(1, _b);
    }

    [Fact]
    public async Task Slot_that_is_just_being_taken_when_its_backend_drains_keeps_it_from_being_empty()
    {
        await using TestBalancer balancer = await StartOverDoublesAsync(_a);
        Task drained = Task.CompletedTask;
        _doubles.NextHealthRead = _ => drained = balancer.BeginDrain(_a);
        HeldRequest late = balancer.Hold(); // it found the backend in service
        Assert.Equal(_a.Backend, late.Backend);
        Assert.False(drained.IsCompleted);
        late.End();
        Assert.True(drained.IsCompletedSuccessfully);
    }

    [Fact]
    public async Task Backend_whose_last_slot_is_drawn_by_another_change_is_told_to_be_empty()
    {
        await using TestBalancer balancer = await StartOverDoublesAsync(_a, _b);
        HeldRequest held = balancer.HoldOn(_a);
        Task drained = Task.CompletedTask;
        Task replaced = Task.CompletedTask;
        _doubles.NextHealthRead = _ =>
        {
            drained = balancer.BeginDrain(_a);

            // Just before the slot's giver, who wrote it after the drain, has swept it up.
            _doubles.NextHealthRead = _ => replaced = balancer.ReplaceAsync(_a, _b);
        };
        held.End(); // it found the backend in service
        Assert.Null(_doubles.NextHealthRead);
        Assert.True(replaced.IsCompletedSuccessfully && drained.IsCompletedSuccessfully);
        balancer.ExpectSlots(1, _b);
    }

    [Fact]
    public async Task End_of_the_pool_is_the_end_of_waiting()
    {
        TestBalancer balancer = await StartAsync(1, _a);
        HeldRequest held = balancer.Hold();
        Task drained = balancer.BeginDrain(_a);
        await balancer.DisposeAsync();
        Assert.True(drained.IsCanceled);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => balancer.DrainAsync(_a));
        held.End();
    }

    private Task<TestBalancer> StartOverDoublesAsync(params TestBackend[] backends) =>
        StartAsync(1, new BalancerParts { Connections = _doubles, HealthMonitor = _doubles }, backends);

    private int[] IdsFromDrainOn() => [.. _log.Lines.Select(line => line.Id).Where(id => id is >= 2005 and < 2100)];
}

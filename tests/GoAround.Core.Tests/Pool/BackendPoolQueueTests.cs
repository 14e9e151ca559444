using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using GoAround.Core.Hosting;
using GoAround.Core.Pool;
using GoAround.Core.Tests.Wire;
using GoAround.Testing;
using Xunit;
using static GoAround.Core.Tests.Pool.PoolScene;
using static GoAround.Core.Tests.Pool.TestedPool;

namespace GoAround.Core.Tests.Pool;

/// <summary>With the test kit; over doubles of the contract where a moment in between, or what the pool does to its connections, is the point.</summary>
public sealed class BackendPoolQueueTests
{
    [Fact]
    public async Task Requests_wait_in_order()
    {
        RecordedEvents events = new();
        TestBackend backend = new TestBackend("http://a").Takes(Second / 20);
        await using TestBalancer balancer = await StartAsync(1, new BalancerParts { Events = events }, backend);
        List<Task<TestAnswer>> asked = [.. Enumerable.Range(0, 101).Select(_ => balancer.Begin("GET", "/"))];
        Assert.Equal(100, balancer.Pool.QueueLength);
        for (int i = 1; i <= asked.Count; i++)
        {
            balancer.Advance(Second / 20);
            Assert.All(asked[..i], answer => Assert.True(answer.IsCompletedSuccessfully));
            Assert.DoesNotContain(asked[i..], answer => answer.IsCompleted);
        }

        Assert.Equal((0, 1), (balancer.Pool.QueueLength, backend.MostInFlight));
        Assert.Equal(100, events.Queue.Count(left => left.Served));
        balancer.ExpectSlots(1, backend);
    }

    [Fact]
    public async Task One_more_than_may_wait_is_answered_503_at_once()
    {
        await using TestBalancer balancer = await StartAsync(1, setup => setup.Options.Pool.MaxQueue = 2, new TestBackend("http://a").Takes(Second));
        List<Task<TestAnswer>> asked = [.. Enumerable.Range(0, 4).Select(_ => balancer.Begin("GET", "/"))];
        Assert.Equal([false, false, false, true], asked.Select(answer => answer.IsCompleted));
        TestAnswer refused = asked[3].Now();
        Assert.Equal((503, ProxyError.ConnectionLimitReached, 0), (refused.StatusCode, refused.Error, refused.Attempts));
        Assert.True(refused.Fields.Contains("Retry-After"u8));
        balancer.Advance(3 * Second);
        Assert.All(asked[..3], answer => Assert.True(answer is { IsCompletedSuccessfully: true, Result.StatusCode: 200 }));
    }

    [Fact]
    public async Task No_queue_at_all_still_serves_who_finds_a_slot()
    {
        await using TestBalancer balancer = await StartAsync(1, setup => setup.Options.Pool.MaxQueue = 0, new TestBackend("http://a").Takes(Second));
        Task<TestAnswer> holder = balancer.Begin("GET", "/");
        Assert.Equal(503, (await balancer.SendAsync("GET", "/")).StatusCode);
        balancer.Advance(Second);
        Assert.Equal(200, holder.Now().StatusCode);
        Assert.Equal(200, (await balancer.SendAsync("GET", "/")).StatusCode);
    }

    [Fact]
    public async Task Who_waits_too_long_is_answered_503()
    {
        RecordedEvents events = new();
        await using TestBalancer balancer = await StartAsync(1, new BalancerParts { Events = events }, new TestBackend("http://a").Takes(12 * Second));
        Task<TestAnswer> holder = balancer.Begin("GET", "/");
        Task<TestAnswer> early = balancer.Begin("GET", "/");
        balancer.Advance(5 * Second);
        Task<TestAnswer> late = balancer.Begin("GET", "/");
        balancer.Advance(4.9 * Second);
        Assert.False(early.IsCompleted);
        balancer.Advance(0.2 * Second);
        TestAnswer refused = early.Now();
        Assert.Equal((503, ProxyError.ConnectionLimitReached), (refused.StatusCode, refused.Error));
        Assert.True(refused.Fields.Contains("Retry-After"u8));
        Assert.False(late.IsCompleted);
        (TimeSpan waited, bool served) = Assert.Single(events.Queue);
        Assert.False(served);
        Assert.InRange(waited.TotalSeconds, 10, 10.2);
        balancer.Advance(14 * Second);
        Assert.Equal((200, 200), (holder.Now().StatusCode, late.Now().StatusCode));
    }

    [Fact]
    public async Task No_backend_is_503_at_once()
    {
        await using TestBalancer balancer = await StartAsync(1, new TestBackend("http://a"));
        await balancer.ReplaceAsync();
        Task<TestAnswer> asked = balancer.Begin("GET", "/");
        Assert.True(asked.IsCompleted);
        TestAnswer refused = asked.Now();
        Assert.Equal((503, ProxyError.DestinationUnavailable), (refused.StatusCode, refused.Error));
        Assert.True(refused.Fields.Contains("Retry-After"u8));
    }

    [Fact]
    public async Task Everybody_who_waits_is_answered_503_when_the_last_healthy_backend_goes()
    {
        TestBackend a = new TestBackend("http://a").Takes(9 * Second).TurnsUnhealthyAt(1.5 * Second).TurnsHealthyAt(14 * Second);
        TestBackend b = new TestBackend("http://b").Takes(9 * Second).TurnsUnhealthyAt(4.5 * Second).TurnsHealthyAt(12 * Second);
        await using TestBalancer balancer = await StartAsync(1, a, b);
        List<Task<TestAnswer>> asked = [.. Enumerable.Range(0, 12).Select(_ => balancer.Begin("GET", "/"))];
        balancer.Await(a, HealthState.Unhealthy);
        Assert.DoesNotContain(asked, answer => answer.IsCompleted);
        balancer.Await(b, HealthState.Unhealthy);
        TimeSpan gone = balancer.Time.Elapsed;
        Assert.Equal(10, asked.Count(answer => answer.IsCompleted));
        Assert.All(asked[2..], answer => Assert.Equal((503, gone), (answer.Result.StatusCode, answer.Result.Took)));
        Assert.Equal(503, (await balancer.SendAsync("GET", "/")).StatusCode);
        balancer.Await(b, HealthState.Healthy);
        Assert.All(asked[..2], answer => Assert.Equal(200, answer.Result.StatusCode)); // they were with a backend
        Assert.Equal(b.Backend, (await balancer.SendAsync("GET", "/")).Backend);
        balancer.ExpectSlots(1, a, b);
    }

    [Fact]
    public async Task Retry_that_waits_for_the_other_backend_lets_others_have_the_one_it_tried()
    {
        TestBackend a = new TestBackend("http://a").Takes(Second);
        TestBackend b = new TestBackend("http://b").Takes(3 * Second);
        await using TestBalancer balancer = await StartAsync(1, a, b);
        List<Task<TestAnswer>> holders = [balancer.Begin("GET", "/"), balancer.Begin("GET", "/")];
        Assert.Equal((1, 1), (a.InFlight, b.InFlight));
        a.Fails(TestFault.Refused);
        Task<TestAnswer> retrier = balancer.Begin("GET", "/retried");
        balancer.Advance(Second); // it fails at A, and waits for B
        Assert.False(retrier.IsCompleted);
        Task<TestAnswer> newcomer = balancer.Begin("GET", "/");
        balancer.Advance(Second);
        Assert.Equal((a.Backend, Second), (newcomer.Now().Backend, newcomer.Now().Took));
        balancer.Advance(4 * Second);
        TestAnswer answer = retrier.Now();
        Assert.Equal((b.Backend, 2, 6 * Second), (answer.Backend, answer.Attempts, answer.Took));
        Assert.All(holders.Select(TestedPool.Now), held => Assert.Equal(200, held.StatusCode));
        balancer.ExpectSlots(1, a, b);
    }

    [Fact]
    public async Task Retry_whose_last_hope_goes_is_answered_with_its_failure()
    {
        TestBackend a = new TestBackend("http://a").Takes(Second);
        TestBackend b = new TestBackend("http://b").Takes(30 * Second).TurnsUnhealthyAt(3 * Second);
        await using TestBalancer balancer = await StartAsync(1, a, b);
        List<Task<TestAnswer>> holders = [balancer.Begin("GET", "/"), balancer.Begin("GET", "/")];
        a.Fails(TestFault.Refused);
        Task<TestAnswer> retrier = balancer.Begin("GET", "/retried");
        balancer.Advance(2 * Second);
        Assert.False(retrier.IsCompleted);
        balancer.Await(b, HealthState.Unhealthy);
        TestAnswer answer = retrier.Now();
        Assert.Equal((502, balancer.Time.Elapsed), (answer.StatusCode, answer.Took));
        balancer.Advance(30 * Second);
        Assert.All(holders.Select(TestedPool.Now), held => Assert.Equal(200, held.StatusCode));
    }

    [Fact]
    public async Task Who_leaves_while_waiting_leaves_at_once_and_takes_nothing_along()
    {
        TestBackend a = new("http://a");
        await using TestBalancer balancer = await StartAsync(1, a);
        HeldRequest holder = balancer.Hold();
        using CancellationTokenSource client = new();
        Task<ProxyResponse> leaving = balancer.Run(() => balancer.Pool.FetchAsync(new ProxyRequest("GET", "/"), client.Token).AsTask());
        HeldRequest staying = balancer.Hold();
        await client.CancelAsync();
        OperationCanceledException left = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => leaving);
        Assert.Equal(client.Token, left.CancellationToken);
        Assert.Equal(1, balancer.Pool.QueueLength);
        holder.End();
        Assert.Equal(200, staying.Answer?.StatusCode);
        staying.End();
        balancer.ExpectSlots(1, a);
    }

    [Fact]
    public async Task Requests_wait_for_the_first_check_of_an_unknown_backend()
    {
        TestBackend a = new("http://a");
        TestBackend b = new("http://b");
        RecordedEvents events = new();
        RecordedLogs log = new();
        ManualHealth health = ByHand(HealthState.Unknown);
        await using TestBalancer balancer = await StartAsync(2, new BalancerParts { HealthMonitor = health, Events = events, Loggers = log }, a, b);
        Task firstCheck = balancer.Run(() => balancer.Pool.WaitForFirstCheckAsync(default));
        HeldRequest waiting = balancer.Hold();
        Assert.Null(waiting.Answer);
        health.Set(a.Backend, HealthState.Unhealthy);
        Assert.Null(waiting.Answer);
        Assert.False(firstCheck.IsCompleted);
        health.Set(b.Backend, HealthState.Healthy);
        Assert.Equal(b.Backend, waiting.Backend);
        Assert.True(firstCheck.IsCompletedSuccessfully);
        Assert.Equal([(a.Backend, HealthState.Unhealthy), (b.Backend, HealthState.Healthy)], events.Health);
        Assert.Contains(log.Lines, line => line.Id == 2002 && line.Text.Contains(a.Backend.Address, StringComparison.Ordinal));
        Assert.Contains(log.Lines, line => line.Id == 2001 && line.Text.Contains(b.Backend.Address, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Waiting_for_the_first_check_can_be_given_up()
    {
        await using TestBalancer balancer = await StartAsync(2, new BalancerParts { HealthMonitor = ByHand(HealthState.Unknown) }, new TestBackend("http://a"));
        using CancellationTokenSource give = new();
        Task firstCheck = balancer.Run(() => balancer.Pool.WaitForFirstCheckAsync(give.Token));
        await give.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => firstCheck);
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
        ScriptedBackends doubles = new();
        TestBackend a = new("http://a");
        TestBalancer balancer = await StartAsync(3, new BalancerParts { Connections = doubles, HealthMonitor = doubles }, a);
        List<HeldRequest> held = [balancer.Hold(), balancer.Hold(), balancer.Hold(), balancer.Hold()];
        held[0].End();
        HeldRequest waiting = balancer.Hold();
        Assert.Equal((200, null), (held[3].Answer?.StatusCode, waiting.Answer));
        await balancer.DisposeAsync();
        Assert.Equal((503, ProxyError.ProxyInternalResponse), (waiting.Answer?.StatusCode, waiting.Answer?.Error));
        Assert.Equal(503, (await balancer.SendAsync("GET", "/")).StatusCode);
        Assert.All(doubles.Made, connection => Assert.Equal(1, connection.Disposals));
        Assert.False(doubles.Health.IsWatched(a.Backend));
        held.ForEach(one => one.End());
        await balancer.Pool.DisposeAsync();
        Assert.All(doubles.Made, connection => Assert.Equal(1, connection.Disposals));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => balancer.ReplaceAsync(a));
    }
}

using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using GoAround.Core.Hosting;
using GoAround.Core.Pool;
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
    public async Task Requests_wait_for_the_first_check_of_an_unknown_backend()
    {
        await using PoolScene scene = await OpenUnknownAsync(Options(2), A, B);
        Task firstCheck = scene.Pool.WaitForFirstCheckAsync(default);
        Task<ProxyResponse> waiting = scene.FetchAsync();
        Assert.False(waiting.IsCompleted);
        scene.World.Health.Set(A, HealthState.Unhealthy);
        Assert.False(waiting.IsCompleted);
        Assert.False(firstCheck.IsCompleted);
        scene.World.Health.Set(B, HealthState.Healthy);
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
        Assert.False(scene.World.Health.IsWatched(A));
        foreach (ProxyResponse response in held)
        {
            await response.DisposeAsync();
        }

        await scene.DisposeAsync();
        Assert.All(scene.World.Made, connection => Assert.Equal(1, connection.Disposals));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => scene.Pool.ReplaceAsync([A], default).AsTask());
    }
}

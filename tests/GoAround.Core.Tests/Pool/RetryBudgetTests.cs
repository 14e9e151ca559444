using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using GoAround.Core.Hosting;
using GoAround.Core.Pool;
using GoAround.Testing;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Xunit;
using static GoAround.Core.Tests.Pool.PoolScene;
using static GoAround.Core.Tests.Pool.TestedPool;

namespace GoAround.Core.Tests.Pool;

public sealed class RetryBudgetTests
{
    [Fact]
    public async Task Permits_over_the_minimum_are_waited_for_in_order()
    {
        FakeTimeProvider time = new();
        PoolOptions options = new() { MinRetries = 2, RetryBudget = 0 };
        await using Retirement retirement = new(NullLogger.Instance, time);
        using FreeSlots slots = new(options, retirement, ProxyEvents.None, time);
        using RetryBudget budget = new(options, slots, time);
        List<Task<Grant>> permits = [.. Enumerable.Range(0, 4).Select(_ => budget.EnterAsync(default).AsTask())];
        Assert.Equal((2, 2), (budget.Running, budget.QueueLength));
        budget.Leave();
        Assert.Equal(Denial.None, (await permits[2]).Denial);
        Assert.False(permits[3].IsCompleted);
        time.Advance(options.QueueTimeout + TimeSpan.FromMilliseconds(100));
        Assert.Equal(Denial.TimedOut, (await permits[3]).Denial);
        budget.Leave();
        budget.Leave();
        Assert.Equal((0, 0), (budget.Running, budget.QueueLength));
    }

    [Fact]
    public async Task Retries_switched_off_are_denied_at_once()
    {
        TestBackend[] all = [new TestBackend("http://a").Fails(TestFault.Refused), new TestBackend("http://b").Fails(TestFault.Refused)];
        await using TestBalancer balancer = await StartAsync(1, setup => (setup.Options.Pool.MinRetries, setup.Options.Pool.RetryBudget) = (0, 0), all);
        TestAnswer answer = await balancer.SendAsync("GET", "/");
        Assert.Equal((502, 1), (answer.StatusCode, answer.Attempts));
    }

    [Fact]
    public async Task Retry_that_waits_for_a_permit_too_long_is_answered_with_its_failure_and_holds_no_slot()
    {
        TestBackend a = new TestBackend("http://a").Fails(TestFault.Unreachable, 2);
        TestBackend b = new TestBackend("http://b").Takes(30 * Second);
        await using TestBalancer balancer = await StartAsync(4, setup => (setup.Options.Pool.MinRetries, setup.Options.Pool.RetryBudget) = (1, 0), a, b);
        List<Task<TestAnswer>> asked = [.. Enumerable.Range(0, 4).Select(_ => balancer.Begin("GET", "/"))];
        Assert.True(balancer.Time.AdvanceUntil(() => balancer.Pool.GetStatus() is { RetriesRunning: 1, RetriesWaiting: 1 }, 30 * Second), "no retry waits");
        TimeSpan failed = balancer.Time.Elapsed;
        Assert.Equal((0, 3), (balancer.StatusOf(a).InFlight, balancer.StatusOf(b).InFlight));
        Assert.DoesNotContain(asked, answer => answer.IsCompleted);
        balancer.Advance(9.9 * Second);
        Assert.DoesNotContain(asked, answer => answer.IsCompleted);
        balancer.Advance(0.2 * Second);
        TestAnswer late = Assert.Single(asked, answer => answer.IsCompleted).Now();
        Assert.Equal((504, ProxyError.ConnectionTimeout), (late.StatusCode, late.Error));
        Assert.InRange(late.Took - failed, 10 * Second, 10.1 * Second);
        balancer.Advance(40 * Second);
        Assert.Equal(3, asked.Count(answer => answer.Now().StatusCode == 200));
        balancer.ExpectSlots(4, a, b);
    }

    [Fact]
    public async Task Requests_from_before_a_backend_was_removed_and_came_back_count_as_in_flight()
    {
        TestBackend a = new("http://a");
        TestBackend b = new TestBackend("http://b").Takes(30 * Second);
        BalancerParts parts = new() { Selection = new RecordingPolicy(_ => 0), HealthMonitor = ByHand() };
        await using TestBalancer balancer = await StartAsync(8, setup => (setup.Options.Pool.MinRetries, setup.Options.Pool.RetryBudget) = (1, 0.5), parts, a);
        HeldRequest[] old = [balancer.Hold(), balancer.Hold(), balancer.Hold(), balancer.Hold()];
        await balancer.ReplaceAsync();
        await balancer.ReplaceAsync(a, b);
        a.Fails(TestFault.Refused, 2);
        Task<TestAnswer>[] retried = [balancer.Begin("GET", "/"), balancer.Begin("GET", "/")];
        Assert.True(balancer.Pool.GetStatus() is { RetriesRunning: 2, RetriesWaiting: 0 });
        Assert.Equal(2, b.InFlight);
        b.Die();
        balancer.Time.RunUntilIdle();
        Assert.All(retried, answer => Assert.Equal((502, 2), (answer.Now().StatusCode, answer.Now().Attempts)));
        Array.ForEach(old, one => one.End());
    }

    [Fact]
    public async Task Retries_that_run_at_once_stay_within_the_budget()
    {
        await using PoolScene scene = await OpenAsync(new PoolOptions { ConnectionsPerBackend = 64, MinRetries = 3, RetryBudget = 0 }, A, B);
        int running = 0;
        int worst = 0;
        scene.World.Send = async (_, request, _) =>
        {
            if (request.Scheme != "retried")
            {
                request.Scheme = "retried";
                await Task.Yield();
                throw Failure(BackendFailureStage.ResponseHead);
            }

            int now = Interlocked.Increment(ref running);
            if (now > Volatile.Read(ref worst))
            {
                Volatile.Write(ref worst, now);
            }

            await Task.Yield();
            Interlocked.Decrement(ref running);
            return new ProxyResponse();
        };
        ProxyResponse[] responses = await Task.WhenAll(Enumerable.Range(0, 64).Select(_ => Task.Run(() => scene.FetchAndDisposeAsync())));
        Assert.All(responses, response => Assert.Equal(200, response.StatusCode));
        Assert.InRange(worst, 1, 3);
    }
}

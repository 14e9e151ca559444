using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using GoAround.Testing;
using Xunit;

namespace GoAround.Core.Tests.Pool;

/// <summary>What an operator lives through, told with the test kit: the real balancer over backends in memory, message by message and byte by byte, in manual time.</summary>
public sealed class PoolScenarioTests
{
    private static readonly TimeSpan Millisecond = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    [Theory]
    [InlineData(TestWire.Messages)]
    [InlineData(TestWire.Bytes)]
    public async Task Backend_dies_at_three_seconds_and_no_client_sees_a_5xx(TestWire wire)
    {
        TestBackend[] backends = Backends(3, backend => backend.Takes(50 * Millisecond));
        backends[1].DiesAt(3 * Second);
        await using TestBalancer balancer = await StartAsync(wire, backends);
        TestLoad load = await balancer.LoadAsync(200, 10 * Second);
        Assert.Empty(load.Failures);
        Assert.InRange(load.Answers.Count(answer => answer.Attempts == 2), 1, 200 * 50 / 1000 * 3); // what it carried, and who came until it was known
        Assert.Equal(HealthState.Unhealthy, balancer.Pool.GetStatus()[1].State);
    }

    [Theory]
    [InlineData(TestWire.Messages)]
    [InlineData(TestWire.Bytes)]
    public async Task Requests_that_may_not_be_sent_twice_fail_once_and_are_not_sent_twice(TestWire wire)
    {
        TestBackend[] backends = Backends(2, backend => backend.Takes(50 * Millisecond));
        backends[1].DiesAt(3 * Second);
        await using TestBalancer balancer = await StartAsync(wire, backends);
        TestLoad load = await balancer.LoadAsync(100, 6 * Second, number => new ProxyRequest("POST", $"/{number}"));
        Assert.InRange(load.Failures.Count, 1, 5); // those it carried: whoever came later never reached it
        Assert.All(load.Failures, answer => Assert.Equal((502, 3 * Second), (answer.StatusCode, answer.At + answer.Took)));
        IEnumerable<string> seen = backends.SelectMany(backend => backend.Requests).Select(request => request.Target);
        Assert.Equal(load.Sent, seen.Distinct().Count());
        Assert.Equal(load.Sent, seen.Count());
    }

    [Theory]
    [InlineData(TestWire.Messages)]
    [InlineData(TestWire.Bytes)]
    public async Task Flapping_fleet_answers_all_there_is_room_for(TestWire wire)
    {
        TestBackend[] backends = Backends(4, backend => backend.Takes(20 * Millisecond));
        for (int i = 1; i < backends.Length; i++)
        {
            backends[i].Flaps(seed: i, up: 2 * Second, down: Second);
        }

        await using TestBalancer balancer = await StartAsync(wire, backends);
        TestLoad load = await balancer.LoadAsync(200, 30 * Second);
        Assert.True(load.Failures.Count == 0, string.Join('\n', load.Failures));
        Assert.Contains(load.Answers, answer => answer.Attempts > 1);
    }

    [Theory]
    [InlineData(TestWire.Messages)]
    [InlineData(TestWire.Bytes)]
    public async Task Cap_is_never_passed_and_the_line_is_served_in_order(TestWire wire)
    {
        TestBackend[] backends = Backends(2, backend => backend.Takes(100 * Millisecond));
        await using TestBalancer balancer = await StartAsync(wire, backends, setup => setup.Options.Pool.ConnectionsPerBackend = 3);
        TestLoad load = balancer.StartLoad(100, number => new ProxyRequest("GET", $"/{number}"));
        balancer.Advance(Second);
        Assert.All(backends, backend => Assert.Equal((3, 3), (backend.InFlight, backend.MostInFlight)));
        Assert.InRange(balancer.Pool.QueueLength, 35, 45); // 100 a second come, 60 go
        await load.FinishAsync();
        Assert.Empty(load.Failures);
        Assert.All(backends, backend => Assert.Equal(3, backend.MostInFlight));
        Assert.Equal(load.Answers.Select(answer => answer.At + answer.Took).Order(), load.Answers.Select(answer => answer.At + answer.Took));
    }

    [Fact]
    public async Task Line_that_is_full_or_too_slow_is_answered_503()
    {
        TestBackend backend = new TestBackend("http://a").Takes(Second);
        await using TestBalancer balancer = await StartAsync(TestWire.Messages, [backend], setup =>
        {
            setup.Options.Pool.ConnectionsPerBackend = 1;
            setup.Options.Pool.MaxQueue = 2;
            setup.Options.Pool.QueueTimeout = 1.5 * Second;
        });
        List<Task<TestAnswer>> begun = [.. Enumerable.Range(0, 4).Select(_ => balancer.Begin("GET", "/"))];
        Assert.Equal([false, false, false, true], begun.Select(answer => answer.IsCompleted));
        balancer.Advance(3 * Second);
        TestAnswer[] answers = await Task.WhenAll(begun);
        Assert.Equal([200, 200, 503, 503], answers.Select(answer => answer.StatusCode));
        Assert.InRange(answers[2].Took, 1.5 * Second, 1.6 * Second);
    }

    [Theory]
    [InlineData(TestWire.Messages)]
    [InlineData(TestWire.Bytes)]
    public async Task Backends_are_replaced_under_load_and_no_request_fails(TestWire wire)
    {
        TestBackend[] all = Backends(5, backend => backend.Takes(30 * Millisecond));
        await using TestBalancer balancer = await StartAsync(wire, all[..2]);
        TestLoad load = balancer.StartLoad(300);
        Random chance = new(7);
        for (int i = 0; i < 50; i++)
        {
            balancer.Advance(chance.Next(200) * Millisecond);
            TestBackend[] next = [.. all.Where(_ => chance.Next(2) == 0)];
            await balancer.ReplaceAsync(next.Length > 0 ? next : all);
        }

        await load.FinishAsync();
        Assert.Empty(load.Failures);
        Assert.All(all, backend => Assert.NotEmpty(backend.Requests));
        Assert.All(all, backend => Assert.Equal(0, backend.InFlight));
    }

    [Fact]
    public async Task Retries_stay_within_their_budget_however_many_fail()
    {
        TestBackend[] backends = Backends(4, backend => backend.Takes(50 * Millisecond));
        backends[0].FailsAtRandom(seed: 3, share: 1, TestFault.ResetBeforeHead);
        await using TestBalancer balancer = await StartAsync(TestWire.Messages, backends);
        int most = 0;
        TestLoad load = balancer.StartLoad(400);
        for (int i = 0; i < 500; i++)
        {
            balancer.Advance(10 * Millisecond);
            PoolStatus status = balancer.Pool.GetStatus();
            int inFlight = status.Sum(backend => backend.InFlight) + status.QueueLength + status.RetriesWaiting;
            most = Math.Max(most, status.RetriesRunning - Math.Max(3, (int)(0.2 * inFlight))); // RetryBudget and MinRetries
        }

        await load.FinishAsync();
        Assert.Empty(load.Failures); // they wait for their turn, and get it
        Assert.InRange(most, int.MinValue, 1); // who has just been let in counts in flight by now
    }

    [Fact]
    public async Task Failing_checks_take_a_backend_out_before_any_request_fails()
    {
        TestBackend[] backends = Backends(2, backend => backend.Takes(10 * Millisecond));
        backends[0].TurnsUnhealthyAt(5 * Second).DiesAt(12 * Second).ComesBackAt(20 * Second).TurnsHealthyAt(22 * Second);
        await using TestBalancer balancer = await StartAsync(TestWire.Messages, backends);
        TestLoad load = await balancer.LoadAsync(50, 30 * Second);
        Assert.All(load.Answers, answer => Assert.Equal((200, 1), (answer.StatusCode, answer.Attempts)));
        Assert.DoesNotContain(backends[0].Requests, request => request.At > 10.1 * Second && request.At < 22 * Second);
        Assert.Contains(backends[0].Requests, request => request.At > 24 * Second);
    }

    [Fact]
    public async Task Weights_and_a_slow_start_give_each_backend_its_share()
    {
        TestBackend[] backends = [new TestBackend("http://a weight=3"), new("http://b"), new TestBackend("http://c").DiesAt(Second).ComesBackAt(15 * Second)];
        await using TestBalancer balancer = await StartAsync(TestWire.Messages, backends, setup => setup.Options.Pool.SlowStart = 10 * Second);
        TestLoad load = await balancer.LoadAsync(100, 40 * Second);
        Assert.Empty(load.Failures);
        Assert.InRange((double)Count(backends[0], 5, 15) / Count(backends[1], 5, 15), 2.8, 3.2);
        int early = Count(backends[2], 16, 18);
        int late = Count(backends[2], 30, 32);
        Assert.InRange(early, 1, late / 2);
        Assert.InRange(Count(backends[2], 30, 40), 190, 210); // one fifth

        static int Count(TestBackend backend, int from, int until) => backend.Requests.Count(request => request.At >= from * Second && request.At < until * Second);
    }

    [Fact]
    public async Task Drained_backend_ends_what_it_carries_and_gets_nothing_new()
    {
        TestBackend[] backends = Backends(2, backend => backend.Takes(500 * Millisecond));
        await using TestBalancer balancer = await StartAsync(TestWire.Messages, backends);
        TestLoad load = balancer.StartLoad(20);
        balancer.Advance(2 * Second);
        Assert.Equal(5, backends[0].InFlight);
        await balancer.Time.RunAsync(() => balancer.Pool.DrainAsync(backends[0].Backend, CancellationToken.None));
        Assert.Equal(0, backends[0].InFlight);
        Assert.InRange(balancer.Time.Elapsed, 2.4 * Second, 2.5 * Second);
        int seen = backends[0].Requests.Count;
        balancer.Advance(2 * Second);
        Assert.Equal(seen, backends[0].Requests.Count);
        await load.FinishAsync();
        Assert.Empty(load.Failures);
    }

    private static TestBackend[] Backends(int count, Action<TestBackend> set)
    {
        TestBackend[] backends = [.. Enumerable.Range(0, count).Select(i => new TestBackend($"http://b{i}"))];
        Array.ForEach(backends, set);
        return backends;
    }

    private static Task<TestBalancer> StartAsync(TestWire wire, TestBackend[] backends, Action<TestSetup>? configure = null)
    {
        TestSetup setup = new(backends) { Wire = wire };
        setup.Options.Pool.ConnectionsPerBackend = 64;
        configure?.Invoke(setup);
        return TestBalancer.StartAsync(setup);
    }
}

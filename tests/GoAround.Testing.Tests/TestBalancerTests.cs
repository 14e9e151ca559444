using System;
using System.Collections.Generic;
using System.Linq;
using System.Net.Http;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using GoAround.Core;
using GoAround.Core.Hosting;
using NSubstitute;
using Xunit;

namespace GoAround.Testing.Tests;

public sealed class TestBalancerTests
{
    private static readonly TimeSpan Millisecond = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    [Theory]
    [InlineData(TestWire.Messages)]
    [InlineData(TestWire.Bytes)]
    public async Task Backend_that_dies_at_three_seconds_costs_no_client_an_answer(TestWire wire)
    {
        TestBackend a = new TestBackend("http://a").Takes(20 * Millisecond);
        TestBackend b = new TestBackend("http://b").Takes(20 * Millisecond).DiesAt(3 * Second);
        await using TestBalancer balancer = await TestBalancer.StartAsync(new TestSetup(a, b) { Wire = wire });
        TestLoad load = await balancer.LoadAsync(perSecond: 100, 10 * Second);
        Assert.Equal((1001, 0), (load.Sent, load.Pending));
        Assert.All(load.Answers, answer => Assert.Equal(200, answer.StatusCode));
        Assert.Empty(load.Failures);
        Assert.InRange(b.Requests.Count, 149, 152);
        Assert.All(b.Requests, request => Assert.True(request.At < 3 * Second));
        Assert.Contains(load.Answers, answer => answer.Attempts == 2);
    }

    [Fact]
    public async Task Disposal_waits_for_what_takes_a_way_over_the_thread_pool()
    {
        int disposed = 0;
        IConnection connection = Substitute.For<IConnection>();
#pragma warning disable CA2012 // how NSubstitute is told
        connection.DisposeAsync().Returns(_ => new ValueTask(Task.Run(() => Interlocked.Increment(ref disposed))));
#pragma warning restore CA2012
        IConnectionFactory connections = Substitute.For<IConnectionFactory>();
        connections.Create(null!, null!).ReturnsForAnyArgs(connection);
        TestSetup setup = new(new TestBackend("http://a")) { Options = { Pool = { ConnectionsPerBackend = 3 } }, Parts = new BalancerParts { Connections = connections } };
        await using (await TestBalancer.StartAsync(setup))
        {
        }

        Assert.Equal(3, disposed);
    }

    [Theory]
    [InlineData(TestWire.Messages)]
    [InlineData(TestWire.Bytes)]
    public async Task Same_test_takes_the_same_turn_every_time_and_on_one_thread(TestWire wire)
    {
        string first = await RecordAsync(wire);
        for (int i = 0; i < 3; i++)
        {
            Assert.Equal(first, await RecordAsync(wire));
        }

        static async Task<string> RecordAsync(TestWire wire)
        {
            int thread = Environment.CurrentManagedThreadId;
            HashSet<int> threads = [];
            TestBackend a = new TestBackend("http://a").Varies(1, 80 * Millisecond).Flaps(2, 900 * Millisecond, 300 * Millisecond);
            TestBackend b = new TestBackend("http://b").Varies(3, 50 * Millisecond).FailsAtRandom(4, 0.3, Enum.GetValues<TestFault>()).Answers(Note);
            TestBackend c = new TestBackend("http://c").Takes(30 * Millisecond).Flaps(5, Second, Second).AnswersChecks(Note);
            TestSetup setup = new(a, b, c) { Wire = wire };
            setup.Options.Pool.ConnectionsPerBackend = 3;
            setup.Options.Pool.QueueTimeout = 100 * Millisecond;
            setup.Options.Upstream.ResponseTimeout = Second;
            setup.Options.Upstream.BodyTimeout = Second;
            setup.Options.Upstream.DialTimeout = Second;
            await using TestBalancer balancer = await TestBalancer.StartAsync(setup);
            TestLoad load = balancer.StartLoad(150);
            balancer.Advance(3 * Second);
            await balancer.ReplaceAsync(b, c);
            balancer.Advance(2 * Second);
            await balancer.ReplaceAsync(a, b, c);
            balancer.Advance(2 * Second);
            await load.FinishAsync();
            Assert.Equal([thread], threads);
            Assert.Contains(load.Answers, answer => answer.IsFailure);
            Assert.Contains(load.Answers, answer => answer.StatusCode == 503);
            Assert.Contains(load.Answers, answer => answer.Attempts > 1 && !answer.IsFailure);
            return string.Join('\n', [.. load.Answers, load, .. a.Requests, .. b.Requests, .. c.Requests, .. c.Checks, .. a.Checks]);

            TestReply Note(SeenRequest request)
            {
                threads.Add(Environment.CurrentManagedThreadId);
                return new TestReply(200, "some text");
            }
        }
    }

    [Theory]
    [InlineData(TestWire.Messages)]
    [InlineData(TestWire.Bytes)]
    public async Task Answer_is_all_that_the_client_sees(TestWire wire)
    {
        TestBackend a = new TestBackend("http://a/base").Answers(request => new TestReply(201, "got " + request.Text).With("X-Number", $"{request.Number}"));
        await using TestBalancer balancer = await TestBalancer.StartAsync(new TestSetup(a) { Wire = wire });
        TestAnswer answer = await balancer.SendAsync("PUT", "/x?y", "some text", [new("X-Mine", "1")]);
        Assert.Equal((201, "got some text", "0"), (answer.StatusCode, answer.Text, answer.Fields["X-Number"]));
        Assert.Equal((a.Backend, 1, ProxyError.None, false), (answer.Backend, answer.Attempts, answer.Error, answer.IsFailure));
        SeenRequest seen = Assert.Single(a.Requests);
        Assert.Equal(("PUT", "/base/x?y", "test", "some text", "1"), (seen.Method, seen.Target, seen.Authority, seen.Text, seen.Fields["X-Mine"]));
        Assert.Equal("/base/health", Assert.Single(a.Checks).Target);
    }

    [Fact]
    public async Task Time_flies_while_an_answer_is_waited_for_and_stands_still_else()
    {
        TestBackend a = new TestBackend("http://a").Takes(5 * Second);
        await using TestBalancer balancer = await TestBalancer.StartAsync(a);
        Assert.Equal(TimeSpan.Zero, balancer.Time.Elapsed);
        Assert.Equal(5 * Second, (await balancer.SendAsync("GET", "/")).Took);
        Task<TestAnswer> begun = balancer.Begin("GET", "/");
        Assert.False(begun.IsCompleted);
        Assert.Equal(1, a.InFlight);
        balancer.Advance(5 * Second);
        Assert.True(begun.IsCompleted);
        Assert.Equal((0, 1), (a.InFlight, a.MostInFlight));
    }

    [Fact]
    public async Task Whole_test_may_run_within_the_clock()
    {
        ManualTime time = new();
        await time.RunAsync(async () =>
        {
            TestBackend a = new TestBackend("http://a").Takes(Second);
            await using TestBalancer balancer = await TestBalancer.StartAsync(new TestSetup(a) { Time = time });
            Task<TestAnswer> first = balancer.SendAsync("GET", "/1");
            await Task.Delay(Second / 2, time);
            Task<TestAnswer> second = balancer.SendAsync("GET", "/2");
            Assert.Equal(2, a.InFlight);
            await Task.WhenAll(first, second);
        });
        Assert.Equal(1.5 * Second, time.Elapsed);
    }

    [Fact]
    public async Task Client_that_leaves_is_told_from_one_that_was_answered()
    {
        TestBackend a = new TestBackend("http://a").Takes(5 * Second);
        await using TestBalancer balancer = await TestBalancer.StartAsync(a);
        using CancellationTokenSource leave = new(Second, balancer.Time);
        TestAnswer answer = await balancer.SendAsync("GET", "/", cancellationToken: leave.Token);
        Assert.Equal((499, Second, false), (answer.StatusCode, answer.Took, answer.IsFailure));
        Assert.Equal(0, a.InFlight);
    }

    [Fact]
    public async Task Bug_of_a_step_is_a_500_that_says_what_it_was()
    {
        TestSetup setup = new(new TestBackend("http://a"));
        ProxyHandler step = Substitute.For<ProxyHandler>();
#pragma warning disable CA2012 // NSubstitute names a call by making it
        step.HandleAsync(default!, default).ReturnsForAnyArgs<ValueTask<ProxyResponse>>(_ => throw new NotSupportedException("mine"));
#pragma warning restore CA2012
        setup.Options.Use((_, _) => step);
        await using TestBalancer balancer = await TestBalancer.StartAsync(setup);
        TestAnswer answer = await balancer.SendAsync("GET", "/");
        Assert.Equal((500, true), (answer.StatusCode, answer.IsFailure));
        Assert.Contains("mine", answer.ToString(), StringComparison.Ordinal);
        Assert.IsType<NotSupportedException>(answer.Fault);
    }

    [Fact]
    public async Task Own_parts_and_steps_take_the_place_of_the_balancers()
    {
        IHealthChecker checker = Substitute.For<IHealthChecker>();
        checker.CheckAsync(default!, default).ReturnsForAnyArgs(new HealthReport(HealthState.Unhealthy, "so"), new HealthReport(HealthState.Healthy, "so"));
        TestBackend a = new("http://a");
        await using TestBalancer balancer = await TestBalancer.StartAsync(new TestSetup(a) { Parts = new() { HealthChecker = checker } });
        Assert.Equal(503, (await balancer.SendAsync("GET", "/")).StatusCode);
        balancer.Advance(1.25 * Second); // DownInterval, give or take a quarter
        Assert.Equal(200, (await balancer.SendAsync("GET", "/")).StatusCode);
        Assert.Empty(a.Checks);
    }

    [Fact]
    public async Task Cache_lets_one_request_ask_for_all_who_come_meanwhile()
    {
        TestBackend a = new TestBackend("http://a").Takes(Second).Answers(_ => new TestReply(200, "shared").With("Cache-Control", "max-age=60"));
        TestSetup setup = new(a);
        setup.Options.Cache.IsEnabled = true;
        await using TestBalancer balancer = await TestBalancer.StartAsync(setup);
        List<Task<TestAnswer>> begun = [.. Enumerable.Range(0, 50).Select(_ => balancer.Begin("GET", "/"))];
        balancer.Advance(Second);
        Assert.All(begun, answer => Assert.Equal((true, "shared"), (answer.IsCompletedSuccessfully, answer.Result.Text)));
        Assert.Single(a.Requests);
        Assert.Equal(TimeSpan.Zero, (await balancer.SendAsync("GET", "/")).Took);
        balancer.Advance(60 * Second);
        Assert.Equal(Second, (await balancer.SendAsync("GET", "/")).Took);
    }

    [Fact]
    public async Task Http_client_of_ones_own_code_may_be_the_client()
    {
        TestBackend a = new TestBackend("http://a").Takes(Second).Answers(200, "from a");
        TestBackend b = new TestBackend("http://b").Takes(Second).Answers(200, "from b").DiesAt(0.5 * Second);
        await using TestBalancer balancer = await TestBalancer.StartAsync(b, a);
        using HttpClient client = new(new BalancingHttpHandler(balancer.Balancer));
        Assert.Equal("from a", await balancer.RunAsync(() => client.GetStringAsync("http://orders/1")));
        Assert.Equal(1.5 * Second, balancer.Time.Elapsed);
        Assert.Equal("orders", Assert.Single(a.Requests).Authority);
    }

    [Fact]
    public async Task Request_of_ones_own_is_sent_as_it_is()
    {
        TestBackend a = new("http://a");
        await using TestBalancer balancer = await TestBalancer.StartAsync(a);
        ProxyRequest request = new("POST", "/") { Authority = "own.example"u8.ToArray(), Body = MessageBody.FromBytes("x"u8.ToArray()) };
        Assert.Equal(200, (await balancer.SendAsync(request)).StatusCode);
        Assert.Equal(("own.example", "x"), (a.Requests[0].Authority, Encoding.UTF8.GetString(a.Requests[0].Body.Span)));
        TestLoad load = await balancer.LoadAsync(10, Second, number => new ProxyRequest("GET", $"/{number}"));
        Assert.Equal(Enumerable.Range(0, 11).Select(number => $"/{number}"), a.Requests.Skip(1).Select(seen => seen.Target));
        Assert.Equal("11 sent, 0 pending: 11 x 200", load.ToString());
    }

    [Fact]
    public async Task Drained_backend_gets_nothing_new_until_the_drain_ends_and_every_change_is_kept()
    {
        TestBackend a = new TestBackend("http://a").Takes(2 * Second);
        TestBackend b = new("http://b");
        await using TestBalancer balancer = await TestBalancer.StartAsync(a, b);
        IReadOnlyList<PoolChange> changes = balancer.Watch();
        Task<TestAnswer>[] carried = [balancer.Begin("GET", "/"), balancer.Begin("GET", "/")]; // one of them by A
        await balancer.DrainAsync(a);
        Assert.Equal((2 * Second, 0), (balancer.Time.Elapsed, a.InFlight));
        Assert.All(carried, answer => Assert.True(answer.IsCompletedSuccessfully));
        Assert.True(balancer.StatusOf(a) is { IsDraining: true, Limit: 0 });
        Assert.Equal(b.Backend, (await balancer.SendAsync("GET", "/")).Backend);
        Assert.True(balancer.EndDrain(a));
        Assert.False(balancer.EndDrain(a));
        Assert.Equal([PoolChangeKind.Draining, PoolChangeKind.Empty, PoolChangeKind.Resumed], changes.Select(change => change.Kind));
        await balancer.ReplaceAsync(a);
        Assert.Equal((PoolChangeKind.Removed, b.Backend), (changes[3].Kind, changes[3].Backend));
        Assert.Throws<InvalidOperationException>(() => balancer.StatusOf(b));
    }

    [Fact]
    public async Task Drain_that_is_begun_ends_with_what_the_backend_carries_or_with_its_token()
    {
        TestBackend a = new("http://a");
        await using TestBalancer balancer = await TestBalancer.StartAsync(a);
        HeldRequest held = balancer.Hold();
        using CancellationTokenSource leave = new(Second, balancer.Time);
        Task emptied = balancer.BeginDrain(a);
        Task given = balancer.BeginDrain(a, leave.Token);
        balancer.Advance(Second);
        Assert.Equal((true, false), (given.IsCanceled, emptied.IsCompleted));
        held.End();
        Assert.True(emptied.IsCompletedSuccessfully);
    }

    [Fact]
    public async Task Whatever_is_run_begins_while_the_clock_stands_still()
    {
        TestBackend a = new TestBackend("http://a").Takes(Second);
        await using TestBalancer balancer = await TestBalancer.StartAsync(a);
        using HttpClient client = new(new BalancingHttpHandler(balancer.Balancer));
        Task<string> answer = balancer.Run(() => client.GetStringAsync("http://orders/1"));
        Assert.Equal((1, false, TimeSpan.Zero), (a.InFlight, answer.IsCompleted, balancer.Time.Elapsed));
        balancer.Advance(Second);
        Assert.Equal("", await answer);
    }

    [Fact]
    public async Task Backend_belongs_to_one_clock()
    {
        TestBackend a = new("http://a");
        await using TestBalancer balancer = await TestBalancer.StartAsync(a);
        await using TestBalancer other = await TestBalancer.StartAsync(new TestSetup(a) { Time = balancer.Time });
        Assert.Equal(200, (await other.SendAsync("GET", "/")).StatusCode);
        await Assert.ThrowsAsync<InvalidOperationException>(() => TestBalancer.StartAsync(a));
    }
}

using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using GoAround.Core.Hosting;
using GoAround.Core.Pool;
using GoAround.Testing;
using Xunit;
using static GoAround.Core.Tests.Pool.PoolScene;

namespace GoAround.Core.Tests.Pool;

/// <summary>
/// With the test kit, as an application tests a policy of its own; the cap under load runs on many threads, which the kit never does, and what a fetch allocates is that of the bare pool.
/// </summary>
public sealed class BackendPoolSelectionTests
{
    private readonly TestBackend _a = new("http://a");
    private readonly TestBackend _b = new("http://b");
    private readonly TestBackend _c = new("http://c");
    private readonly ManualHealth _health = TestedPool.ByHand();

    [Fact]
    public async Task Policy_is_asked_with_what_the_backends_carry_and_its_choice_answers()
    {
        RecordingPolicy policy = new(loads => loads.Length - 1);
        TestBackend heavy = new("http://b weight=2");
        await using TestBalancer balancer = await StartAsync(4, policy, _a, heavy);
        HeldRequest held = balancer.Hold();
        Assert.Equal(heavy.Backend, held.Backend);
        Assert.Equal(heavy.Backend, await balancer.AskAsync());
        Assert.Equal([new BackendLoad(_a.Backend, 0, 2), new BackendLoad(heavy.Backend, 0, 4)], policy.Asked[0]);
        Assert.Equal([new BackendLoad(_a.Backend, 0, 2), new BackendLoad(heavy.Backend, 1, 4)], policy.Asked[1]);
        Assert.Equal(2, policy.Asked[0][1].Backend.Weight);
        held.End();
        balancer.ExpectSlots((_a, 2), (heavy, 4));
    }

    [Fact]
    public async Task Only_backends_that_can_take_the_request_are_candidates_and_one_alone_is_no_question()
    {
        RecordingPolicy policy = new(_ => 0);
        TestBackend d = new("http://d");
        await using TestBalancer balancer = await StartAsync(1, policy, _a, _b, _c, d);
        HeldRequest busy = balancer.Hold();
        Assert.Equal(_a.Backend, busy.Backend);
        ExpectAsked(_a, _b, _c, d);
        _health.Set(_b.Backend, HealthState.Unhealthy);
        await balancer.AskAsync();
        ExpectAsked(_c, d);
        await balancer.DrainAsync(_c);
        int asked = policy.Asked.Count;
        Assert.Equal(d.Backend, await balancer.AskAsync());
        Assert.Equal(asked, policy.Asked.Count);
        busy.End();
        await balancer.ReplaceAsync(_c, _a);
        balancer.EndDrain(_c);
        await balancer.AskAsync();
        ExpectAsked(_c, _a);
        balancer.ExpectSlots(1, _a, _c);

        void ExpectAsked(params TestBackend[] backends) => Assert.Equal(backends.Select(backend => backend.Backend), policy.Asked[^1].Select(load => load.Backend));
    }

    [Fact]
    public async Task Policy_is_told_also_what_a_backend_carries_from_before_it_was_removed_and_came_back()
    {
        RecordingPolicy policy = new(_ => 0);
        await using TestBalancer balancer = await StartAsync(3, policy, _a, _b);
        HeldRequest[] old = [balancer.Hold(), balancer.Hold()];
        await balancer.ReplaceAsync(_b);
        await balancer.ReplaceAsync(_a, _b);
        HeldRequest late = balancer.Hold();
        Assert.Equal([new BackendLoad(_a.Backend, 2, 3), new BackendLoad(_b.Backend, 0, 3)], policy.Asked[^1]);
        Assert.Equal(3, balancer.StatusOf(_a).InFlight);
        late.End();
        Array.ForEach(old, one => one.End());
        await balancer.AskAsync();
        Assert.Equal([new BackendLoad(_a.Backend, 0, 3), new BackendLoad(_b.Backend, 0, 3)], policy.Asked[^1]);
        balancer.ExpectSlots(3, _a, _b);
    }

    [Fact]
    public async Task Retry_asks_among_the_backends_that_were_not_tried()
    {
        RecordingPolicy policy = new(_ => 0);
        await using TestBalancer balancer = await StartAsync(2, policy, _a.Fails(TestFault.Refused), _b, _c);
        TestAnswer answer = await balancer.SendAsync("GET", "/");
        Assert.Equal((_b.Backend, 2), (answer.Backend, answer.Attempts));
        Assert.Equal([_b.Backend, _c.Backend], policy.Asked[^1].Select(load => load.Backend));
        balancer.ExpectSlots(2, _a, _b, _c);
    }

    [Fact]
    public async Task Where_nothing_is_free_requests_wait_in_order_and_take_what_comes_first()
    {
        await using TestBalancer balancer = await StartAsync(1, new RecordingPolicy(_ => 0), _a, _b);
        HeldRequest onA = balancer.Hold();
        HeldRequest onB = balancer.Hold();
        HeldRequest first = balancer.Hold();
        HeldRequest second = balancer.Hold();
        onB.End();
        Assert.Equal(_b.Backend, first.Backend);
        Assert.Null(second.Answer);
        onA.End();
        Assert.Equal(_a.Backend, second.Backend);
        first.End();
        second.End();
        balancer.ExpectSlots(1, _a, _b);
    }

    [Fact]
    public async Task Retry_that_waits_lets_others_have_the_backend_it_tried()
    {
        await using TestBalancer balancer = await StartAsync(1, new RecordingPolicy(_ => 0), _a, _b);
        HeldRequest onA = balancer.Hold();
        HeldRequest onB = balancer.Hold();
        _a.Fails(TestFault.Refused);
        HeldRequest retrier = balancer.Hold();
        onA.End(); // the retrier fails at A and waits for B
        Assert.Null(retrier.Answer);
        Assert.Equal(_a.Backend, await balancer.AskAsync());
        onB.End();
        Assert.Equal((_b.Backend, 2), (retrier.Backend, retrier.Answer?.Attempts));
        retrier.End();
        balancer.ExpectSlots(1, _a, _b);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(2)]
    public async Task Choice_that_is_none_of_the_candidates_is_a_bug_and_takes_nothing_along(int choice)
    {
        int wrong = choice;
        await using TestBalancer balancer = await StartAsync(2, new RecordingPolicy(_ => wrong), _a, _b);
        InvalidOperationException bug = Assert.IsType<InvalidOperationException>((await balancer.SendAsync("GET", "/")).Fault);
        Assert.Equal($"RecordingPolicy chose backend {choice} of 2", bug.Message);
        wrong = 0;
        balancer.ExpectSlots(2, _a, _b);
    }

    [Fact]
    public async Task Policy_of_an_application_keeps_each_user_with_a_backend_and_moves_only_those_of_one_that_leaves()
    {
        TestBackend[] all = [.. Enumerable.Range(1, 5).Select(i => new TestBackend($"http://10.0.0.{i}"))];
        await using TestBalancer balancer = await StartAsync(2, new UserAffinity(), all);
        Dictionary<int, Backend> before = await AskForUsersAsync(balancer);
        Assert.Equal(before, await AskForUsersAsync(balancer));
        Assert.Equal(5, before.Values.Distinct().Count());
        await balancer.ReplaceAsync(all[1..]);
        Dictionary<int, Backend> after = await AskForUsersAsync(balancer);
        Assert.All(after, user => Assert.True(user.Value.Equals(before[user.Key]) || before[user.Key].Equals(all[0].Backend)));
        _health.Set(all[1].Backend, HealthState.Unhealthy);
        Assert.DoesNotContain(all[1].Backend, (await AskForUsersAsync(balancer)).Values);
        _health.Set(all[1].Backend, HealthState.Healthy);
        Assert.Equal(after, await AskForUsersAsync(balancer));
    }

    [Fact]
    public async Task User_whose_backend_is_busy_goes_to_the_next_one_and_back_afterwards()
    {
        await using TestBalancer balancer = await StartAsync(1, new UserAffinity(), _a, _b, _c);
        HeldRequest first = balancer.Hold(fields: User(7));
        HeldRequest next = balancer.Hold(fields: User(7));
        Assert.NotEqual(first.Backend, next.Backend);
        first.End();
        HeldRequest back = balancer.Hold(fields: User(7));
        Assert.Equal((first.Backend, 200), (back.Backend, back.Answer?.StatusCode));
        next.End();
        back.End();
    }

    [Fact]
    public async Task Cap_holds_exactly_and_no_slot_is_lost_while_a_policy_chooses()
    {
        await using PoolScene scene = await OpenAsync(Options(4), new LeastRequests(), A, B.WithWeight(2), C);
        int[] running = new int[3];
        int worst = 0;
        scene.World.Send = async (backend, _, _) =>
        {
            int index = Array.IndexOf([A, B, C], backend);
            int now = Interlocked.Increment(ref running[index]);
            worst = Math.Max(worst, now); // one that is lost to a race shows a moment later
            await Task.Yield();
            Interlocked.Decrement(ref running[index]);
            return now % 3 == 0 ? throw Failure() : new ProxyResponse();
        };
        await Task.WhenAll(Enumerable.Range(0, 32).Select(_ => Task.Run(async () =>
        {
            for (int i = 0; i < 200; i++)
            {
                await scene.FetchAndDisposeAsync();
            }
        })));
        Assert.InRange(worst, 1, 4);
        Dictionary<Backend, int> slots = await scene.CountSlotsAsync(8);
        Assert.Equal((2, 4, 2), (slots[A], slots[B], slots[C]));
    }

    [OptimizedTheory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Fetch_through_a_policy_allocates_nothing_in_the_steady_state(bool suspends)
    {
        ScriptedBackends world = new();
        await using BackendPool pool = new(
            Options(64), world, world, ProxyEvents.None, TimeProvider.System, new RecordedLog<BackendPool>(), new LeastRequests());
        await pool.ReplaceAsync([A, B], default);
        Assert.Equal(0, await SteadyFetch.MeasureAsync(pool, world, suspends));
    }

    private static async Task<Dictionary<int, Backend>> AskForUsersAsync(TestBalancer balancer)
    {
        Dictionary<int, Backend> answers = [];
        for (int user = 0; user < 100; user++)
        {
            answers[user] = (await balancer.SendAsync("GET", "/", fields: User(user))).Backend!; // answered
        }

        return answers;
    }

    private static KeyValuePair<string, string>[] User(int user) => [new("X-User", user.ToString(CultureInfo.InvariantCulture))];

    private Task<TestBalancer> StartAsync(int n, SelectionPolicy policy, params TestBackend[] backends) =>
        TestedPool.StartAsync(n, new BalancerParts { Selection = policy, HealthMonitor = _health }, backends);
}

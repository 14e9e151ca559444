using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using GoAround.Core.Pool;
using Xunit;
using static GoAround.Core.Tests.Pool.PoolScene;

namespace GoAround.Core.Tests.Pool;

public sealed class BackendPoolSelectionTests
{
    [Fact]
    public async Task Policy_is_asked_with_what_the_backends_carry_and_its_choice_answers()
    {
        RecordingPolicy policy = new(loads => loads.Length - 1);
        await using PoolScene scene = await OpenAsync(Options(4), policy, A, B.WithWeight(2));
        ProxyResponse held = await scene.FetchAsync();
        Assert.Equal(B, held.Backend);
        Assert.Equal(B, (await scene.FetchAndDisposeAsync()).Backend);
        Assert.Equal([new BackendLoad(A, 0, 2), new BackendLoad(B, 0, 4)], policy.Asked[0]);
        Assert.Equal([new BackendLoad(A, 0, 2), new BackendLoad(B, 1, 4)], policy.Asked[1]);
        Assert.Equal(2, policy.Asked[0][1].Backend.Weight);
        await held.DisposeAsync();
        await scene.CountSlotsAsync(6);
    }

    [Fact]
    public async Task Only_backends_that_can_take_the_request_are_candidates_and_one_alone_is_no_question()
    {
        RecordingPolicy policy = new(_ => 0);
        Backend d = Backend.Parse("http://10.0.0.4");
        await using PoolScene scene = await OpenAsync(Options(1), policy, A, B, C, d);
        ProxyResponse busy = await scene.FetchAsync();
        Assert.Equal(A, busy.Backend);
        Assert.Equal([A, B, C, d], policy.Asked[^1].Select(load => load.Backend));
        scene.World.HealthOf(B).Push(HealthState.Unhealthy);
        await scene.FetchAndDisposeAsync();
        Assert.Equal([C, d], policy.Asked[^1].Select(load => load.Backend));
        await scene.Pool.DrainAsync(C, default);
        int asked = policy.Asked.Count;
        Assert.Equal(d, (await scene.FetchAndDisposeAsync()).Backend);
        Assert.Equal(asked, policy.Asked.Count);
        await busy.DisposeAsync();
        await scene.Pool.ReplaceAsync([C, A], default);
        scene.Pool.EndDrain(C);
        await scene.FetchAndDisposeAsync();
        Assert.Equal([C, A], policy.Asked[^1].Select(load => load.Backend));
        await scene.CountSlotsAsync(2);
    }

    [Fact]
    public async Task Policy_is_told_also_what_a_backend_carries_from_before_it_was_removed_and_came_back()
    {
        RecordingPolicy policy = new(_ => 0);
        await using PoolScene scene = await OpenAsync(Options(3), policy, A, B);
        ProxyResponse[] old = [await scene.FetchAsync(), await scene.FetchAsync()];
        await scene.Pool.ReplaceAsync([B], default);
        await scene.Pool.ReplaceAsync([A, B], default);
        ProxyResponse late = await scene.FetchAsync();
        Assert.Equal([new BackendLoad(A, 2, 3), new BackendLoad(B, 0, 3)], policy.Asked[^1]);
        Assert.Equal(3, scene.StatusOf(A).InFlight);
        await late.DisposeAsync();
        await old[0].DisposeAsync();
        await old[1].DisposeAsync();
        await scene.FetchAndDisposeAsync();
        Assert.Equal([new BackendLoad(A, 0, 3), new BackendLoad(B, 0, 3)], policy.Asked[^1]);
        await scene.CountSlotsAsync(6);
    }

    [Fact]
    public async Task Retry_asks_among_the_backends_that_were_not_tried()
    {
        RecordingPolicy policy = new(_ => 0);
        await using PoolScene scene = await OpenAsync(Options(2), policy, A, B, C);
        scene.World.Send = (backend, _, _) => backend == A ? throw Failure() : new(new ProxyResponse());
        ProxyResponse response = await scene.FetchAndDisposeAsync();
        Assert.Equal((B, 2), (response.Backend, response.Attempts));
        Assert.Equal([B, C], policy.Asked[^1].Select(load => load.Backend));
        await scene.CountSlotsAsync(6);
    }

    [Fact]
    public async Task Where_nothing_is_free_requests_wait_in_order_and_take_what_comes_first()
    {
        await using PoolScene scene = await OpenAsync(Options(1), new RecordingPolicy(_ => 0), A, B);
        ProxyResponse onA = await scene.FetchAsync();
        ProxyResponse onB = await scene.FetchAsync();
        Task<ProxyResponse> first = scene.FetchAsync();
        Task<ProxyResponse> second = scene.FetchAsync();
        await onB.DisposeAsync();
        Assert.Equal(B, (await first).Backend);
        Assert.False(second.IsCompleted);
        await onA.DisposeAsync();
        Assert.Equal(A, (await second).Backend);
        await (await first).DisposeAsync();
        await (await second).DisposeAsync();
        await scene.CountSlotsAsync(2);
    }

    [Fact]
    public async Task Retry_that_waits_lets_others_have_the_backend_it_tried()
    {
        await using PoolScene scene = await OpenAsync(Options(1), new RecordingPolicy(_ => 0), A, B);
        ProxyResponse onA = await scene.FetchAsync();
        ProxyResponse onB = await scene.FetchAsync();
        int sends = 0;
        scene.World.Send = (_, _, _) => sends++ == 0 ? throw Failure() : new(new ProxyResponse());
        Task<ProxyResponse> retrier = scene.FetchAsync();
        await onA.DisposeAsync(); // the retrier fails at A and waits for B
        Assert.False(retrier.IsCompleted);
        Assert.Equal(A, (await scene.FetchAndDisposeAsync()).Backend);
        await onB.DisposeAsync();
        Assert.Equal(B, (await retrier).Backend);
        await (await retrier).DisposeAsync();
        await scene.CountSlotsAsync(2);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(2)]
    public async Task Choice_that_is_none_of_the_candidates_is_a_bug_and_takes_nothing_along(int choice)
    {
        int wrong = choice;
        await using PoolScene scene = await OpenAsync(Options(2), new RecordingPolicy(_ => wrong), A, B);
        InvalidOperationException bug = await Assert.ThrowsAsync<InvalidOperationException>(() => scene.FetchAsync());
        Assert.Equal($"RecordingPolicy chose backend {choice} of 2", bug.Message);
        wrong = 0;
        await scene.CountSlotsAsync(4);
    }

    [Fact]
    public async Task Policy_of_an_application_keeps_each_user_with_a_backend_and_moves_only_those_of_one_that_leaves()
    {
        Backend[] all = [.. Enumerable.Range(1, 5).Select(i => Backend.Parse($"http://10.0.0.{i}"))];
        await using PoolScene scene = await OpenAsync(Options(2), new UserAffinity(), all);
        Dictionary<int, Backend> before = await AskAsync(scene);
        Assert.Equal(before, await AskAsync(scene));
        Assert.Equal(5, before.Values.Distinct().Count());
        await scene.Pool.ReplaceAsync(all[1..], default);
        Dictionary<int, Backend> after = await AskAsync(scene);
        Assert.All(after, user => Assert.True(user.Value.Equals(before[user.Key]) || before[user.Key].Equals(all[0])));
        scene.World.HealthOf(all[1]).Push(HealthState.Unhealthy);
        Assert.DoesNotContain(all[1], (await AskAsync(scene)).Values);
        scene.World.HealthOf(all[1]).Push(HealthState.Healthy);
        Assert.Equal(after, await AskAsync(scene));
    }

    [Fact]
    public async Task User_whose_backend_is_busy_goes_to_the_next_one_and_back_afterwards()
    {
        await using PoolScene scene = await OpenAsync(Options(1), new UserAffinity(), A, B, C);
        ProxyResponse first = await FetchAsync(scene, 7);
        ProxyResponse next = await FetchAsync(scene, 7);
        Assert.NotEqual(first.Backend, next.Backend);
        await first.DisposeAsync();
        ProxyResponse back = await FetchAsync(scene, 7);
        Assert.Equal(first.Backend, back.Backend);
        await next.DisposeAsync();
        await back.DisposeAsync();
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

    private static async Task<Dictionary<int, Backend>> AskAsync(PoolScene scene)
    {
        Dictionary<int, Backend> answers = [];
        for (int user = 0; user < 100; user++)
        {
            ProxyResponse response = await FetchAsync(scene, user);
            answers[user] = response.Backend!; // answered
            await response.DisposeAsync();
        }

        return answers;
    }

    private static ValueTask<ProxyResponse> FetchAsync(PoolScene scene, int user)
    {
        ProxyRequest request = new("GET", "/");
        request.Fields.Add("X-User", user.ToString(CultureInfo.InvariantCulture));
        return scene.Pool.FetchAsync(request, default);
    }
}

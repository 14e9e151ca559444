using System;
using System.Collections.Generic;
using System.Threading;
using System.Threading.Tasks;
using Xunit;

namespace GoAround.Testing.Tests;

public sealed class ManualTimeTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private readonly ManualTime _time = new();
    private readonly List<string> _said = [];

    [Fact]
    public void Clock_stands_still_until_it_is_moved()
    {
        DateTimeOffset start = _time.GetUtcNow();
        long stamp = _time.GetTimestamp();
        Assert.Equal(new DateTimeOffset(2000, 1, 1, 0, 0, 0, TimeSpan.Zero), start);
        _time.Advance(Second);
        Assert.Equal(Second, _time.GetUtcNow() - start);
        Assert.Equal(Second, _time.GetElapsedTime(stamp));
        Assert.Equal(Second, _time.Elapsed);
        Assert.Equal(TimeZoneInfo.Utc, _time.LocalTimeZone);
        Assert.Throws<ArgumentOutOfRangeException>(() => _time.Advance(-Second));
    }

    [Fact]
    public void Timers_fire_by_moment_and_at_one_moment_in_the_order_they_were_set()
    {
        using ITimer late = Say("late", 2 * Second);
        using ITimer first = Say("first", Second);
        using ITimer second = Say("second", Second);
        using ITimer again = Say("again", Second, Second);
        _time.Advance(2 * Second);
        Assert.Equal(["1 first", "1 second", "1 again", "2 late", "2 again"], _said);
    }

    [Fact]
    public void Timer_fires_at_its_own_moment_also_where_the_clock_goes_further()
    {
        ITimer? inner = null;
        using ITimer timer = _time.CreateTimer(
            _ =>
            {
                Assert.Throws<InvalidOperationException>(_time.RunUntilIdle); // not from within
                inner = Say("inner", TimeSpan.Zero);
                _time.Enqueue(_ => _said.Add("queued"), null);
            },
            null,
            Second,
            Timeout.InfiniteTimeSpan);
        _time.Advance(10 * Second);
        inner?.Dispose();
        Assert.Equal(["queued", "1 inner"], _said);
    }

    [Fact]
    public void Changed_and_disposed_timers_keep_only_their_last_setting()
    {
        using ITimer moved = Say("moved", Second);
        using ITimer stopped = Say("stopped", Second);
        ITimer gone = Say("gone", Second);
        Assert.True(moved.Change(3 * Second, Timeout.InfiniteTimeSpan));
        Assert.True(stopped.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan));
        gone.Dispose();
        Assert.False(gone.Change(Second, Timeout.InfiniteTimeSpan));
        _time.Advance(10 * Second);
        Assert.Equal(["3 moved"], _said);
    }

    [Fact]
    public void What_a_timer_sets_going_runs_before_the_next_timer()
    {
        using ITimer one = _time.CreateTimer(_ => Go(3), null, Second, Timeout.InfiniteTimeSpan);
        using ITimer two = Say("next", Second);
        _time.Advance(Second);
        Assert.Equal(["step 3", "step 2", "step 1", "1 next"], _said);

        void Go(int left)
        {
            _said.Add($"step {left}");
            if (left > 1)
            {
                _time.Enqueue(_ => Go(left - 1), null);
            }
        }
    }

    [Fact]
    public async Task Code_goes_on_in_the_clock_and_the_clock_moves_by_itself()
    {
        int thread = Environment.CurrentManagedThreadId;
        await _time.RunAsync(async () =>
        {
            for (int i = 0; i < 100; i++)
            {
                await Task.Delay(Second, _time);
                Assert.Equal(thread, Environment.CurrentManagedThreadId);
            }
        });
        Assert.Equal(100 * Second, _time.Elapsed);
    }

    [Fact]
    public async Task Several_who_wait_take_turns_in_one_order_every_time()
    {
        List<string> first = await RecordAsync();
        Assert.Equal(300, first.Count);
        for (int i = 0; i < 5; i++)
        {
            Assert.Equal(first, await RecordAsync());
        }

        static async Task<List<string>> RecordAsync()
        {
            ManualTime time = new();
            List<string> said = [];
            await time.RunAsync(() => Task.WhenAll(GoAsync("a", 3), GoAsync("b", 5), GoAsync("c", 7)));
            return said;

            async Task GoAsync(string name, int milliseconds)
            {
                for (int i = 0; i < 100; i++)
                {
                    await Task.Delay(TimeSpan.FromMilliseconds(milliseconds), time).ConfigureAwait(i % 2 == 0);
                    said.Add($"{time.Elapsed.TotalMilliseconds} {name}");
                }
            }
        }
    }

    [Fact]
    public async Task Deadlines_of_the_framework_go_by_this_clock()
    {
        await _time.RunAsync(async () =>
        {
            using CancellationTokenSource deadline = new(Second, _time);
            await Assert.ThrowsAsync<TaskCanceledException>(() => new TaskCompletionSource().Task.WaitAsync(deadline.Token));
            await Assert.ThrowsAsync<TimeoutException>(() => new TaskCompletionSource().Task.WaitAsync(Second, _time));
        });
        Assert.Equal(2 * Second, _time.Elapsed);
    }

    [Fact]
    public async Task Code_that_waits_for_something_else_is_given_up()
    {
        ManualTime time = new() { Patience = 5 * Second };
        TimeoutException fault = await Assert.ThrowsAsync<TimeoutException>(() => time.RunAsync(() => new TaskCompletionSource().Task));
        Assert.Contains("00:00:05", fault.Message, StringComparison.Ordinal);
        Assert.Equal(5 * Second, time.Elapsed);
    }

    [Fact]
    public void Clock_that_never_comes_to_rest_is_told_from_one_that_does()
    {
        _time.Enqueue(Again, null);
        Assert.Contains("does not come to rest", Assert.Throws<InvalidOperationException>(_time.RunUntilIdle).Message, StringComparison.Ordinal);

        void Again(object? state) => _time.Enqueue(Again, null);
    }

    [Fact]
    public void Advance_until_stops_at_the_moment_the_condition_holds()
    {
        using ITimer one = Say("one", Second);
        using ITimer two = Say("two", 2 * Second);
        Assert.True(_time.AdvanceUntil(() => _said.Count == 1, 10 * Second));
        Assert.Equal(Second, _time.Elapsed);
        Assert.False(_time.AdvanceUntil(() => _said.Count == 3, 10 * Second));
        Assert.Equal(11 * Second, _time.Elapsed);
    }

    [Fact]
    public void What_a_timer_throws_the_move_throws()
    {
        using ITimer timer = _time.CreateTimer(_ => throw new NotSupportedException("mine"), null, Second, Timeout.InfiniteTimeSpan);
        Assert.Equal("mine", Assert.Throws<NotSupportedException>(() => _time.Advance(Second)).Message);
        _time.Advance(Second); // and the clock is usable as before
    }

    [Fact]
    public async Task Schedulers_of_others_do_not_lead_out_of_the_clock()
    {
        ConcurrentExclusiveSchedulerPair pair = new();
        await Task.Factory.StartNew(
            () =>
            {
                int thread = Environment.CurrentManagedThreadId;
                Task run = _time.RunAsync(async () =>
                {
                    await Task.Delay(Second, _time).ConfigureAwait(false);
                    Assert.Equal(thread, Environment.CurrentManagedThreadId);
                });
                Assert.True(run.IsCompletedSuccessfully);
            },
            CancellationToken.None,
            TaskCreationOptions.None,
            pair.ExclusiveScheduler);
    }

    [Fact]
    public void Values_of_the_context_do_not_leak_from_one_timer_to_the_next()
    {
        AsyncLocal<string> local = new() { Value = "mine" };
        using ITimer one = _time.CreateTimer(_ => Note("one"), null, Second, Timeout.InfiniteTimeSpan);
        using ITimer two = _time.CreateTimer(_ => Note("two"), null, Second, Timeout.InfiniteTimeSpan);
        _time.Advance(Second);
        Assert.Equal(["mine", "mine"], _said);
        Assert.Equal("mine", local.Value);

        void Note(string next)
        {
            _said.Add(local.Value!);
            local.Value = next;
        }
    }

    private ITimer Say(string what, TimeSpan due, TimeSpan? period = null) =>
        _time.CreateTimer(_ => _said.Add($"{_time.Elapsed.TotalSeconds} {what}"), null, due, period ?? Timeout.InfiniteTimeSpan);

    [Fact]
    public void Clock_may_be_moved_without_a_limit()
    {
        ManualTime time = new();
        time.Advance(TimeSpan.FromSeconds(1));
        int fired = 0;
        using ITimer timer = time.CreateTimer(_ => fired++, null, TimeSpan.FromHours(1), Timeout.InfiniteTimeSpan);
        Assert.True(time.AdvanceUntil(() => fired > 0, TimeSpan.MaxValue));
        Assert.Equal(TimeSpan.FromSeconds(3601), time.Elapsed);
    }
}

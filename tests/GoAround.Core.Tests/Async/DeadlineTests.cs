using System;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using GoAround.Core.Async;
using GoAround.Core.Tests.Wire;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace GoAround.Core.Tests.Async;

public sealed class DeadlineTests : IDisposable
{
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(100);

    private readonly TimeOfOneThread _time = new();
    private readonly DeadlineClock _clock;
    private int _calls;

    public DeadlineTests() => _clock = new DeadlineClock(_time);

    public void Dispose() => _clock.Dispose();

    [Theory]
    [InlineData(0, 1)]
    [InlineData(0, 1_000)]
    [InlineData(37, 250)]
    [InlineData(99, 5_000)]
    [InlineData(100, 100)]
    [InlineData(1_234, 60_000)]
    public void Deadline_passes_never_early_and_at_most_two_ticks_late(int startMilliseconds, int delayMilliseconds)
    {
        Advance(startMilliseconds);
        using Deadline deadline = Open();
        deadline.Set(TimeSpan.FromMilliseconds(delayMilliseconds));
        Advance(delayMilliseconds - 1);
        Assert.False(deadline.HasPassed);
        Advance(1 + 200);
        Assert.True(deadline.HasPassed);
        Assert.Equal(1, _calls);
    }

    [Fact]
    public void Look_puts_a_deadline_off_until_it_says_that_it_is_time()
    {
        TimeSpan[] more = [TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(2), TimeSpan.Zero];
        int looks = 0;
        using Deadline deadline = new(_clock, _ => _calls++, this, this, _ => more[looks++]);
        deadline.Set(TimeSpan.FromSeconds(1));
        Advance(1_200);
        Assert.Equal(1, looks);
        Advance(900);
        Assert.Equal(1, looks);
        Advance(300);
        Assert.Equal(2, looks);
        Assert.False(deadline.HasPassed);
        Assert.Equal(0, _calls);
        Advance(2_200);
        Assert.Equal(3, looks);
        Assert.True(deadline.HasPassed);
        Assert.Equal(1, _calls);
    }

    [Fact]
    public void Deadline_that_is_taken_back_while_it_is_looked_at_does_not_pass()
    {
        Deadline? deadline = null;
        using (deadline = new(_clock, _ => _calls++, this, this, _ =>
        {
            deadline!.Clear();
            return TimeSpan.Zero;
        }))
        {
            deadline.Set(TimeSpan.FromSeconds(1));
            Advance(5_000);
            Assert.False(deadline.HasPassed);
            Assert.Equal(0, _calls);
        }
    }

    [Fact]
    public void Deadline_set_while_the_clock_is_behind_is_not_early()
    {
        using Deadline deadline = Open();
        using Deadline slow = new(_clock, _ => HoldUpAndSet(), this);
        slow.Set(TimeSpan.FromMilliseconds(1));
        Advance(200);
        Advance(900);
        Assert.False(deadline.HasPassed);
        Advance(300);
        Assert.True(deadline.HasPassed);

        void HoldUpAndSet()
        {
            _time.Advance(TimeSpan.FromSeconds(10)); // the machine stood still: no tick for ten seconds
            deadline.Set(TimeSpan.FromSeconds(1));
        }
    }

    [Fact]
    public void Deadline_that_is_moved_passes_at_its_latest_moment_only()
    {
        using Deadline deadline = Open();
        deadline.Set(TimeSpan.FromSeconds(1));
        Advance(900);
        deadline.Set(TimeSpan.FromSeconds(1));
        Advance(900);
        Assert.Equal(0, _calls);
        Advance(300);
        Assert.Equal(1, _calls);
    }

    [Fact]
    public void Cleared_deadline_does_not_pass()
    {
        using Deadline deadline = Open();
        deadline.Set(TimeSpan.FromSeconds(1));
        Assert.True(deadline.Clear());
        Advance(5_000);
        Assert.False(deadline.HasPassed);
        Assert.Equal(0, _calls);
    }

    [Fact]
    public void Passed_deadline_stays_passed()
    {
        using Deadline deadline = Open();
        deadline.Set(Tick);
        Advance(300);
        Assert.False(deadline.Clear());
        deadline.Set(TimeSpan.FromSeconds(1));
        Assert.True(deadline.HasPassed);
        Advance(5_000);
        Assert.Equal(1, _calls);
    }

    [Fact]
    public void Deadline_that_left_the_clock_does_not_pass()
    {
        Deadline[] deadlines = [.. Enumerable.Range(0, 10).Select(_ => Open())];
        foreach (Deadline deadline in deadlines)
        {
            deadline.Set(Tick);
        }

        foreach (int index in new[] { 9, 0, 4, 4 })
        {
            deadlines[index].Dispose();
        }

        Advance(300);
        Assert.Equal(7, _calls);
    }

    [Fact]
    public void Call_may_dispose_its_own_deadline_and_others()
    {
        Deadline[] deadlines = new Deadline[5];
        for (int i = 0; i < deadlines.Length; i++)
        {
            deadlines[i] = new Deadline(_clock, _ => Array.ForEach(deadlines, deadline => deadline.Dispose()), this);
            deadlines[i].Set(Tick);
        }

        Advance(300);
        Assert.All(deadlines, deadline => Assert.True(deadline.HasPassed));
    }

    [Fact]
    public async Task Clearing_that_succeeds_is_never_followed_by_a_call()
    {
        for (int i = 0; i < 2_000; i++)
        {
            int calls = 0;
            using Deadline deadline = new(_clock, _ => Interlocked.Increment(ref calls), this);
            deadline.Set(TimeSpan.Zero);
            Task<bool> clearing = Task.Run(deadline.Clear);
            _time.Advance(Tick);
            _time.Advance(Tick);
            bool cleared = await clearing;
            _time.Advance(Tick);
            Assert.Equal(cleared ? 0 : 1, calls);
            Assert.Equal(!cleared, deadline.HasPassed);
        }
    }

    [Fact]
    public async Task Call_that_blocks_holds_up_neither_the_others_nor_the_clock()
    {
        FakeTimeProvider time = new(); // as every clock that does not run work itself
        using DeadlineClock clock = new(time);
        using ManualResetEventSlim go = new();
        TaskCompletionSource<bool> blocked = new();
        TaskCompletionSource other = new();
        TaskCompletionSource later = new();
        using Deadline blocking = new(clock, _ => blocked.SetResult(go.Wait(WireEnd.Patience)), this);
        using Deadline second = new(clock, _ => other.SetResult(), this);
        using Deadline third = new(clock, _ => later.SetResult(), this);
        blocking.Set(Tick);
        second.Set(Tick);
        third.Set(Tick * 5);
        for (int i = 0; i < 10; i++)
        {
            await Task.Run(() => time.Advance(Tick)).WaitAsync(WireEnd.Patience / 2);
        }

        await other.Task.WaitAsync(WireEnd.Patience / 2);
        await later.Task.WaitAsync(WireEnd.Patience / 2);
        go.Set();
        Assert.True(await blocked.Task.WaitAsync(WireEnd.Patience)); // its call must not outlive the test
    }

    private Deadline Open() => new(_clock, _ => _calls++, this);

    private void Advance(int milliseconds)
    {
        for (int i = 0; i < milliseconds; i++)
        {
            _time.Advance(TimeSpan.FromMilliseconds(1));
        }
    }
}

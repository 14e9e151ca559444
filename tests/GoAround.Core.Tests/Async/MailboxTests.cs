using System;
using System.Collections.Generic;
using System.Threading;
using System.Threading.Tasks;
using GoAround.Core.Async;
using GoAround.Testing;
using Xunit;

namespace GoAround.Core.Tests.Async;

/// <summary>The three ways in which work leaves its caller's stack: for the thread pool, or for the clock that takes it.</summary>
public sealed class MailboxTests
{
    [Fact]
    public async Task Reader_never_goes_on_in_the_writers_stack()
    {
        Mailbox<int> mailbox = new(TimeProvider.System);
        Task<Thread> read = ReadThreadAsync(mailbox);
        Thread writer = await Task.Factory.StartNew(
            () =>
            {
                mailbox.Post(1);
                return Thread.CurrentThread;
            },
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default);
        Assert.NotSame(writer, await read);
    }

    [Fact]
    public void With_a_clock_that_takes_work_all_goes_on_in_its_turn_and_in_order()
    {
        ManualTime time = new();
        List<string> said = [];
        Mailbox<int> mailbox = new(time);
        Signal signal = new(time);
        SynchronizationContext? context = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(null);
        _ = ReadAsync();
        _ = WaitAsync();
        _ = HopAsync();
        mailbox.Post(1);
        signal.Set();
        mailbox.Post(2);
        mailbox.Close();
        Assert.Equal(["before the hop"], said);
        time.RunUntilIdle();
        SynchronizationContext.SetSynchronizationContext(context);
        Assert.Equal(["before the hop", "behind the hop", "1", "signal", "2", "closed"], said);

        async Task ReadAsync()
        {
            await foreach (int item in mailbox.Reader.ReadAllAsync().ConfigureAwait(false))
            {
                said.Add($"{item}");
            }

            said.Add("closed");
        }

        async Task WaitAsync()
        {
            await signal.Task.ConfigureAwait(false);
            said.Add("signal");
        }

        async Task HopAsync()
        {
            said.Add("before the hop");
            await new WorkHop(time);
            said.Add("behind the hop");
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void What_is_over_the_capacity_is_left_out(bool isManual)
    {
        ManualTime time = new();
        Mailbox<int> mailbox = new(isManual ? time : TimeProvider.System, capacity: 1);
        mailbox.Post(1);
        mailbox.Post(2);
        time.RunUntilIdle();
        Assert.True(mailbox.Reader.TryRead(out int first));
        Assert.Equal(1, first);
        Assert.False(mailbox.Reader.TryRead(out _));
    }

    [Fact]
    public async Task Signal_that_will_not_come_cancels_who_waits()
    {
        ManualTime time = new();
        Signal manual = new(time);
        manual.GiveUp();
        time.RunUntilIdle();
        Assert.True(manual.Task.IsCanceled);
        Signal plain = new(null);
        plain.GiveUp();
        plain.Set(); // too late
        await Assert.ThrowsAsync<TaskCanceledException>(() => plain.Task);
    }

    private static async Task<Thread> ReadThreadAsync(Mailbox<int> mailbox)
    {
        await mailbox.Reader.WaitToReadAsync().ConfigureAwait(false);
        return Thread.CurrentThread;
    }
}

using System;
using System.Threading;
using System.Threading.Tasks;
using GoAround.Core.Cache;
using GoAround.Core.Tests.Wire;
using Xunit;

namespace GoAround.Core.Tests.Cache;

public sealed class FillAudienceTests
{
    /// <summary>An application that blocks where its caller has left must not hold up the fetch, and with it all who wait for it.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Reader_that_left_while_it_was_held_goes_on_upon_the_stack_of_the_fetch_only_where_it_cannot_block(bool mayBlock)
    {
        FillAudience audience = new();
        FillReader reader = new() { MayBlock = mayBlock };
        Assert.True(audience.TryJoin(reader, isLeader: true));
        using CancellationTokenSource leaving = new();
        Task<Thread> waiting = WaitAsync(audience, reader, leaving.Token);
        Assert.Same(reader, audience.HoldLeader());
        await leaving.CancelAsync();
        Assert.False(waiting.IsCompleted);
        Thread letting = new(() => audience.LetGo(reader));
        letting.Start();
        letting.Join(); // before the await: on that thread's stack this method would wait for itself
        Thread goneOn = await waiting.WaitAsync(WireEnd.Patience);

        Assert.Equal(!mayBlock, goneOn == letting);
    }

    /// <summary>Each reader that goes on or leaves asks whether the fetch is to be woken; the fetch must not run ahead for every one of them.</summary>
    [Fact]
    public async Task The_fetch_is_woken_only_by_a_reader_that_has_come_to_where_it_waits()
    {
        FillAudience audience = new();
        FillReader staying = new();
        FillReader leaving = new();
        Assert.True(audience.TryJoin(staying, isLeader: true));
        Assert.True(audience.TryJoin(leaving, isLeader: false));
        using FillSegment segment = new(0);
        ValueTask<bool> entered = audience.UntilAsync(segment, FillWait.Entered);
        audience.WakeFetch(); // somebody has come to an earlier one
        audience.Leave(leaving, closesEmpty: true);
        Assert.False(entered.IsCompleted);
        Assert.True(segment.TryEnter());
        audience.WakeFetch();
        Assert.True(await entered.AsTask().WaitAsync(WireEnd.Patience));
        segment.Dispose();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_fetch_is_woken_when_it_is_stopped_or_the_last_reader_has_left(bool isStopped)
    {
        FillAudience audience = new();
        FillReader reader = new();
        Assert.True(audience.TryJoin(reader, isLeader: true));
        using FillSegment segment = new(0);
        ValueTask<bool> entered = audience.UntilAsync(segment, FillWait.Entered);
        Assert.False(entered.IsCompleted);
        if (isStopped)
        {
            audience.StopFetch();
        }
        else
        {
            audience.Leave(reader, closesEmpty: true);
        }

        Assert.True(await entered.AsTask().WaitAsync(WireEnd.Patience));
    }

    /// <summary>A timer may call once more after it was disposed, and the audience is used again with its fetch.</summary>
    [Fact]
    public async Task Giving_up_a_wait_that_is_over_does_not_end_the_next_one()
    {
        FillAudience audience = new();
        Assert.True(audience.TryJoin(new FillReader(), isLeader: true));
        using FillSegment segment = new(0);
        ValueTask<bool> first = audience.UntilAsync(segment, FillWait.Entered);
        int firstWait = audience.LatestWait;
        Assert.True(segment.TryEnter());
        audience.WakeFetch();
        Assert.True(await first.AsTask().WaitAsync(WireEnd.Patience));
        audience.Reset();
        using FillSegment next = new(0);
        Task<bool> second = audience.UntilAsync(next, FillWait.Entered).AsTask();
        audience.GiveUpFetch(firstWait);
        Assert.True(next.TryEnter());
        audience.WakeFetch();
        Assert.True(await second.WaitAsync(WireEnd.Patience)); // false: it gave up
        next.Dispose();
        segment.Dispose();
    }

    /// <summary>Whoever is behind is cut for the sake of others who wait for more, and of nobody else.</summary>
    [Fact]
    public async Task The_fetch_waits_for_one_behind_as_long_as_nobody_is_starved_and_is_patient_as_long_as_somebody_is()
    {
        FillAudience audience = new();
        FillReader ahead = new();
        Assert.True(audience.TryJoin(ahead, isLeader: true));
        Assert.True(audience.TryJoin(new FillReader(), isLeader: false));
        using FillSegment behind = new(0);
        ValueTask<bool> untilStarved = audience.UntilAsync(behind, FillWait.LeftOrStarved);
        Assert.False(untilStarved.IsCompleted);
        using CancellationTokenSource leaving = new();
        Task<Thread> waiting = WaitAsync(audience, ahead, leaving.Token);
        Assert.True(await untilStarved.AsTask().WaitAsync(WireEnd.Patience));
        ValueTask<bool> untilNobodyIs = audience.UntilAsync(behind, FillWait.LeftOrNoneStarved);
        Assert.False(untilNobodyIs.IsCompleted);
        await leaving.CancelAsync();
        await waiting.WaitAsync(WireEnd.Patience);
        audience.Leave(ahead, closesEmpty: true);
        Assert.True(await untilNobodyIs.AsTask().WaitAsync(WireEnd.Patience));
        Task<bool> untilAnotherIs = audience.UntilAsync(behind, FillWait.LeftOrStarved).AsTask();
        Assert.False(untilAnotherIs.IsCompleted);
    }

    private static async Task<Thread> WaitAsync(FillAudience audience, FillReader reader, CancellationToken cancellationToken)
    {
        try
        {
            await audience.WaitAsync(reader, audience.Signals, cancellationToken).ConfigureAwait(false);
            throw new InvalidOperationException("it was not told to leave");
        }
        catch (OperationCanceledException)
        {
            return Thread.CurrentThread;
        }
    }
}

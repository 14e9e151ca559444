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

using System.Threading;
using System.Threading.Tasks;
using GoAround.Core.Cache;
using GoAround.Core.Tests.Wire;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace GoAround.Core.Tests.Cache;

public sealed class FillTableTests
{
    /// <summary>Two who come at the same time both see that nobody fetches; the second one joins the first on its way into the table.</summary>
    [Fact]
    public async Task Who_joins_on_the_way_into_the_table_waits_no_longer_than_others()
    {
        await using CacheStage stage = new();
        CacheContext cache = new(stage, stage.Store, new CacheOptions(), stage.Memory, stage.Events, stage.Time, NullLogger.Instance, "test");
        Fill first = Prepare(cache);
        Assert.Equal(FillSeat.Leader, cache.Fills.Add(first, new FillReader(), 0, out _));
        Fill second = Prepare(cache);
        Assert.Equal(FillSeat.Joined, cache.Fills.Add(second, new FillReader(), 0, out Fill joined));
        Assert.Same(first, joined);
        second.Release();
        for (int i = 0; i < 6; i++)
        {
            stage.Advance(1);
        }

        Assert.True(first.IsSlow);
    }

    /// <summary>It has not seen that the table is being stopped, and whoever stops all that is there has passed its place.</summary>
    [Fact]
    public async Task Who_comes_while_the_table_is_being_stopped_is_not_let_in()
    {
        await using CacheStage stage = new();
        CacheContext cache = new(stage, stage.Store, new CacheOptions(), stage.Memory, stage.Events, stage.Time, NullLogger.Instance, "test");
        Fill fill = Prepare(cache);
        FillSeat seat = FillSeat.Leader;
        Thread coming = new(() => seat = cache.Fills.Add(fill, new FillReader(), 0, out _));
        Task stopping;
        lock (cache.Fills.GateOf(fill.Hash))
        {
            coming.Start();
            Until.True(() => coming.ThreadState.HasFlag(ThreadState.WaitSleepJoin), "it did not come to the lock");
            stopping = cache.Fills.DisposeAsync().AsTask(); // the lock is this thread's
        }

        Assert.True(coming.Join(WireEnd.Patience));
        fill.Release();
        Assert.Equal(FillSeat.None, seat);
        await stopping.WaitAsync(WireEnd.Patience);
    }

    private static Fill Prepare(CacheContext cache)
    {
        ProxyRequest request = CacheStage.Get();
        RequestFacts facts = RequestFacts.Read(request);
        CachedAnswer answer = CachedAnswer.Rent(request, in facts);
        Fill fill = Fill.Rent(cache);
        fill.Prepare(request, answer, FillKind.Shared);
        answer.Free();
        return fill;
    }
}

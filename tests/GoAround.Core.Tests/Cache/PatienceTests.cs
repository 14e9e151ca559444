using System;
using System.Threading.Tasks;
using GoAround.Core.Tests.Wire;
using Xunit;

namespace GoAround.Core.Tests.Cache;

/// <summary>What the patience of those who are ahead is not worn out by.</summary>
public sealed class PatienceTests
{
    private const int LimitBytes = LargeBodyTests.LimitBytes;
    private const int WindowBytes = LargeBodyTests.WindowBytes;
    private const int BodyBytes = LargeBodyTests.Pieces * LargeBodyTests.PieceBytes;

    [Fact]
    public async Task What_it_takes_to_be_woken_does_not_add_up()
    {
        EagerTime time = new();
        await using CacheStage stage = new(configure: options => options.MaxObjectBytes = LimitBytes, time: time);
        (Follower[] readers, _) = await LargeBodyTests.BeginAsync(stage, 2);
        await readers[1].ReadToAsync(1);
        for (int i = 0; i < 8; i++)
        {
            Task<ReadOnlyMemory<byte>> more = await LargeBodyTests.StarveAsync(readers[0], time, LimitBytes + ((2 + i) * WindowBytes));
            stage.Advance(i == 0 ? 2.499 : 0.01);
            await readers[1].ReadToAsync(LimitBytes + (i * WindowBytes) + 1);
            readers[0].Take(await more.WaitAsync(WireEnd.Patience));
        }

        Task<CacheReply> rest = CacheReply.ReadAsync(readers[0].Response);
        Assert.Equal(BodyBytes, await readers[1].ReadToAsync(long.MaxValue));
        await readers[1].Response.DisposeAsync();
        await rest.WaitAsync(WireEnd.Patience);
    }

    [Fact]
    public async Task What_adds_up_wears_it_out()
    {
        EagerTime time = new();
        await using CacheStage stage = new(configure: options => options.MaxObjectBytes = LimitBytes, time: time);
        (Follower[] readers, _) = await LargeBodyTests.BeginAsync(stage, 2);
        await using ProxyResponse ahead = readers[0].Response;
        await using ProxyResponse slow = readers[1].Response;
        await readers[1].ReadToAsync(1);
        for (int i = 0; i < 2; i++)
        {
            Task<ReadOnlyMemory<byte>> more = await LargeBodyTests.StarveAsync(readers[0], time, LimitBytes + ((2 + i) * WindowBytes));
            stage.Advance(1.25); // the first 0.01 of which cost nothing
            await readers[1].ReadToAsync(LimitBytes + (i * WindowBytes) + 1);
            readers[0].Take(await more.WaitAsync(WireEnd.Patience));
        }

        Task<ReadOnlyMemory<byte>> last = await LargeBodyTests.StarveAsync(readers[0], time, LimitBytes + (4 * WindowBytes));
        stage.Advance(0.019);
        Assert.False(last.IsCompleted);
        stage.Advance(0.001);
        readers[0].Take(await last.WaitAsync(WireEnd.Patience));
        Assert.Equal(BodyBytes, await readers[0].ReadToAsync(long.MaxValue));
        await Assert.ThrowsAsync<BackendException>(() => readers[1].ReadToAsync(BodyBytes));
    }

    [Fact]
    public async Task One_who_is_as_fast_does_not_pay_for_one_who_was_waited_for_and_has_left()
    {
        EagerTime time = new();
        await using CacheStage stage = new(configure: options => options.MaxObjectBytes = LimitBytes, time: time);
        (Follower[] readers, _) = await LargeBodyTests.BeginAsync(stage, 3);
        await readers[1].ReadToAsync(1);
        await readers[2].ReadToAsync(LimitBytes + (2 * WindowBytes));
        Task<ReadOnlyMemory<byte>> more = await LargeBodyTests.StarveAsync(readers[0], time, LimitBytes + (2 * WindowBytes));
        stage.Advance(2.499);
        await readers[1].Response.DisposeAsync();
        readers[0].Take(await more.WaitAsync(WireEnd.Patience));
        more = await LargeBodyTests.StarveAsync(readers[0], time, LimitBytes + (4 * WindowBytes));
        stage.Advance(0.099);
        Assert.False(more.IsCompleted);
        await readers[2].ReadToAsync(LimitBytes + (2 * WindowBytes) + 1);
        readers[0].Take(await more.WaitAsync(WireEnd.Patience));
        Task<CacheReply> rest = CacheReply.ReadAsync(readers[0].Response);
        Assert.Equal(BodyBytes, await readers[2].ReadToAsync(long.MaxValue));
        await readers[2].Response.DisposeAsync();
        await rest.WaitAsync(WireEnd.Patience);
    }
}

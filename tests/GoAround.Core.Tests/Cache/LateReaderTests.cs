using System;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using GoAround.Core.Async;
using GoAround.Core.Tests.Wire;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace GoAround.Core.Tests.Cache;

public sealed class LateReaderTests
{
    private const int PieceBytes = 64 * 1024;
    private const int Pieces = 32;

    /// <summary>On a machine that is overloaded one may hear of the answer long after another has read all that is kept of it.</summary>
    [Fact]
    public async Task A_body_that_outgrows_the_limit_does_not_run_away_from_one_who_is_told_late()
    {
        LateTime time = new();
        await using CacheStage stage = new(configure: options => options.MaxObjectBytes = 2 * PieceBytes, time: time);
        Task<ProxyResponse>[] asking = [.. Enumerable.Range(0, 2).Select(_ => stage.Handler.HandleAsync(CacheStage.Get(), default).AsTask())];
        PushedBody body = new(null);
        for (int i = 0; i < Pieces; i++)
        {
            body.Push(new byte[PieceBytes]);
        }

        body.End();
        (await stage.CallAsync()).Answer(body);
        Task<ProxyResponse> first = await Task.WhenAny(asking).WaitAsync(WireEnd.Patience);
        Task<CacheReply> quick = CacheReply.ReadAsync(await first);
        await Task.WhenAny(quick, Task.Delay(50)); // were it not to wait, the quick one would be through
        Assert.Equal(3, body.Reads); // the limit, and a piece that waits for its room
        time.Release();
        Task<CacheReply> late = CacheReply.ReadAsync(await asking.Single(task => task != first).WaitAsync(WireEnd.Patience));
        Assert.Equal(Pieces * PieceBytes, (await late.WaitAsync(WireEnd.Patience)).Body.Length);
        Assert.Equal(Pieces * PieceBytes, (await quick.WaitAsync(WireEnd.Patience)).Body.Length);
        Assert.Equal(1, stage.Calls);
    }

    /// <summary>What is put off is run at once, but for the second: the other of the two who are told.</summary>
    private sealed class LateTime : FakeTimeProvider, IWorkRunner
    {
        private readonly TaskCompletionSource _released = new();
        private int _count;

        public void Enqueue(Action<object?> work, object? state)
        {
            if (Interlocked.Increment(ref _count) == 2)
            {
                _released.Task.ContinueWith(_ => work(state), TaskScheduler.Default);
            }
            else
            {
                work(state);
            }
        }

        public void Release() => _released.SetResult();
    }
}

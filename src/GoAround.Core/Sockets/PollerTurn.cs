using System;
using System.Runtime.CompilerServices;
using GoAround.Core.Async;

namespace GoAround.Core.Sockets;

/// <summary>Awaited by what moves many bytes: on a poller's thread all that is ready there goes first, elsewhere it goes on upon the thread pool.</summary>
internal readonly struct PollerTurn : ICriticalNotifyCompletion
{
    /// <summary>
    /// What one connection may move before the others have their turn, in bytes. 256 KiB take about a tenth of a millisecond, and a turn costs
    /// one empty poll: a small answer waits for little, and a large one pays little.
    /// </summary>
    public const int Share = 256 * 1024;

    private const int LeastCost = Share / 32;

#pragma warning disable CA1822 // the compiler calls the members of an awaiter on an instance
    public bool IsCompleted => false;

    public PollerTurn GetAwaiter() => this;

    public void GetResult()
    {
    }
#pragma warning restore CA1822

    /// <summary>What a piece takes of the share: a small one costs its system calls.</summary>
    public static int CostOf(int bytes) => Math.Max(bytes, LeastCost);

    public void OnCompleted(Action continuation)
    {
        if (!Poller.TryPutOff(continuation))
        {
            default(PoolHop).OnCompleted(continuation);
        }
    }

    public void UnsafeOnCompleted(Action continuation)
    {
        if (!Poller.TryPutOff(continuation))
        {
            default(PoolHop).UnsafeOnCompleted(continuation);
        }
    }
}

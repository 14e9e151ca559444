using System;
using System.Runtime.CompilerServices;
using System.Threading;

namespace GoAround.Core.Async;

/// <summary>Awaited, it moves the method from a poll thread to the thread pool.</summary>
internal readonly struct PoolHop : ICriticalNotifyCompletion
{
    private static readonly Action<Action> Run = static continuation => continuation();

#pragma warning disable CA1822 // the compiler calls the members of an awaiter on an instance
    public bool IsCompleted => false;

    public PoolHop GetAwaiter() => this;

    public void GetResult()
    {
    }
#pragma warning restore CA1822

    public void OnCompleted(Action continuation) => ThreadPool.QueueUserWorkItem(Run, continuation, preferLocal: false);

    public void UnsafeOnCompleted(Action continuation) => ThreadPool.UnsafeQueueUserWorkItem(Run, continuation, preferLocal: false);
}

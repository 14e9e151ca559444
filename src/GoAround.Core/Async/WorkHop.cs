using System;
using System.Runtime.CompilerServices;
using System.Threading;

namespace GoAround.Core.Async;

/// <summary>Awaited, it leaves the caller's stack: for the thread pool, or for the runner of a clock that has one.</summary>
internal readonly struct WorkHop(IWorkRunner? runner) : ICriticalNotifyCompletion
{
    private static readonly Action<object?> Run = static continuation => ((Action)continuation!)(); // put there below

#pragma warning disable CA1822 // the compiler calls the members of an awaiter on an instance
    public bool IsCompleted => false;

    public void GetResult()
    {
    }
#pragma warning restore CA1822

    public WorkHop GetAwaiter() => this;

    public void OnCompleted(Action continuation) => UnsafeOnCompleted(continuation);

    public void UnsafeOnCompleted(Action continuation)
    {
        if (runner is null)
        {
            ThreadPool.UnsafeQueueUserWorkItem(Run, continuation, preferLocal: false);
        }
        else
        {
            runner.Enqueue(Run, continuation);
        }
    }
}

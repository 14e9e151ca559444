using System;
using System.Threading;
using GoAround.Core.Async;
using Microsoft.Extensions.Time.Testing;

namespace GoAround.Core.Tests.Async;

/// <summary>Manual time that calls the deadlines that have passed before it has been put forward; other work goes to the thread pool.</summary>
internal sealed class TimeOfOneThread : FakeTimeProvider, IWorkRunner
{
    public void Enqueue(Action<object?> work, object? state) => ThreadPool.UnsafeQueueUserWorkItem(work, state, preferLocal: false);
}

using System;
using System.Threading;
using GoAround.Core.Async;
using Microsoft.Extensions.Time.Testing;

namespace GoAround.Core.Tests.Async;

/// <summary>Manual time, in which a deadline that has passed is called before the time has been put forward, and not by the pool some time later.</summary>
internal sealed class TimeOfOneThread : FakeTimeProvider, IWorkRunner
{
    public void Enqueue(Action<object?> work, object? state) => ThreadPool.UnsafeQueueUserWorkItem(work, state, preferLocal: false);
}

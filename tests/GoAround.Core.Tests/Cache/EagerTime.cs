using System;
using System.Threading;
using GoAround.Core.Async;
using Microsoft.Extensions.Time.Testing;

namespace GoAround.Core.Tests.Cache;

/// <summary>Manual time in which what is put off is run at once, on the stack of who puts it off: all who are woken together have gone on before that one does.</summary>
internal sealed class EagerTime() : FakeTimeProvider(new DateTimeOffset(2026, 11, 23, 12, 0, 0, TimeSpan.Zero)), IWorkRunner
{
    private int _timers;
    private int _done;

    /// <summary>How many timers were made.</summary>
    public int Timers => Volatile.Read(ref _timers);

    /// <summary>How much of what was put off has run.</summary>
    public int Done => Volatile.Read(ref _done);

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        ITimer timer = base.CreateTimer(callback, state, dueTime, period);
        Interlocked.Increment(ref _timers);
        return timer;
    }

    public void Enqueue(Action<object?> work, object? state)
    {
        work(state);
        Interlocked.Increment(ref _done);
    }
}

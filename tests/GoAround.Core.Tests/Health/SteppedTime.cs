using System;
using System.Threading;
using System.Threading.Tasks;
using Microsoft.Extensions.Time.Testing;

namespace GoAround.Core.Tests.Health;

/// <summary>Manual time that knows when the one reusable timer is due: the timer made without a due time.</summary>
internal sealed class SteppedTime : FakeTimeProvider
{
    private readonly Lock _gate = new();
    private TaskCompletionSource _set = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private DateTimeOffset? _due;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        if (dueTime != Timeout.InfiniteTimeSpan)
        {
            return base.CreateTimer(callback, state, dueTime, period);
        }

        ITimer timer = base.CreateTimer(
            fired =>
            {
                lock (_gate)
                {
                    _due = null;
                }

                callback(fired);
            },
            state,
            dueTime,
            period);
        return new WatchedTimer(this, timer);
    }

    /// <summary>Completes when the timer is set, at once if it is.</summary>
    public Task WhenDue()
    {
        lock (_gate)
        {
            return _due is null ? _set.Task : Task.CompletedTask;
        }
    }

    /// <summary>Lets time pass to when the timer is due; does nothing where it is not set.</summary>
    public void AdvanceToDue()
    {
        TimeSpan left;
        lock (_gate)
        {
            left = _due - GetUtcNow() ?? TimeSpan.Zero;
        }

        if (left > TimeSpan.Zero)
        {
            Advance(left);
        }
    }

    private void Note(TimeSpan dueTime)
    {
        TaskCompletionSource set;
        lock (_gate)
        {
            _due = GetUtcNow() + dueTime;
            set = _set;
            _set = new(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        set.SetResult();
    }

    private sealed class WatchedTimer(SteppedTime time, ITimer timer) : ITimer
    {
        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            bool changed = timer.Change(dueTime, period);
            time.Note(dueTime);
            return changed;
        }

        public void Dispose() => timer.Dispose();

        public ValueTask DisposeAsync() => timer.DisposeAsync();
    }
}

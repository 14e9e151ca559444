using System;
using System.Threading;
using System.Threading.Tasks;

namespace GoAround.Testing;

/// <summary>One timer of a manual clock.</summary>
/// <remarks>Its state is guarded by the clock.</remarks>
internal sealed class ManualTimer : ITimer
{
    private static readonly TimeSpan Longest = TimeSpan.FromMilliseconds(uint.MaxValue - 1); // as of the framework's own

    private readonly ManualTime _time;

    public ManualTimer(ManualTime time, TimerCallback callback, object? state)
    {
        _time = time;
        Callback = new Action<object?>(callback);
        State = state;
    }

    /// <summary>What it calls.</summary>
    public Action<object?> Callback { get; }

    /// <summary>What it hands over.</summary>
    public object? State { get; }

    /// <summary>In what context: that of who made it.</summary>
    public ExecutionContext? Context { get; } = ExecutionContext.Capture();

    /// <summary>From one call to the next; zero or less: it calls once.</summary>
    public TimeSpan Period { get; set; }

    /// <summary>Tells an earlier setting from the current one.</summary>
    public int Setting { get; set; }

    /// <summary>It never calls again.</summary>
    public bool IsDisposed { get; set; }

    /// <inheritdoc/>
    public bool Change(TimeSpan dueTime, TimeSpan period)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(dueTime, Timeout.InfiniteTimeSpan);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(dueTime, Longest);
        ArgumentOutOfRangeException.ThrowIfLessThan(period, Timeout.InfiniteTimeSpan);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(period, Longest);
        return _time.Set(this, dueTime, period);
    }

    /// <inheritdoc/>
    public void Dispose() => _time.Remove(this);

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        Dispose();
        return ValueTask.CompletedTask;
    }
}

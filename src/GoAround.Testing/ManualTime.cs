using System;
using System.Collections.Generic;
using System.Threading;
using System.Threading.Tasks;
using GoAround.Core.Async;

namespace GoAround.Testing;

/// <summary>
/// A clock that moves only when it is told to, and runs all that comes due in order, on the thread that tells it: timers, and the work that the balancer would
/// hand to the thread pool. When a call of it returns, nothing is left that could run at that moment; the same test runs the same way every time.
/// </summary>
/// <remarks>
/// Safe for concurrent use; one thread at a time runs what is due. Code of yours stays in it if it awaits what this clock, the balancer or a test backend completes,
/// <c>Task.Delay(delay, time)</c> for one. What goes to the thread pool of its own accord is not waited for: <c>Task.Run</c>, files, a <c>Task.Delay</c> that is cancelled.
/// A balancer that lives by this clock is disposed within <see cref="RunAsync"/>; <see cref="TestBalancer"/> does so itself.
/// </remarks>
public sealed class ManualTime : TimeProvider, IWorkRunner
{
    private const int MaxSteps = 1_000_000;

    private readonly Lock _gate = new(); // the queue and the timers
    private readonly Lock _turn = new(); // who runs them
    private readonly Queue<(Action<object?> Work, object? State)> _ready = new();
    private readonly PriorityQueue<(ManualTimer Timer, int Setting), (long Due, long Order)> _timers = new();
    private readonly ExecutionContext? _context = ExecutionContext.Capture();
    private readonly DateTimeOffset _start;
    private TaskCompletionSource? _arrival; // there is one while somebody waits for more to run
    private long _now;
    private long _order;
    private int _steps;

    /// <summary>Makes a clock that stands still.</summary>
    /// <param name="start">What it shows at first; default 2000-01-01, midnight, UTC.</param>
    public ManualTime(DateTimeOffset? start = null)
    {
        _start = (start ?? new DateTimeOffset(2000, 1, 1, 0, 0, 0, TimeSpan.Zero)).ToUniversalTime();
    }

    /// <summary>How far it has moved since it was made: what every moment in a script of this kit counts from.</summary>
    public TimeSpan Elapsed => new(Volatile.Read(ref _now));

    /// <summary>How far <see cref="RunAsync"/> may move the clock before it gives up; above zero; default 1 h.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromHours(1);

    /// <summary>UTC.</summary>
    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    /// <summary>10,000,000: ticks of a <see cref="TimeSpan"/>.</summary>
    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    /// <summary>This thread runs what is due right now: a call from within.</summary>
    internal bool IsInside => _turn.IsHeldByCurrentThread;

    /// <inheritdoc/>
    public override DateTimeOffset GetUtcNow() => _start + Elapsed;

    /// <inheritdoc/>
    public override long GetTimestamp() => _start.UtcTicks + Volatile.Read(ref _now);

    /// <summary>Makes a timer; timers due at one moment fire in the order in which they were set.</summary>
    /// <param name="callback">Runs in <see cref="Advance"/>; what it throws, that call throws.</param>
    /// <param name="state">Handed to <paramref name="callback"/>.</param>
    /// <param name="dueTime">Zero: at the next call of <see cref="RunUntilIdle"/> or <see cref="Advance"/>; <see cref="Timeout.InfiniteTimeSpan"/>: not before it is changed.</param>
    /// <param name="period">Zero or <see cref="Timeout.InfiniteTimeSpan"/>: it fires once.</param>
    /// <exception cref="ArgumentNullException">There is no callback.</exception>
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        ArgumentNullException.ThrowIfNull(callback);
        ManualTimer timer = new(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    /// <inheritdoc/>
    public void Enqueue(Action<object?> work, object? state)
    {
        ArgumentNullException.ThrowIfNull(work);
        lock (_gate)
        {
            _ready.Enqueue((work, state));
            _arrival?.TrySetResult();
        }
    }

    /// <summary>Runs all that can run now; the clock stands still.</summary>
    /// <exception cref="InvalidOperationException">Called by what it runs; or it never comes to an end.</exception>
    public void RunUntilIdle() => Advance(TimeSpan.Zero);

    /// <summary>Lets time pass: goes from one timer to the next, and runs all that each sets going before it goes on.</summary>
    /// <param name="time">Zero or more.</param>
    /// <exception cref="ArgumentOutOfRangeException">The time is negative.</exception>
    /// <exception cref="InvalidOperationException">Called by what it runs; or it never comes to an end.</exception>
    public void Advance(TimeSpan time)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(time, TimeSpan.Zero);
        Enter(() => Run(static () => false, After(time)));
    }

    /// <summary>Lets time pass until a condition holds.</summary>
    /// <param name="condition">Asked whenever nothing is left to run.</param>
    /// <param name="limit">How far the clock may move; zero or more.</param>
    /// <returns>Whether it holds.</returns>
    /// <exception cref="ArgumentNullException">There is no condition.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The limit is negative.</exception>
    /// <exception cref="InvalidOperationException">Called by what it runs; or it never comes to an end.</exception>
    public bool AdvanceUntil(Func<bool> condition, TimeSpan limit)
    {
        ArgumentNullException.ThrowIfNull(condition);
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, TimeSpan.Zero);
        bool holds = false;
        Enter(() => holds = Run(condition, After(limit)));
        return holds;
    }

    /// <summary>
    /// Runs code of yours within this clock, which moves on by itself whenever there is nothing else to do, until the code has ended. It may be a whole test:
    /// <c>await time.RunAsync(async () => { await Task.Delay(3000, time); ... })</c>. Called from within, it only runs the code.
    /// </summary>
    /// <param name="code">Begun on this thread; what it throws, the task has.</param>
    /// <exception cref="ArgumentNullException">There is no code.</exception>
    /// <exception cref="TimeoutException">It has not ended within <see cref="Patience"/>.</exception>
    public Task RunAsync(Func<Task> code)
    {
        ArgumentNullException.ThrowIfNull(code);
        if (IsInside)
        {
            return code();
        }

        Task? task = null;
        Enter(() =>
        {
            task = code();
            Run(() => task.IsCompleted, After(Patience));
        });
        return task!.IsCompleted // it was run
            ? task
            : Task.FromException(new TimeoutException($"Not done after {Patience} of manual time: it waits for something that neither this clock nor the balancer completes."));
    }

    /// <summary>Completes once there is more to run than there was when it was asked for.</summary>
    internal Task WaitForMore()
    {
        lock (_gate)
        {
            if (_arrival is null or { Task.IsCompleted: true })
            {
                _arrival = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            }

            return _arrival.Task;
        }
    }

    /// <summary>Runs code from within, on this thread, without moving the clock.</summary>
    internal void Enter(Action code)
    {
        if (IsInside)
        {
            throw new InvalidOperationException("What runs within a manual clock cannot move it: await Task.Delay(delay, time) there.");
        }

        if (TaskScheduler.Current != TaskScheduler.Default)
        {
            Task task = new(() => Enter(code));
            task.RunSynchronously(TaskScheduler.Default); // else continuations would leave for the thread pool
            task.GetAwaiter().GetResult();
            return;
        }

        SynchronizationContext? context = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(null); // as above
        try
        {
            lock (_turn)
            {
                _steps = 0;
                code();
            }
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(context);
        }
    }

    /// <summary>Sets a timer anew; earlier settings of it do not count any more.</summary>
    internal bool Set(ManualTimer timer, TimeSpan dueTime, TimeSpan period)
    {
        lock (_gate)
        {
            if (timer.IsDisposed)
            {
                return false;
            }

            timer.Setting++;
            timer.Period = period;
            if (dueTime != Timeout.InfiniteTimeSpan)
            {
                _timers.Enqueue((timer, timer.Setting), (After(dueTime), _order++));
                _arrival?.TrySetResult();
            }

            return true;
        }
    }

    /// <summary>Ends a timer.</summary>
    internal void Remove(ManualTimer timer)
    {
        lock (_gate)
        {
            timer.IsDisposed = true;
            timer.Setting++;
        }
    }

    /// <summary>A moment from now, the last one at most.</summary>
    private long After(TimeSpan time) => time.Ticks > long.MaxValue - _now ? long.MaxValue : _now + time.Ticks;

    // What is ready comes before what is due, and the clock moves only when neither is left.
    private bool Run(Func<bool> condition, long end)
    {
        while (true)
        {
            while (TryTakeReady(out (Action<object?> Work, object? State) next))
            {
                Count();
                Call(_context, next.Work, next.State);
            }

            if (condition())
            {
                return true;
            }

            if (TryTakeDue(end, out ManualTimer? timer))
            {
                Count();
                Call(timer.Context, timer.Callback, timer.State);
                continue;
            }

            Volatile.Write(ref _now, end);
            return false;
        }
    }

    private static void Call(ExecutionContext? context, Action<object?> work, object? state)
    {
        if (context is null)
        {
            work(state);
        }
        else
        {
            ExecutionContext.Run(context, new ContextCallback(work), state); // what it leaves behind in the context goes with it
        }
    }

    private bool TryTakeReady(out (Action<object?> Work, object? State) next)
    {
        lock (_gate)
        {
            return _ready.TryDequeue(out next);
        }
    }

    private bool TryTakeDue(long end, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out ManualTimer? timer)
    {
        lock (_gate)
        {
            while (_timers.TryPeek(out (ManualTimer Timer, int Setting) first, out (long Due, long Order) place))
            {
                bool isCurrent = first.Setting == first.Timer.Setting;
                if (isCurrent && place.Due > end)
                {
                    break;
                }

                _timers.Dequeue();
                if (!isCurrent)
                {
                    continue;
                }

                timer = first.Timer;
                if (place.Due > _now)
                {
                    _steps = 0;
                    Volatile.Write(ref _now, place.Due);
                }

                if (timer.Period > TimeSpan.Zero)
                {
                    _timers.Enqueue(first, (place.Due + timer.Period.Ticks, _order++));
                }

                return true;
            }

            timer = null;
            return false;
        }
    }

    private void Count()
    {
        if (++_steps > MaxSteps)
        {
            throw new InvalidOperationException($"Manual time does not come to rest: {MaxSteps} steps at one moment, {Elapsed} after the start.");
        }
    }
}

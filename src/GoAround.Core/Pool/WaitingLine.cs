using System;
using System.Collections.Generic;
using System.Threading;
using System.Threading.Tasks;
using GoAround.Core.Async;

namespace GoAround.Core.Pool;

/// <summary>Requests that wait in order, each for at most the same time, watched by one coarse clock.</summary>
/// <remarks>
/// The gate belongs to the owner. Settling happens under it; the settled are completed after it was left, because their
/// continuations run right there.
/// </remarks>
internal sealed class WaitingLine : IDisposable
{
    private static readonly TimeSpan LongestTick = TimeSpan.FromMilliseconds(50);

    private readonly Lock _gate;
    private readonly TimeProvider _time;
    private readonly TimeSpan _timeout;
    private readonly TimeSpan _tick;
    private readonly ProxyEvents _events;
    private readonly ITimer _clock;
    private Waiter? _last;
    private Waiter? _spare;
    private Waiter? _firstSettled;
    private Waiter? _lastSettled;
    private volatile int _count;
    private bool _isTicking;

    /// <summary>Makes an empty line.</summary>
    /// <param name="gate">The owner's lock.</param>
    /// <param name="time">The clock.</param>
    /// <param name="timeout">How long one may wait; the coarse clock may add 50 ms.</param>
    /// <param name="events">Told of each who has waited and leaves.</param>
    public WaitingLine(Lock gate, TimeProvider time, TimeSpan timeout, ProxyEvents events)
    {
        _gate = gate;
        _time = time;
        Runner = time as IWorkRunner;
        _timeout = timeout;
        _tick = timeout < LongestTick ? timeout : LongestTick;
        _events = events;
        _clock = time.CreateTimer(static state => ((WaitingLine)state!).Tick(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Where work goes on that is put off; null: on the thread pool.</summary>
    public IWorkRunner? Runner { get; }

    /// <summary>How many stand in the line; read without the gate it is a hint.</summary>
    public int Count => _count;

    /// <summary>Who came first; under the gate.</summary>
    public Waiter? First { get; private set; }

    /// <summary>Puts one at the end; under the gate. The fence lets whoever gives back without the gate see it, or be seen.</summary>
    public Waiter Add(List<Backend>? tried)
    {
        Waiter waiter = _spare ?? new Waiter(this);
        _spare = waiter.Next;
        waiter.Tried = tried;
        waiter.InLine = true;
        waiter.HasWaited = false;
        waiter.Previous = _last;
        waiter.Next = null;
        if (_last is null)
        {
            First = waiter;
        }
        else
        {
            _last.Next = waiter;
        }

        _last = waiter;
        _count++;
        Interlocked.MemoryBarrier();
        return waiter;
    }

    /// <summary>Starts the clock for one that could not be served at once; under the gate.</summary>
    public void KeepWaiting(Waiter waiter)
    {
        waiter.HasWaited = true;
        waiter.Since = _time.GetTimestamp();
        if (!_isTicking)
        {
            _isTicking = true;
            _clock.Change(_tick, _tick);
        }
    }

    /// <summary>Who came first among those that accept this backend; under the gate.</summary>
    public Waiter? FindFor(Backend backend)
    {
        Waiter? waiter = First;
        while (waiter is not null && !waiter.Accepts(backend))
        {
            waiter = waiter.Next;
        }

        return waiter;
    }

    /// <summary>Takes one out of the line and notes what to tell it; under the gate.</summary>
    public void Settle(Waiter waiter, Grant grant)
    {
        Unlink(waiter);
        waiter.Grant = grant;
        if (_lastSettled is null)
        {
            _firstSettled = waiter;
        }
        else
        {
            _lastSettled.Next = waiter;
        }

        _lastSettled = waiter;
    }

    /// <summary>Denies everybody; under the gate.</summary>
    public void SettleAll(Denial denial)
    {
        while (First is not null)
        {
            Settle(First, new Grant(null, denial));
        }
    }

    /// <summary>Those that were settled since the last call, to be completed once the gate was left.</summary>
    public Waiter? TakeSettled()
    {
        Waiter? settled = _firstSettled;
        _firstSettled = null;
        _lastSettled = null;
        return settled;
    }

    /// <summary>Runs the continuations of the settled, in order; not under the gate.</summary>
    public void Complete(Waiter? settled)
    {
        while (settled is not null)
        {
            Waiter waiter = settled;
            settled = waiter.Next;
            waiter.Next = null;
            if (waiter.HasWaited)
            {
                _events.QueueLeft(_time.GetElapsedTime(waiter.Since), waiter.Grant.Denial == Denial.None);
            }

            waiter.Complete();
        }
    }

    /// <summary>The wait itself; not under the gate, and only for who added the waiter.</summary>
    public static ValueTask<Grant> WaitAsync(Waiter waiter, CancellationToken cancellationToken)
    {
        ValueTask<Grant> granted = new(waiter, waiter.Version);
        if (cancellationToken.CanBeCanceled && !granted.IsCompleted)
        {
            waiter.LeaveOn(cancellationToken);
        }

        return granted;
    }

    /// <summary>The client left: takes the waiter out unless somebody was faster, whose slot then goes the usual way.</summary>
    public void Cancel(Waiter waiter)
    {
        Waiter? settled = null;
        lock (_gate)
        {
            if (waiter.InLine)
            {
                Settle(waiter, new Grant(null, Denial.Cancelled));
                settled = TakeSettled();
            }
        }

        Complete(settled);
    }

    /// <summary>Takes back a waiter whose stay is over.</summary>
    public void Recycle(Waiter waiter)
    {
        waiter.Tried = null;
        waiter.Grant = default;
        lock (_gate)
        {
            waiter.Next = _spare;
            _spare = waiter;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _clock.Dispose();

    private void Tick()
    {
        Waiter? settled;
        lock (_gate)
        {
            while (First is { } first && _time.GetElapsedTime(first.Since) >= _timeout)
            {
                Settle(first, new Grant(null, Denial.TimedOut));
            }

            if (_count == 0)
            {
                _isTicking = false;
                _clock.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            }

            settled = TakeSettled();
        }

        Complete(settled);
    }

    private void Unlink(Waiter waiter)
    {
        if (waiter.Previous is null)
        {
            First = waiter.Next;
        }
        else
        {
            waiter.Previous.Next = waiter.Next;
        }

        if (waiter.Next is null)
        {
            _last = waiter.Previous;
        }
        else
        {
            waiter.Next.Previous = waiter.Previous;
        }

        waiter.Previous = null;
        waiter.Next = null;
        waiter.InLine = false;
        _count--;
    }
}

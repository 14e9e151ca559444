using System;
using System.Collections.Generic;
using System.Threading;

namespace GoAround.Core.Async;

/// <summary>One coarse timer for all deadlines of a server: ten looks a second at plain numbers, and none while there is no deadline.</summary>
internal sealed class DeadlineClock : IDisposable
{
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(100);

    private readonly Lock _gate = new();
    private readonly List<Deadline> _deadlines = [];
    private readonly List<Deadline> _passed = [];
    private readonly TimeProvider _time;
    private readonly long _start;
    private readonly ITimer _timer;
    private int _isLooking;
    private bool _isTicking;

    /// <summary>Makes a clock that ticks as soon as it has a deadline.</summary>
    public DeadlineClock(TimeProvider time)
    {
        _time = time;
        _start = time.GetTimestamp();
        _timer = time.CreateTimer(static clock => ((DeadlineClock)clock!).OnTick(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <inheritdoc/>
    public void Dispose() => _timer.Dispose();

    /// <summary>Where work goes on that is put off; null: on the thread pool.</summary>
    public IWorkRunner? Runner => _time as IWorkRunner;

    /// <summary>The moment that lies so far ahead, in this clock's milliseconds, rounded up. Not counted from the latest tick: that may be long ago where the machine stood still.</summary>
    internal long After(TimeSpan delay) => Elapsed() + (long)delay.TotalMilliseconds + 1;

    internal void Add(Deadline deadline)
    {
        lock (_gate)
        {
            deadline.Index = _deadlines.Count;
            _deadlines.Add(deadline);
            if (!_isTicking)
            {
                _isTicking = true;
                _timer.Change(Tick, Tick);
            }
        }
    }

    internal void Remove(Deadline deadline)
    {
        lock (_gate)
        {
            int index = deadline.Index;
            if (index < 0)
            {
                return;
            }

            Deadline last = _deadlines[^1];
            _deadlines[index] = last;
            last.Index = index;
            _deadlines.RemoveAt(_deadlines.Count - 1);
            deadline.Index = -1;
        }
    }

    private void OnTick()
    {
        if (Interlocked.Exchange(ref _isLooking, 1) == 1)
        {
            return; // the last look is still under way
        }

        long now = Elapsed();
        lock (_gate)
        {
            if (_deadlines.Count == 0)
            {
                _isTicking = false;
                _timer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            }

            foreach (Deadline deadline in _deadlines)
            {
                if (deadline.TryPass(now))
                {
                    _passed.Add(deadline);
                }
            }
        }

        foreach (Deadline deadline in _passed)
        {
            Call(deadline);
        }

        _passed.Clear();
        Volatile.Write(ref _isLooking, 0);
    }

    /// <summary>
    /// What waited goes on in the call: the session, and with it whatever an application has put behind. That may block, and must not hold up the other deadlines.
    /// Time that is manual has a thread, and an order, of its own.
    /// </summary>
    private void Call(Deadline deadline)
    {
        if (Runner is null)
        {
            ThreadPool.UnsafeQueueUserWorkItem(static deadline => deadline.Call(), deadline, preferLocal: false);
        }
        else
        {
            deadline.Call();
        }
    }

    private long Elapsed() => (long)_time.GetElapsedTime(_start).TotalMilliseconds;
}

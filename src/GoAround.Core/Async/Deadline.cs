using System;
using System.Threading;

namespace GoAround.Core.Async;

/// <summary>
/// A moment at which an owner wants to be called, checked by a <see cref="DeadlineClock"/>: setting it is one
/// compare-and-swap, not a timer. Once it has passed it stays passed.
/// </summary>
internal sealed class Deadline : IDisposable
{
    private const long NotSet = long.MaxValue;
    private const long Passed = long.MinValue;

    private readonly DeadlineClock _clock;
    private readonly Action<object> _onPassed;
    private readonly object _owner;
    private long _dueMilliseconds = NotSet;

    /// <summary>Joins the clock; the callback runs on a thread of the pool, and must not block.</summary>
    public Deadline(DeadlineClock clock, Action<object> onPassed, object owner)
    {
        _clock = clock;
        _onPassed = onPassed;
        _owner = owner;
        clock.Add(this);
    }

    /// <summary>The callback was called, or is about to be.</summary>
    public bool HasPassed => Volatile.Read(ref _dueMilliseconds) == Passed;

    /// <summary>The place in the clock's list; only the clock touches it.</summary>
    internal int Index { get; set; }

    /// <summary>Sets the moment, from now; it passes at most one tick later and never earlier.</summary>
    public void Set(TimeSpan delay)
    {
        long due = _clock.After(delay);
        long seen = Volatile.Read(ref _dueMilliseconds);
        while (seen != Passed)
        {
            long before = Interlocked.CompareExchange(ref _dueMilliseconds, due, seen);
            if (before == seen)
            {
                return;
            }

            seen = before;
        }
    }

    /// <summary>Takes the moment back; false where it has passed already.</summary>
    public bool Clear()
    {
        long seen = Volatile.Read(ref _dueMilliseconds);
        while (seen != Passed && seen != NotSet)
        {
            long before = Interlocked.CompareExchange(ref _dueMilliseconds, NotSet, seen);
            if (before == seen)
            {
                return true;
            }

            seen = before;
        }

        return seen != Passed;
    }

    /// <summary>Leaves the clock.</summary>
    public void Dispose() => _clock.Remove(this);

    /// <summary>Marks the deadline passed where it is due; true for the one call that did.</summary>
    internal bool TryPass(long nowMilliseconds)
    {
        long seen = Volatile.Read(ref _dueMilliseconds);
        return seen != Passed
            && seen <= nowMilliseconds
            && Interlocked.CompareExchange(ref _dueMilliseconds, Passed, seen) == seen;
    }

    /// <summary>Calls the owner.</summary>
    internal void Call() => _onPassed(_owner);
}

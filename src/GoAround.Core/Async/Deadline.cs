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
    private readonly object? _looker;
    private readonly Func<object, TimeSpan>? _look;
    private long _dueMilliseconds = NotSet;

    /// <summary>Joins the clock; the callback runs on a thread of the pool, and must not block.</summary>
    public Deadline(DeadlineClock clock, Action<object> onPassed, object owner)
    {
        _clock = clock;
        _onPassed = onPassed;
        _owner = owner;
        clock.Add(this);
    }

    /// <summary>Joins the clock, with a look before the deadline passes.</summary>
    /// <param name="clock">Checks it.</param>
    /// <param name="onPassed">Called once it has passed; runs on a thread of the pool, and must not block.</param>
    /// <param name="owner">Handed to <paramref name="onPassed"/>.</param>
    /// <param name="looker">Handed to <paramref name="look"/>.</param>
    /// <param name="look">Called when the moment has come: how long it is put off from now, or zero. Must be quick, and touch no deadline; a timer it may set.</param>
    public Deadline(DeadlineClock clock, Action<object> onPassed, object owner, object looker, Func<object, TimeSpan> look)
        : this(clock, onPassed, owner)
    {
        _looker = looker;
        _look = look;
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
        if (seen == Passed || seen > nowMilliseconds)
        {
            return false;
        }

        TimeSpan more = _look?.Invoke(_looker!) ?? TimeSpan.Zero; // both were given together
        long due = more > TimeSpan.Zero ? nowMilliseconds + (long)more.TotalMilliseconds + 1 : Passed;
        return Interlocked.CompareExchange(ref _dueMilliseconds, due, seen) == seen && due == Passed; // who changed it meanwhile knows better
    }

    /// <summary>Calls the owner.</summary>
    internal void Call() => _onPassed(_owner);
}

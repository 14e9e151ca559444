using System;
using System.Threading;

namespace GoAround.Core.Outgoing;

/// <summary>What is done with the stream of a response: who reads it, who has to give back what it holds. Any thread.</summary>
internal struct StreamUse
{
    private const int Idle = 0;
    private const int Read = 1;
    private const int Interrupted = 2;
    private const int Released = 3;

    private int _state;

    /// <summary>It was disposed while it was read; stays so.</summary>
    public bool IsInterrupted { get; private set; }

    /// <summary>A read begins.</summary>
    /// <exception cref="ObjectDisposedException">What it holds was given back.</exception>
    /// <exception cref="InvalidOperationException">It is read already.</exception>
    public void Begin(object stream)
    {
        int before = Interlocked.CompareExchange(ref _state, Read, Idle);
        ObjectDisposedException.ThrowIf(before is Released or Interrupted, stream);
        if (before == Read)
        {
            throw new InvalidOperationException("Only one read may be under way.");
        }
    }

    /// <summary>A read ends. False: the reader gives back what the stream holds.</summary>
    /// <param name="isOver">There is nothing more to read.</param>
    /// <param name="isInterrupted">It was disposed meanwhile.</param>
    public bool TryEnd(bool isOver, out bool isInterrupted)
    {
        int before = isOver ? Interlocked.Exchange(ref _state, Released) : Interlocked.CompareExchange(ref _state, Idle, Read);
        isInterrupted = before == Interrupted;
        IsInterrupted |= isInterrupted;
        if (isInterrupted)
        {
            Volatile.Write(ref _state, Released);
        }

        return !isOver && !isInterrupted;
    }

    /// <summary>True for the one who gives back what the stream holds; false also while it is read.</summary>
    public bool TryRelease() => Interlocked.CompareExchange(ref _state, Released, Idle) == Idle;

    /// <summary>The read that is under way shall end; true for the first who says so.</summary>
    public bool TryInterrupt()
    {
        bool isFirst = Interlocked.CompareExchange(ref _state, Interrupted, Read) == Read;
        IsInterrupted |= isFirst;
        return isFirst;
    }
}

using System;
using System.Threading;
using GoAround.Core.Async;

namespace GoAround.Core.Upstream;

/// <summary>How long a backend may take to answer: the time runs while it alone is awaited, and stands still while the client sends its body.</summary>
/// <remarks>The pump of the body and the reader of the answer meet here: with a full fence between writing and reading, one of two always sees the other.</remarks>
internal sealed class AnswerDeadline : IDisposable
{
    private readonly Deadline _deadline;
    private readonly TimeSpan _timeout;
    private volatile bool _isUploaded;
    private volatile bool _isAnswered;

    public AnswerDeadline(UpstreamSocket socket, UpstreamOptions options, DeadlineClock clock)
    {
        _timeout = options.ResponseTimeout;
        _deadline = new Deadline(clock, static socket => ((UpstreamSocket)socket).Interrupt(Interruption.TimedOut), socket);
    }

    /// <summary>A request goes out.</summary>
    public void Begin()
    {
        _isUploaded = false;
        _isAnswered = false;
        _deadline.Set(_timeout);
    }

    /// <summary>The client sends its body: its own deadlines hold until that is through.</summary>
    public void OnBodyBegun() => _deadline.Clear();

    /// <summary>The backend has asked for the body with 100: it is the client's turn, unless its body is through already.</summary>
    public void OnContinue()
    {
        _deadline.Clear();
        Interlocked.MemoryBarrier();
        if (_isUploaded)
        {
            _deadline.Set(_timeout);
        }
    }

    /// <summary>The request's body is through, or the backend takes no more of it.</summary>
    public void OnUploaded()
    {
        _isUploaded = true;
        _deadline.Set(_timeout);
        Interlocked.MemoryBarrier();
        if (_isAnswered)
        {
            _deadline.Clear();
        }
    }

    /// <summary>The head of the final response is there.</summary>
    public void OnAnswered()
    {
        _isAnswered = true;
        Interlocked.MemoryBarrier();
        _deadline.Clear();
    }

    /// <summary>Ends it; false where it has passed.</summary>
    public bool TryEnd() => _deadline.Clear();

    /// <inheritdoc/>
    public void Dispose() => _deadline.Dispose();
}

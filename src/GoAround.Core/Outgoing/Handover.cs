using System;
using System.IO;
using System.Net.Http;
using System.Runtime.CompilerServices;
using System.Threading;
using System.Threading.Tasks;
using System.Threading.Tasks.Sources;
using GoAround.Core.Async;
using GoAround.Core.Sockets;

namespace GoAround.Core.Outgoing;

/// <summary>
/// Hands memory from one who writes to one who reads, piece by piece and without a copy: a write ends when its piece has been read through, which is
/// when the next one is asked for. That also makes the writer no faster than the reader.
/// </summary>
/// <remarks>One writer and one reader at a time; each of them on any thread.</remarks>
internal sealed class Handover
{
    private readonly Lock _gate = new();
    private readonly Signal<ReadOnlyMemory<byte>> _arrival = new();
    private readonly Signal<bool> _return = new();
    private ReadOnlyMemory<byte> _piece;
    private bool _hasPiece;
    private bool _isLent;
    private bool _writerWaits;
    private bool _readerWaits;
    private bool _hasEnded;
    private bool _isAbandoned;
    private bool _isFinished;
    private Exception? _fault;

    /// <param name="isTrusted">
    /// What writes is code of the framework's that blocks nowhere: it may go on within the call that frees it. Anything else may block in its next write,
    /// and must not do so on the stack of the one who would read that.
    /// </param>
    public Handover(bool isTrusted = false) => _return.IsAlwaysAsynchronous = !isTrusted;

    /// <summary>Hands a piece over, and waits until it was read through; an empty one is nothing.</summary>
    /// <exception cref="IOException">Nobody reads any more.</exception>
    /// <exception cref="HttpRequestException">All that was to be sent was sent.</exception>
    public ValueTask WriteAsync(ReadOnlyMemory<byte> piece)
    {
        if (piece.IsEmpty)
        {
            return default;
        }

        bool isAwaited;
        lock (_gate)
        {
            if (_isAbandoned || _isFinished || _hasEnded)
            {
                return ValueTask.FromException(Unwanted());
            }

            if (_writerWaits)
            {
                throw new InvalidOperationException("Only one write may be under way.");
            }

            _writerWaits = true;
            _return.Reset();
            isAwaited = _readerWaits;
            _readerWaits = false;
            _isLent = isAwaited;
            _hasPiece = !isAwaited;
            _piece = isAwaited ? default : piece;
        }

        if (isAwaited)
        {
            _arrival.SetResult(piece);
        }

        return new ValueTask(_return, _return.Version);
    }

    /// <summary>Nothing more will be written.</summary>
    /// <param name="fault">What the reader is told instead of the end; null: the end.</param>
    public void End(Exception? fault)
    {
        bool isAwaited;
        lock (_gate)
        {
            if (_hasEnded)
            {
                return;
            }

            _hasEnded = true;
            _fault = fault;
            isAwaited = _readerWaits;
            _readerWaits = false;
        }

        if (!isAwaited)
        {
            return;
        }

        if (fault is null)
        {
            _arrival.SetResult(default);
        }
        else
        {
            _arrival.SetException(fault);
        }
    }

    /// <summary>Lends the next piece until the next call; empty: the end.</summary>
    /// <exception cref="OperationCanceledException">This read was given up; the next one may come.</exception>
    public ValueTask<ReadOnlyMemory<byte>> ReadAsync(CancellationToken cancellationToken)
    {
        if (TakeBack())
        {
            _return.SetResult(true); // one that is trusted may well write its next piece in here
        }

        lock (_gate)
        {
            if (_hasPiece)
            {
                ReadOnlyMemory<byte> piece = _piece;
                _piece = default;
                _hasPiece = false;
                _isLent = true;
                return new(piece);
            }

            if (_hasEnded)
            {
                return _fault is null ? default : ValueTask.FromException<ReadOnlyMemory<byte>>(_fault);
            }

            _readerWaits = true;
            _arrival.Reset();
        }

        return WaitAsync(new ValueTask<ReadOnlyMemory<byte>>(_arrival, _arrival.Version), cancellationToken);
    }

    /// <summary>Nobody reads any more, and nothing that was lent is in use: the writer is told.</summary>
    public void Abandon()
    {
        bool writerWaits;
        lock (_gate)
        {
            _isAbandoned = true;
            _isLent = false;
            _hasPiece = false;
            _piece = default;
            writerWaits = _writerWaits;
            _writerWaits = false;
        }

        if (writerWaits)
        {
            _return.SetException(Unwanted());
        }
    }

    /// <summary>All that was to be sent was sent, and nothing that was lent is in use: the write under way ends well, another one is one too many.</summary>
    public void Finish()
    {
        bool isTooMuch;
        lock (_gate)
        {
            _isFinished = true;
            isTooMuch = _hasPiece;
            _hasPiece = false;
            _piece = default;
            _writerWaits &= !isTooMuch;
        }

        if (isTooMuch)
        {
            _return.SetException(Unwanted());
        }
        else if (TakeBack())
        {
            _return.SetResult(true);
        }
    }

    private Exception Unwanted() => _isFinished
        ? new HttpRequestException("The content has more bytes than its Content-Length says.")
        : new IOException("The message was ended: nothing more of it is sent.");

    [AsyncMethodBuilder(typeof(PooledMethodBuilder<>))]
    private async ValueTask<ReadOnlyMemory<byte>> WaitAsync(ValueTask<ReadOnlyMemory<byte>> arrival, CancellationToken cancellationToken)
    {
        using CancellationTokenRegistration giveUp = cancellationToken.UnsafeRegister(static (handover, token) => ((Handover)handover!).GiveUp(token), this);
        return await arrival.ConfigureAwait(false);
    }

    private void GiveUp(CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (!_readerWaits)
            {
                return;
            }

            _readerWaits = false;
        }

        _arrival.SetException(new OperationCanceledException(cancellationToken));
    }

    private bool TakeBack()
    {
        lock (_gate)
        {
            bool isOver = _isLent && _writerWaits;
            _isLent = false;
            _writerWaits &= !isOver;
            return isOver;
        }
    }

    /// <summary>What one of the two waits for; used again and again.</summary>
    private sealed class Signal<T> : IValueTaskSource<T>, IValueTaskSource
    {
        private ManualResetValueTaskSourceCore<T> _core;

        public short Version => _core.Version;

        public bool IsAlwaysAsynchronous { get; set; }

        public void Reset() => _core.Reset();

        public void SetResult(T result)
        {
            _core.RunContinuationsAsynchronously = IsAlwaysAsynchronous || Poller.IsCurrent; // what waits may be an application's: it must not hold up the sockets
            _core.SetResult(result);
        }

        public void SetException(Exception fault)
        {
            _core.RunContinuationsAsynchronously = IsAlwaysAsynchronous || Poller.IsCurrent; // likewise
            _core.SetException(fault);
        }

        public ValueTaskSourceStatus GetStatus(short token) => _core.GetStatus(token);

        public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
            _core.OnCompleted(continuation, state, token, flags);

        public T GetResult(short token) => _core.GetResult(token);

        void IValueTaskSource.GetResult(short token) => _core.GetResult(token);
    }
}

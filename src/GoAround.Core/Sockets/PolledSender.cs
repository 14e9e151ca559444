using System;
using System.Buffers;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Threading;
using System.Threading.Tasks;
using System.Threading.Tasks.Sources;
using GoAround.Core.Async;

namespace GoAround.Core.Sockets;

/// <summary>
/// The sending half of a <see cref="PolledTransport"/>. Few bytes that are sent on a poller's thread are held back until it has run all
/// that was ready, and then leave together with those of the other connections (docs/decisions/0020).
/// </summary>
internal sealed partial class PolledSender : IValueTaskSource<SocketError>
{
    /// <summary>More bytes than this are sent at once. A held piece has a small buffer of its own, so the sender of the bytes need not keep them.</summary>
    public const int MostHeldBytes = ReceiveBuffers.SmallBytes;

    // What changes them stands beside it. One send at a time; the poller and whoever closes are the other threads.
    private const int Unready = 0; // whoever finds no room may begin to wait
    private const int Ready = 1; // the poller has seen room since, and nobody waits
    private const int Waiting = 2; // somebody waits: whoever takes this state away completes the send
    private const int Held = 3; // bytes are held back, for a poller to flush
    private const int Flushing = 4; // a thread is in the call that sends held bytes
    private const int Left = 5; // the socket took no more of them: the poller goes on when there is room

    private readonly Socket _socket;
    private readonly SafeSocketHandle _handle;
    private ReadOnlyMemory<byte> _unsent;
    private ReadOnlySequence<byte> _unsentRest; // behind it; empty but in a gathered send
    private ManualResetValueTaskSourceCore<SocketError> _sent;
    private int _state;
    private long _handed;
    private TakenError _taken;
    private volatile bool _hasRoom; // seen by the poller since a flush began
    private volatile bool _isConnecting;
    private volatile bool _isClosed;

    public PolledSender(Socket socket)
    {
        _socket = socket;
        _handle = socket.SafeHandle;
    }

    /// <summary>Bytes that were taken over to be sent.</summary>
    public long Handed => Volatile.Read(ref _handed);

    /// <summary>Those of them that the system has not been given yet.</summary>
    public int Pending => Volatile.Read(ref _state) >= Held ? Volatile.Read(ref _heldEnd) - Volatile.Read(ref _heldStart) : 0;

    /// <summary>What a send was told in place of the receiver. Any thread.</summary>
    public SocketError Taken => _taken.Read();

    /// <summary>Sends all the bytes.</summary>
    public ValueTask<SocketError> SendAsync(ReadOnlyMemory<byte> bytes)
    {
        if (bytes.Length <= MostHeldBytes && TryHold(bytes))
        {
            return new(SocketError.Success);
        }

        return SendAsync(bytes, default);
    }

    /// <summary>Sends all the bytes, the first ones and then the rest.</summary>
    public ValueTask<SocketError> SendAsync(ReadOnlyMemory<byte> first, ReadOnlySequence<byte> rest)
    {
        if (!TryFlush())
        {
            return SendBehindAsync(first, rest);
        }

        if (_failure != SocketError.Success)
        {
            return new(_failure);
        }

        _unsent = first;
        _unsentRest = rest;
        return SendUnsentAsync();
    }

    /// <summary>Waits until a connect that was begun has ended.</summary>
    public ValueTask<SocketError> ConnectedAsync()
    {
        _isConnecting = true;
        return WaitForRoom() ? new ValueTask<SocketError>(this, _sent.Version) : new(EndConnect());
    }

    /// <summary>There is room, or an error; on the poller's thread.</summary>
    public void OnWritable()
    {
        if (Volatile.Read(ref _state) == Ready)
        {
            return; // as nearly always: every event says so again
        }

        _hasRoom = true;
        while (true)
        {
            switch (Interlocked.CompareExchange(ref _state, Ready, Unready))
            {
                case Left when Interlocked.CompareExchange(ref _state, Flushing, Left) == Left:
                    SendHeld();
                    return;
                case Waiting when Interlocked.CompareExchange(ref _state, Unready, Waiting) == Waiting:
                    break;
                default:
                    return;
            }

            if (SendNow(out SocketError error))
            {
                _sent.SetResult(error);
                return;
            }

            if (Interlocked.CompareExchange(ref _state, Waiting, Unready) == Unready)
            {
                if (_isClosed)
                {
                    AbortWait();
                }

                return;
            }
        }
    }

    /// <summary>The socket was closed: ends what waits, on a thread of the pool. Whoever closes has other things to do than what follows from it.</summary>
    public void OnClosed()
    {
        _isClosed = true;
        Interlocked.MemoryBarrier(); // a wait that begins now sees it, or is seen here
        AbortWait();
    }

    ValueTaskSourceStatus IValueTaskSource<SocketError>.GetStatus(short token) => _sent.GetStatus(token);

    void IValueTaskSource<SocketError>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _sent.OnCompleted(continuation, state, token, flags);

    SocketError IValueTaskSource<SocketError>.GetResult(short token)
    {
        SocketError error = _sent.GetResult(token);
        _sent.Reset();
        return error;
    }

    [AsyncMethodBuilder(typeof(PooledMethodBuilder<>))]
    private async ValueTask<SocketError> SendBehindAsync(ReadOnlyMemory<byte> first, ReadOnlySequence<byte> rest)
    {
        SocketError error = await FlushAsync().ConfigureAwait(false);
        return error == SocketError.Success ? await SendAsync(first, rest).ConfigureAwait(false) : error;
    }

    private ValueTask<SocketError> SendUnsentAsync()
    {
        SocketError error;
        while (!SendNow(out error))
        {
            Interlocked.Exchange(ref _state, Unready); // room that comes from here on is noted
            if (SendNow(out error))
            {
                break;
            }

            if (WaitForRoom())
            {
                return new ValueTask<SocketError>(this, _sent.Version);
            }
        }

        return new(error);
    }

    /// <summary>True: the caller waits for the poller; false: the socket got room, or was closed, meanwhile.</summary>
    private bool WaitForRoom() =>
        Interlocked.CompareExchange(ref _state, Waiting, Unready) == Unready
        && (!_isClosed || Interlocked.CompareExchange(ref _state, Unready, Waiting) != Waiting);

    /// <summary>Sends what is left; false: the other side must take some first.</summary>
    private unsafe bool SendNow(out SocketError error)
    {
        error = _isConnecting ? EndConnect() : SocketError.Success;
        try
        {
            while (!_unsent.IsEmpty || !_unsentRest.IsEmpty)
            {
                nint count;
                int errno;
                _taken.BeginCall();
                if (_unsentRest.IsEmpty)
                {
                    // The bytes are pinned for the call only, and their length goes along.
                    fixed (byte* start = _unsent.Span)
                    {
                        count = LinuxCalls.SendNow(_handle, start, _unsent.Length, out errno);
                    }
                }
                else
                {
                    count = GatheredSend.Send(_handle, _unsent, in _unsentRest, LinuxCalls.DoNotWait | LinuxCalls.NoSignal);
                    errno = count < 0 ? Marshal.GetLastPInvokeError() : 0;
                }

                _taken.EndCall(errno);
                if (count >= 0)
                {
                    Skip(count);
                }
                else if (errno == LinuxCalls.WouldBlock)
                {
                    return false;
                }
                else if (errno != LinuxCalls.Interrupted)
                {
                    _unsentRest = default;
                    error = LinuxCalls.ErrorOf(errno);
                    return true;
                }
            }
        }
        catch (ObjectDisposedException)
        {
            _taken.EndCall(0);
            error = SocketError.OperationAborted;
        }

        return true;
    }

    private void Skip(nint count)
    {
        int ofFirst = (int)Math.Min(count, _unsent.Length);
        _unsent = _unsent[ofFirst..];
        if (count > ofFirst)
        {
            _unsentRest = count - ofFirst == _unsentRest.Length ? default : _unsentRest.Slice(count - ofFirst);
        }

        Volatile.Write(ref _handed, _handed + count); // by one thread at a time
    }

    private SocketError EndConnect()
    {
        _isConnecting = false;
        return _socket.TakeError();
    }

    private void AbortWait()
    {
        if (Interlocked.CompareExchange(ref _state, Ready, Waiting) == Waiting)
        {
            ThreadPool.UnsafeQueueUserWorkItem(static sender => sender._sent.SetResult(SocketError.OperationAborted), this, preferLocal: false);
        }
    }
}

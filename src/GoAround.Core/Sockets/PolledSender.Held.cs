using System;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Threading;
using System.Threading.Tasks;
using GoAround.Core.Async;

namespace GoAround.Core.Sockets;

// What is held back to the end of a batch (docs/decisions/0020).
internal sealed partial class PolledSender
{
    private byte[] _held = [];
    private int _heldStart;
    private int _heldEnd;
    private SocketError _failure; // of held bytes: the next send tells

    /// <summary>Completes when no held byte is left, or none can be sent any more.</summary>
    public ValueTask<SocketError> FlushAsync() => TryFlush() ? new(_failure) : SendLeftAsync();

    /// <summary>Takes bytes over along with their buffer, as those of a small send; false: nothing has happened.</summary>
    public bool TryHold(byte[] buffer, int length)
    {
        if (buffer.Length != MostHeldBytes || Volatile.Read(ref _state) > Ready || HoldingPoller() is not { } poller)
        {
            return false;
        }

        Hold(poller, buffer, length);
        return true;
    }

    /// <summary>Sends what is held as far as there is room now; what is left then, the poller sends. Any thread.</summary>
    public void Flush()
    {
        if (Interlocked.CompareExchange(ref _state, Flushing, Held) == Held)
        {
            SendHeld();
        }
    }

    /// <summary>Sends what is held; false: there is no room for all of it now.</summary>
    public bool TryFlush()
    {
        Flush();
        SpinWait wait = default;
        while (Volatile.Read(ref _state) == Flushing)
        {
            wait.SpinOnce(); // another thread is in a call that does not wait
        }

        return Volatile.Read(ref _state) != Left;
    }

    /// <summary>Takes the bytes over for later where this is a poller's thread; false: they must be sent now.</summary>
    private bool TryHold(ReadOnlyMemory<byte> bytes)
    {
        if (HoldingPoller() is not { } poller)
        {
            return false;
        }

        if (Volatile.Read(ref _state) <= Ready)
        {
            byte[] buffer = ReceiveBuffers.Rent(bytes.Length);
            bytes.Span.CopyTo(buffer);
            Hold(poller, buffer, bytes.Length);
            return true;
        }

        // More behind it, as an interim response: of this thread or, after a hop, of another one.
        if (Interlocked.CompareExchange(ref _state, Flushing, Held) != Held)
        {
            return false;
        }

        bool fits = bytes.Length <= _held.Length - _heldEnd;
        if (fits)
        {
            bytes.Span.CopyTo(_held.AsSpan(_heldEnd));
            _heldEnd += bytes.Length;
            _handed += bytes.Length;
        }

        Volatile.Write(ref _state, Held);
        poller.FlushLater(this); // the poller that was to flush the first ones may have found them in this thread's hands just now, and gone on
        return fits;
    }

    /// <summary>The poller that this thread runs, where bytes may be held back for it.</summary>
    private Poller? HoldingPoller() => _isClosed || _isConnecting || _failure != SocketError.Success ? null : Poller.Current;

    private void Hold(Poller poller, byte[] buffer, int length)
    {
        _held = buffer;
        _heldStart = 0;
        _heldEnd = length;
        _handed += length;
        Volatile.Write(ref _state, Held); // the poller may have written Ready meanwhile: a flush tries in any case
        poller.FlushLater(this);
    }

    /// <summary>Sends held bytes; whoever calls has taken the state to <see cref="Flushing"/>.</summary>
    private unsafe void SendHeld()
    {
        try
        {
            while (_heldStart < _heldEnd)
            {
                _hasRoom = false;
                nint count;
                int errno;
                _taken.BeginCall();

                // The bytes are pinned for the call only, and their length goes along.
                fixed (byte* start = &_held[_heldStart])
                {
                    count = LinuxCalls.SendNow(_handle, start, _heldEnd - _heldStart, out errno);
                }

                _taken.EndCall(errno);
                if (count >= 0)
                {
                    _heldStart += (int)count;
                }
                else if (errno == LinuxCalls.WouldBlock)
                {
                    Interlocked.Exchange(ref _state, Left); // before the look: room that comes from here on finds it
                    if (!_hasRoom || Interlocked.CompareExchange(ref _state, Flushing, Left) != Left)
                    {
                        return;
                    }
                }
                else if (errno != LinuxCalls.Interrupted)
                {
                    _failure = LinuxCalls.ErrorOf(errno);
                    break;
                }
            }
        }
        catch (ObjectDisposedException)
        {
            _taken.EndCall(0);
            _failure = SocketError.OperationAborted;
        }

        byte[] buffer = _held;
        _held = [];
        ReceiveBuffers.Return(buffer);
        Volatile.Write(ref _state, Ready);
    }

    /// <summary>Waits for what is left of held bytes.</summary>
    [AsyncMethodBuilder(typeof(PooledMethodBuilder<>))]
    private async ValueTask<SocketError> SendLeftAsync()
    {
        if (Interlocked.CompareExchange(ref _state, Unready, Left) != Left)
        {
            return await FlushAsync().ConfigureAwait(false); // the poller has just gone on with them
        }

        byte[] buffer = _held;
        _held = [];
        Interlocked.Add(ref _handed, _heldStart - _heldEnd); // counted again as they go
        _unsent = buffer.AsMemory(_heldStart, _heldEnd - _heldStart);
        _unsentRest = default;
        SocketError error = await SendUnsentAsync().ConfigureAwait(false);
        ReceiveBuffers.Return(buffer);
        return error;
    }
}

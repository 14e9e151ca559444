using System;
using System.Diagnostics;
using System.Threading;
using System.Threading.Tasks;
using System.Threading.Tasks.Sources;

namespace GoAround.Core.Sockets;

/// <summary>
/// The receive side of one connection: the bytes not read yet, and at most one receive under way. The receive
/// may be started before anybody waits for it, so that a connection that closes, or speaks, out of turn is noticed at once.
/// It has a buffer only while there are bytes in it: a receive rents its own when its bytes are there.
/// </summary>
/// <remarks>
/// One reader at a time; only <see cref="GiveUp"/>, <see cref="Nudge"/>, <see cref="HasArrived"/> and the transport are for other threads. Bytes that were lent stay
/// where they are until the next <see cref="FillAsync"/> or <see cref="Release"/>; held bytes stay until <see cref="Release"/>.
/// </remarks>
internal sealed class Inbox : IReceiveSink, IValueTaskSource<Transfer>, IDisposable
{
    private const int NobodyWaits = 0;
    private const int SomebodyWaits = 1;
    private const int Arrived = 2;

    private readonly Transport _transport;
    private readonly Action<object, Transfer>? _onUnawaited;
    private readonly Action<object>? _onReset;
    private readonly Action<object>? _onPeerClosed;
    private readonly object? _owner;
    private readonly int _usualBytes;
    private ManualResetValueTaskSourceCore<Transfer> _wait;

    // The reader's: what it reads, and where a head that is held stands if not there. Empty: it has none.
    private byte[] _buffer = [];
    private byte[] _heldBuffer = [];
    private int _start;
    private int _end;
    private int _heldEnd;

    // The receive's, from its start until it is picked up: the reader may go on with its own buffer meanwhile.
    private byte[] _incoming = [];
    private int _gap;
    private int _roomBytes;
    private bool _isPosted;
    private Transfer _outcome;
    private int _state;
    private int _isGivenUp;
    private int _isDisposed;

    /// <summary>Takes no buffer yet.</summary>
    /// <param name="transport">Where the bytes come from.</param>
    /// <param name="bufferBytes">How large a buffer usually is.</param>
    /// <param name="onUnawaited">Told, on the transport's thread, of a receive that ends while nobody waits for it.</param>
    /// <param name="owner">Handed to <paramref name="onUnawaited"/>, <paramref name="onReset"/> and <paramref name="onPeerClosed"/>.</param>
    /// <param name="onReset">Told, on the transport's thread, of a reset while no receive is under way, by a transport that notices.</param>
    /// <param name="onPeerClosed">Told, on the transport's thread, that the other side has closed its half, by a transport that tells; before a receive brings it.</param>
    public Inbox(
        Transport transport,
        int bufferBytes,
        Action<object, Transfer>? onUnawaited = null,
        object? owner = null,
        Action<object>? onReset = null,
        Action<object>? onPeerClosed = null)
    {
        _transport = transport;
        _usualBytes = bufferBytes;
        _onUnawaited = onUnawaited;
        _onReset = onReset;
        _onPeerClosed = onPeerClosed;
        _owner = owner;
    }

    /// <summary>What was received and not taken.</summary>
    public ReadOnlyMemory<byte> Unread => _buffer.AsMemory(_start, _end - _start);

    /// <summary>What was received and not taken.</summary>
    public ReadOnlySpan<byte> UnreadSpan => _buffer.AsSpan(_start, _end - _start);

    /// <summary>Nothing is left to read.</summary>
    public bool IsEmpty => _start == _end;

    /// <summary>The bytes of the buffers it has now; for tests, between two calls.</summary>
    public int Capacity => _buffer.Length + _heldBuffer.Length + _incoming.Length;

    /// <summary>A receive that was posted has ended, and its outcome was not picked up.</summary>
    public bool HasArrived => Volatile.Read(ref _state) == Arrived;

    /// <summary>Marks bytes at the front as taken; they stay lent until the next fill.</summary>
    public void Take(int count) => _start += count;

    /// <summary>Takes bytes at the front and keeps them in place until <see cref="Release"/>.</summary>
    public ReadOnlyMemory<byte> Hold(int count)
    {
        ReadOnlyMemory<byte> held = _buffer.AsMemory(_start, count);
        _start += count;
        _heldEnd = _start;
        return held;
    }

    /// <summary>Lets held and lent bytes go, and the buffer with them where nothing is unread.</summary>
    public void Release()
    {
        _heldEnd = 0;
        Return(ref _heldBuffer);
        LetGoOfEmpty();
    }

    /// <summary>Starts a receive without waiting; does nothing where one is under way. Its bytes will stand behind the unread ones.</summary>
    public void Post()
    {
        if (!_isPosted && StartReceive(_usualBytes))
        {
            _onUnawaited?.Invoke(_owner!, _outcome); // both were given together
        }
    }

    /// <summary>Takes a posted receive back, by the reader; false: it has brought something, or is about to, or cannot be taken back.</summary>
    public bool TryWithdraw()
    {
        if (_isPosted && _transport.TryWithdraw())
        {
            _isPosted = false;
        }

        return !_isPosted;
    }

    /// <summary>Waits until more bytes stand behind the unread ones.</summary>
    /// <param name="wantedBytes">How much room would be good for them.</param>
    public ValueTask<Transfer> FillAsync(int wantedBytes = 0)
    {
        LetGoOfEmpty();
        if (!_isPosted)
        {
            Shrink();
            StartReceive(Math.Max(wantedBytes, _usualBytes));
        }

        if (HasArrived)
        {
            return new(PickUp());
        }

        // Each change of the state has one winner, who alone ends the wait: an arrival, who gives up, or nobody.
        _wait.Reset();
        if (Interlocked.CompareExchange(ref _state, SomebodyWaits, NobodyWaits) == Arrived)
        {
            return new(PickUp());
        }

        return Volatile.Read(ref _isGivenUp) == 1 && TryEndWait()
            ? new(Transfer.GivenUp)
            : new ValueTask<Transfer>(this, _wait.Version);
    }

    /// <summary>
    /// Ends this wait and the later ones with <see cref="Transfer.GivenUp"/> until <see cref="Resume"/>; the receive itself
    /// goes on, and what it brings is still handed out. Any thread.
    /// </summary>
    public void GiveUp()
    {
        Interlocked.Exchange(ref _isGivenUp, 1);
        Nudge();
    }

    /// <summary>Ends the wait there is, if any, with <see cref="Transfer.GivenUp"/>, and no later one. Any thread.</summary>
    public void Nudge()
    {
        if (TryEndWait())
        {
            _wait.SetResult(Transfer.GivenUp);
        }
    }

    /// <summary>Waits may be waited again.</summary>
    public void Resume() => Volatile.Write(ref _isGivenUp, 0);

    /// <summary>Returns the buffers; call it after the transport was closed. Nothing may be read afterwards.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) == 1)
        {
            return;
        }

        _start = 0;
        _end = 0;
        _heldEnd = 0;
        Return(ref _heldBuffer);
        Return(ref _buffer);
        if (!_isPosted || HasArrived)
        {
            ReturnIncoming(); // else the transport may still write to it, and its end returns it
        }
    }

    Memory<byte> IReceiveSink.RentRoom()
    {
        int least = Math.Max(_gap + ReceiveBuffers.SmallBytes, Math.Min(_gap + _roomBytes, ReceiveBuffers.LargeBytes)); // a few unread bytes must not double it
        _incoming = ReceiveBuffers.Rent(least, _roomBytes > ReceiveBuffers.LargeBytes ? _gap + _roomBytes : least);
        int room = _incoming.Length - _gap;
        if (_roomBytes >= ReceiveBuffers.PieceBytes && (room < _roomBytes || _roomBytes % ReceiveBuffers.PieceBytes == 0))
        {
            room = Math.Min(room, room < _roomBytes ? ReceiveBuffers.PieceBytes : _roomBytes); // what is longer leaves a tail behind when it is sent; the last piece need not fill its room
        }

        return _incoming.AsMemory(_gap, room);
    }

    void IReceiveSink.ReturnRoom() => Return(ref _incoming);

    void IReceiveSink.OnReceived(Transfer transfer)
    {
        _outcome = transfer;
        if (Interlocked.Exchange(ref _state, Arrived) == SomebodyWaits)
        {
            _wait.SetResult(PickUp());
        }
        else
        {
            _onUnawaited?.Invoke(_owner!, transfer); // both were given together
            if (Volatile.Read(ref _isDisposed) == 1)
            {
                ReturnIncoming(); // nobody picks it up any more
            }
        }
    }

    void IReceiveSink.OnReset() => _onReset?.Invoke(_owner!); // both were given together

    void IReceiveSink.OnPeerClosed() => _onPeerClosed?.Invoke(_owner!); // likewise

    ValueTaskSourceStatus IValueTaskSource<Transfer>.GetStatus(short token) => _wait.GetStatus(token);

    void IValueTaskSource<Transfer>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _wait.OnCompleted(continuation, state, token, flags);

    Transfer IValueTaskSource<Transfer>.GetResult(short token) => _wait.GetResult(token);

    /// <summary>Starts a receive; true: it ended at once.</summary>
    private bool StartReceive(int roomBytes)
    {
        _gap = _end - _start;
        _roomBytes = roomBytes;
        _isPosted = true;
        if (!_transport.TryReceive(this, out Transfer transfer))
        {
            return false;
        }

        _outcome = transfer;
        Volatile.Write(ref _state, Arrived);
        return true;
    }

    private bool TryEndWait() => Interlocked.CompareExchange(ref _state, NobodyWaits, SomebodyWaits) == SomebodyWaits;

    private Transfer PickUp()
    {
        Transfer transfer = _outcome;
        _isPosted = false;
        Volatile.Write(ref _state, NobodyWaits);
        if (transfer.HasBytes)
        {
            TakeOver(transfer.Count);
        }
        else
        {
            Return(ref _incoming);
        }

        return transfer;
    }

    /// <summary>Goes on with the buffer of the receive, behind what is unread in the one before.</summary>
    private void TakeOver(int count)
    {
        int unread = _end - _start;
        Debug.Assert(unread <= _gap, "what is unread only gets less while a receive is under way");
        _buffer.AsSpan(_start, unread).CopyTo(_incoming.AsSpan(_gap - unread));
        PutAside();
        _buffer = _incoming;
        _incoming = [];
        _start = _gap - unread;
        _end = _gap + count;
    }

    /// <summary>Keeps the buffer where bytes are held in it, else returns it; what is unread was moved.</summary>
    private void PutAside()
    {
        if (_heldEnd > 0 && _heldBuffer.Length == 0)
        {
            _heldBuffer = _buffer;
        }
        else
        {
            ReceiveBuffers.Return(_buffer);
        }

        _heldEnd = 0;
    }

    /// <summary>Returns the buffer where nothing is held or unread in it.</summary>
    private void LetGoOfEmpty()
    {
        if (IsEmpty && _heldEnd == 0)
        {
            _start = 0;
            _end = 0;
            Return(ref _buffer);
        }
    }

    /// <summary>Returns the buffer of a receive that has ended, once: the end of the receive and the end of the inbox may both see each other.</summary>
    private void ReturnIncoming() => ReceiveBuffers.Return(Interlocked.Exchange(ref _incoming, []));

    private static void Return(ref byte[] buffer)
    {
        ReceiveBuffers.Return(buffer);
        buffer = [];
    }

    /// <summary>Moves few unread bytes out of a large buffer, for the time of a wait.</summary>
    private void Shrink()
    {
        int unread = _end - _start;
        if (_buffer.Length > _usualBytes && unread <= _usualBytes && _heldEnd == 0)
        {
            byte[] small = ReceiveBuffers.Rent(unread);
            _buffer.AsSpan(_start, unread).CopyTo(small);
            ReceiveBuffers.Return(_buffer);
            _buffer = small;
            _start = 0;
            _end = unread;
        }
    }
}

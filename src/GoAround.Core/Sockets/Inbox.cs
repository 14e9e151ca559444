using System;
using System.Buffers;
using System.Diagnostics;
using System.Threading;
using System.Threading.Tasks;
using System.Threading.Tasks.Sources;

namespace GoAround.Core.Sockets;

/// <summary>
/// The receive side of one connection: its buffer, the bytes not read yet, and at most one receive under way. The receive
/// may be started before anybody waits for it, so that a connection that closes, or speaks, out of turn is noticed at once.
/// </summary>
/// <remarks>
/// One reader at a time; only <see cref="GiveUp"/>, <see cref="Nudge"/>, <see cref="HasArrived"/> and the transport are for other threads. Bytes that were lent stay
/// where they are until the next <see cref="FillAsync"/> or <see cref="Release"/>; held bytes stay until <see cref="Release"/>.
/// </remarks>
internal sealed class Inbox : IReceiveSink, IValueTaskSource<Transfer>, IDisposable
{
    private const int LeastRoomBytes = 1024;
    private const int NobodyWaits = 0;
    private const int SomebodyWaits = 1;
    private const int Arrived = 2;

    private readonly Transport _transport;
    private readonly Action<object, Transfer>? _onUnawaited;
    private readonly object? _owner;
    private ManualResetValueTaskSourceCore<Transfer> _wait;
    private readonly int _usualBytes;
    private byte[] _buffer;
    private byte[]? _heldBuffer;
    private byte[]? _lentBuffer;
    private int _start;
    private int _end;
    private int _heldEnd;
    private int _postOffset;
    private bool _isPosted;
    private bool _hasLoan;
    private Transfer _outcome;
    private int _state;
    private int _isGivenUp;
    private int _isDisposed;

    /// <summary>Rents the first buffer.</summary>
    /// <param name="transport">Where the bytes come from.</param>
    /// <param name="bufferBytes">How large the first buffer is.</param>
    /// <param name="onUnawaited">Told, on the transport's thread, of a receive that ends while nobody waits for it.</param>
    /// <param name="owner">Handed to <paramref name="onUnawaited"/>.</param>
    public Inbox(Transport transport, int bufferBytes, Action<object, Transfer>? onUnawaited = null, object? owner = null)
    {
        _transport = transport;
        _buffer = ArrayPool<byte>.Shared.Rent(bufferBytes);
        _usualBytes = _buffer.Length;
        _onUnawaited = onUnawaited;
        _owner = owner;
    }

    /// <summary>What was received and not taken.</summary>
    public ReadOnlyMemory<byte> Unread => _buffer.AsMemory(_start, _end - _start);

    /// <summary>What was received and not taken.</summary>
    public ReadOnlySpan<byte> UnreadSpan => _buffer.AsSpan(_start, _end - _start);

    /// <summary>Nothing is left to read.</summary>
    public bool IsEmpty => _start == _end;

    /// <summary>The size of the buffer in bytes.</summary>
    public int Capacity => _buffer.Length;

    /// <summary>A receive that was posted has ended, and its outcome was not picked up.</summary>
    public bool HasArrived => Volatile.Read(ref _state) == Arrived;

    /// <summary>Marks bytes at the front as taken; they stay lent until the next fill.</summary>
    public void Take(int count)
    {
        _start += count;
        _hasLoan = true;
    }

    /// <summary>Takes bytes at the front and keeps them in place until <see cref="Release"/>.</summary>
    public ReadOnlyMemory<byte> Hold(int count)
    {
        ReadOnlyMemory<byte> held = _buffer.AsMemory(_start, count);
        _start += count;
        _heldEnd = _start;
        _hasLoan = true;
        return held;
    }

    /// <summary>Lets held and lent bytes go.</summary>
    public void Release()
    {
        _heldEnd = 0;
        _hasLoan = false;
        Return(ref _heldBuffer);
        Return(ref _lentBuffer);
    }

    /// <summary>
    /// Starts a receive without waiting, behind what is unread, held and lent; does nothing where one is under way. A buffer
    /// that has grown, or is full, is put aside for a usual one, so that a connection that only waits holds little.
    /// </summary>
    public void Post()
    {
        if (_isPosted)
        {
            return;
        }

        if (!IsEmpty)
        {
            if (_buffer.Length - _end < LeastRoomBytes)
            {
                return; // there is enough to do before more is wanted
            }
        }
        else if (_hasLoan)
        {
            if (_buffer.Length > _usualBytes || _buffer.Length - _end < LeastRoomBytes)
            {
                PutAside();
            }
        }
        else
        {
            Shrink();
            _start = 0;
            _end = 0;
        }

        if (StartReceive())
        {
            _onUnawaited?.Invoke(_owner!, _outcome); // both were given together
        }
    }

    /// <summary>Waits until more bytes stand behind the unread ones. Makes room, with a larger buffer where one is needed.</summary>
    /// <param name="wantedBytes">How much room would be good; the buffer grows to it where it can.</param>
    public ValueTask<Transfer> FillAsync(int wantedBytes = LeastRoomBytes)
    {
        if (!_isPosted)
        {
            MakeRoom(Math.Max(wantedBytes, LeastRoomBytes));
            StartReceive();
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
        Release();
        if (Interlocked.Exchange(ref _isDisposed, 1) == 0 && (!_isPosted || HasArrived))
        {
            ArrayPool<byte>.Shared.Return(_buffer); // else the operating system may still write to it, and it is left to the collector
        }
    }

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
        }
    }

    ValueTaskSourceStatus IValueTaskSource<Transfer>.GetStatus(short token) => _wait.GetStatus(token);

    void IValueTaskSource<Transfer>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _wait.OnCompleted(continuation, state, token, flags);

    Transfer IValueTaskSource<Transfer>.GetResult(short token) => _wait.GetResult(token);

    /// <summary>Starts a receive at the end of the buffer's bytes; true: it ended at once.</summary>
    private bool StartReceive()
    {
        _postOffset = _end;
        _isPosted = true;
        if (!_transport.TryReceive(_buffer.AsMemory(_end), this, out Transfer transfer))
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
        if (_start == _end)
        {
            _start = _postOffset;
            _end = _postOffset;
        }

        Debug.Assert(_postOffset == _end, "a receive stands right behind the unread bytes");
        _end += transfer.Count;
        return transfer;
    }

    /// <summary>Keeps the buffer for what is held or lent in it, and goes on with an empty one; nothing is unread.</summary>
    private void PutAside()
    {
        if (_heldEnd > 0)
        {
            _heldBuffer = _buffer;
            _heldEnd = 0;
        }
        else
        {
            Return(ref _lentBuffer);
            _lentBuffer = _buffer;
        }

        _buffer = ArrayPool<byte>.Shared.Rent(_usualBytes);
        _start = 0;
        _end = 0;
    }

    private void Shrink()
    {
        if (_buffer.Length > _usualBytes)
        {
            ArrayPool<byte>.Shared.Return(_buffer);
            _buffer = ArrayPool<byte>.Shared.Rent(_usualBytes);
        }
    }

    private static void Return(ref byte[]? buffer)
    {
        if (buffer is not null)
        {
            ArrayPool<byte>.Shared.Return(buffer);
            buffer = null;
        }
    }

    private void MakeRoom(int wantedBytes)
    {
        Return(ref _lentBuffer);
        int unread = _end - _start;
        if (unread == 0)
        {
            _start = _heldEnd;
            _end = _heldEnd;
        }

        if (_buffer.Length - _end >= wantedBytes)
        {
            return;
        }

        if (_buffer.Length - _heldEnd - unread >= wantedBytes)
        {
            _buffer.AsSpan(_start, unread).CopyTo(_buffer.AsSpan(_heldEnd));
            _start = _heldEnd;
            _end = _heldEnd + unread;
            return;
        }

        byte[] larger = ArrayPool<byte>.Shared.Rent(unread + wantedBytes);
        _buffer.AsSpan(_start, unread).CopyTo(larger);
        if (_heldEnd > 0 && _heldBuffer is null)
        {
            _heldBuffer = _buffer;
        }
        else
        {
            ArrayPool<byte>.Shared.Return(_buffer);
        }

        _buffer = larger;
        _heldEnd = 0;
        _start = 0;
        _end = unread;
    }
}

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
/// One reader at a time; only <see cref="GiveUp"/> and the transport call from other threads. Bytes that were lent stay
/// where they are until the next <see cref="FillAsync"/>; held bytes stay until <see cref="Release"/>.
/// </remarks>
internal sealed class Inbox : IReceiveSink, IValueTaskSource<Transfer>, IDisposable
{
    private const int LeastRoomBytes = 1024;
    private const int NobodyWaits = 0;
    private const int SomebodyWaits = 1;

    private readonly Transport _transport;
    private readonly Action<object, Transfer>? _onUnawaited;
    private readonly object? _owner;
    private ManualResetValueTaskSourceCore<Transfer> _wait;
    private byte[] _buffer;
    private byte[]? _heldBuffer;
    private int _start;
    private int _end;
    private int _heldEnd;
    private int _postOffset;
    private bool _isPosted;
    private Transfer _arrived;
    private int _hasArrived;
    private int _waiting;
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
    public bool HasArrived => Volatile.Read(ref _hasArrived) == 1;

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

    /// <summary>Lets held bytes go.</summary>
    public void Release()
    {
        _heldEnd = 0;
        if (_heldBuffer is not null)
        {
            ArrayPool<byte>.Shared.Return(_heldBuffer);
            _heldBuffer = null;
        }
    }

    /// <summary>Starts a receive behind what is held and lent, without waiting; does nothing where there is little room or one is under way.</summary>
    public void Post()
    {
        if (_isPosted || !IsEmpty)
        {
            return;
        }

        int offset = _end;
        if (_heldEnd == 0)
        {
            _start = 0;
            _end = 0;
            offset = 0;
        }
        else if (_buffer.Length - offset < LeastRoomBytes)
        {
            return;
        }

        StartReceive(offset);
        if (HasArrived)
        {
            _onUnawaited?.Invoke(_owner!, _arrived); // both were given together
        }
    }

    /// <summary>Waits until more bytes stand behind the unread ones. Makes room, with a larger buffer where one is needed.</summary>
    /// <param name="wantedBytes">How much room would be good; the buffer grows to it where it can.</param>
    public ValueTask<Transfer> FillAsync(int wantedBytes = LeastRoomBytes)
    {
        if (!_isPosted)
        {
            MakeRoom(wantedBytes);
            StartReceive(_end);
        }

        if (HasArrived)
        {
            return new(PickUp());
        }

        _wait.Reset();
        Interlocked.Exchange(ref _waiting, SomebodyWaits); // a full fence: what arrives from here on sees it
        bool mustNotWait = HasArrived || Volatile.Read(ref _isGivenUp) == 1;
        return mustNotWait && Interlocked.Exchange(ref _waiting, NobodyWaits) == SomebodyWaits
            ? new(HasArrived ? PickUp() : Transfer.GivenUp)
            : new ValueTask<Transfer>(this, _wait.Version);
    }

    /// <summary>
    /// Ends this wait and the later ones with <see cref="Transfer.GivenUp"/> until <see cref="Resume"/>; the receive itself
    /// goes on, and what it brings is still handed out. Any thread.
    /// </summary>
    public void GiveUp()
    {
        Interlocked.Exchange(ref _isGivenUp, 1);
        if (Interlocked.Exchange(ref _waiting, NobodyWaits) == SomebodyWaits)
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
        _arrived = transfer;
        Interlocked.Exchange(ref _hasArrived, 1);
        if (Interlocked.Exchange(ref _waiting, NobodyWaits) == SomebodyWaits)
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

    private void StartReceive(int offset)
    {
        _postOffset = offset;
        _isPosted = true;
        if (_transport.TryReceive(_buffer.AsMemory(offset), this, out Transfer transfer))
        {
            _arrived = transfer;
            Volatile.Write(ref _hasArrived, 1);
        }
    }

    private Transfer PickUp()
    {
        Transfer transfer = _arrived;
        _hasArrived = 0;
        _isPosted = false;
        if (_start == _end)
        {
            _start = _postOffset;
            _end = _postOffset;
        }

        Debug.Assert(_postOffset == _end, "a receive stands right behind the unread bytes");
        _end += transfer.Count;
        return transfer;
    }

    private void MakeRoom(int wantedBytes)
    {
        int unread = _end - _start;
        if (unread == 0)
        {
            _start = _heldEnd;
            _end = _heldEnd;
        }

        if (_buffer.Length - _end >= Math.Max(wantedBytes, LeastRoomBytes))
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

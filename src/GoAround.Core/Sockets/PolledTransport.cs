using System;
using System.Buffers;
using System.Net.Sockets;
using System.Threading;
using System.Threading.Tasks;

namespace GoAround.Core.Sockets;

/// <summary>A TCP connection whose readiness this process polls itself: it receives when there is something to receive, and not before.</summary>
internal sealed class PolledTransport : Transport
{
    private const uint Unusual = LinuxCalls.Failed | LinuxCalls.HungUp | LinuxCalls.PeerClosed | LinuxCalls.Urgent;
    private const int Unready = 0; // nothing to do until the poller says otherwise
    private const int Ready = 1; // the poller has said so, and nobody waits
    private const int Waiting = 2; // somebody waits: whoever takes this state away completes the operation

    private readonly Socket _socket;
    private readonly SafeSocketHandle _handle;
    private readonly PolledSender _sender;
    private readonly Poller _poller;
    private readonly long _number;
    private IReceiveSink? _sink;
    private int _receiving;
    private Transfer _ahead; // received before the turn of this socket; the poller's
    private bool _hasAhead;
    private bool _isBulk; // the last receive took a large buffer: a batch must not hold many of them
    private volatile bool _mustTry; // an end or an urgent byte has come: a short receive no longer means that the socket is empty
    private volatile bool _hasPeerClosed;
    private volatile bool _hasFailed;
    private int _signals; // so many events are known whose turn has not come; the poller's to write
    private int _isClosed;

    /// <summary>Starts to watch the socket; from here on it must not be received from or sent to by other means.</summary>
    public PolledTransport(Socket socket)
    {
        _socket = socket;
        _handle = socket.SafeHandle;
        _sender = new PolledSender(socket);
        _poller = Poller.Next();
        _number = _poller.Watch(this, _handle);
    }

    /// <inheritdoc/>
    public override bool TryReceive(IReceiveSink sink, out Transfer transfer)
    {
        _sink = sink;
        while (true)
        {
            if (Interlocked.CompareExchange(ref _receiving, Waiting, Unready) == Unready)
            {
                // A close that came before the state was set has told nobody.
                if (Volatile.Read(ref _isClosed) == 0 || Interlocked.CompareExchange(ref _receiving, Unready, Waiting) != Waiting)
                {
                    transfer = default;
                    return false;
                }
            }

            Volatile.Write(ref _receiving, Unready); // before the call: what arrives during it makes the socket ready again
            if (ReceiveNow(sink, out transfer))
            {
                return true;
            }
        }
    }

    /// <inheritdoc/>
    public override bool TryWithdraw() => Interlocked.CompareExchange(ref _receiving, Unready, Waiting) == Waiting;

    /// <inheritdoc/>
    public override ValueTask<SocketError> SendAsync(ReadOnlyMemory<byte> first, ReadOnlySequence<byte> rest) => _sender.SendAsync(first, rest);

    /// <inheritdoc/>
    public override ValueTask<SocketError> SendAsync(ReadOnlyMemory<byte> bytes) => _sender.SendAsync(bytes);

    /// <inheritdoc/>
    public override bool TrySendOwned(byte[] buffer, int length) => _sender.TryHold(buffer, length);

    /// <inheritdoc/>
    public override long Handed => _sender.Handed;

    /// <inheritdoc/>
    public override long CountTaken() => Handed - _sender.Pending - LinuxCalls.Unacknowledged(_handle);

    /// <inheritdoc/>
    /// <remarks>The order counts: whoever receives takes the waiting away first, and then the bytes.</remarks>
    public override bool IsReadable => LinuxCalls.IsReadable(_handle) || IsReceiving;

    /// <inheritdoc/>
    public override bool IsReceiving => Volatile.Read(ref _receiving) != Waiting;

    /// <inheritdoc/>
    public override bool MayBeReadable => Volatile.Read(ref _signals) > 0 || Volatile.Read(ref _receiving) != Waiting;

    /// <inheritdoc/>
    public override bool TryCatchUp() => Poller.Current == _poller && _poller.TryCatchUp();

    /// <inheritdoc/>
    public override bool TellsPeerEnd => true;

    /// <inheritdoc/>
    public override PeerEnd PeerEnd => _hasFailed ? PeerEnd.Reset : _hasPeerClosed ? PeerEnd.Closed : PeerEnd.None;

    /// <inheritdoc/>
    public override ValueTask ShutdownSendAsync()
    {
        ValueTask<SocketError> flushing = _sender.FlushAsync();
        if (!flushing.IsCompletedSuccessfully)
        {
            return ShutdownBehindAsync(flushing);
        }

        _socket.TryShutdownSend();
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public override bool TryFlush() => _sender.TryFlush();

    /// <inheritdoc/>
    public override void Abort() => Close(reset: true);

    /// <inheritdoc/>
    public override void Dispose() => Close(reset: false);

    /// <summary>Waits until a connect that was begun has ended.</summary>
    internal ValueTask<SocketError> ConnectedAsync() => _sender.ConnectedAsync();

    /// <summary>The poller knows of an event of this socket, whose turn comes; once for each.</summary>
    internal void OnSignalled(uint events)
    {
        if ((events & (LinuxCalls.Readable | Unusual)) != 0)
        {
            Volatile.Write(ref _signals, _signals + 1);
        }
    }

    /// <summary>
    /// Receives what somebody waits for, and keeps it until the socket's turn comes; true: there is some. Only where nothing but bytes was signalled,
    /// and few are likely.
    /// </summary>
    internal bool TryReceiveAhead(uint events)
    {
        if (_isBulk
            || (events & (LinuxCalls.Readable | Unusual)) != LinuxCalls.Readable
            || Interlocked.CompareExchange(ref _receiving, Unready, Waiting) != Waiting)
        {
            return false;
        }

        if (ReceiveNow(_sink!, out _ahead)) // set by whoever waits
        {
            _hasAhead = true;
            return true;
        }

        if (Interlocked.CompareExchange(ref _receiving, Waiting, Unready) == Unready && Volatile.Read(ref _isClosed) == 1)
        {
            AbortWait();
        }

        return false;
    }

    /// <summary>The socket has become ready; on the poller's thread.</summary>
    internal void OnReady(uint events)
    {
        if ((events & Unusual) != 0)
        {
            _mustTry = true;
            if ((events & LinuxCalls.PeerClosed) != 0 && _sender.Taken != SocketError.Success)
            {
                events |= LinuxCalls.Failed; // and would say so if a send had not been told before
            }
        }

        _hasFailed |= (events & LinuxCalls.Failed) != 0;
        if ((events & (LinuxCalls.Writable | LinuxCalls.Failed | LinuxCalls.HungUp)) != 0)
        {
            _sender.OnWritable();
        }

        if ((events & LinuxCalls.Failed) != 0 && Volatile.Read(ref _receiving) != Waiting)
        {
            Volatile.Read(ref _sink)?.OnReset(); // what is still to be received stands before the error
        }

        if ((events & (LinuxCalls.PeerClosed | LinuxCalls.Failed)) == LinuxCalls.PeerClosed && !_hasPeerClosed)
        {
            _hasPeerClosed = true; // every later event says so again
            Volatile.Read(ref _sink)?.OnPeerClosed();
        }

        if ((events & (LinuxCalls.Readable | Unusual)) != 0)
        {
            OnReadable();
        }
    }

    private void OnReadable()
    {
        if (_hasAhead)
        {
            _hasAhead = false;
            Volatile.Write(ref _signals, _signals - 1); // the state tells from here on, and what other events are known
            _sink!.OnReceived(_ahead); // set by whoever waited
            return;
        }

        for (int word = 1; ; word = 0)
        {
            bool isWaiting = Interlocked.CompareExchange(ref _receiving, Unready, Waiting) == Waiting
                || (Interlocked.CompareExchange(ref _receiving, Ready, Unready) == Waiting && Interlocked.CompareExchange(ref _receiving, Unready, Waiting) == Waiting);
            Volatile.Write(ref _signals, _signals - word); // the state tells from here on
            if (!isWaiting)
            {
                return;
            }

            if (ReceiveNow(_sink!, out Transfer transfer)) // set by whoever waits
            {
                _sink!.OnReceived(transfer);
                return;
            }

            if (Interlocked.CompareExchange(ref _receiving, Waiting, Unready) == Unready)
            {
                if (Volatile.Read(ref _isClosed) == 1)
                {
                    AbortWait();
                }

                return;
            }
        }
    }

    /// <summary>Receives what is there; false: nothing is. A receive that fills less than the buffer has emptied the socket.</summary>
    private unsafe bool ReceiveNow(IReceiveSink sink, out Transfer transfer)
    {
        Span<byte> buffer = sink.RentRoom().Span;
        _isBulk = buffer.Length > ReceiveBuffers.SmallBytes;
        nint count;
        int errno;
        try
        {
            do
            {
                // The buffer is pinned for the call only, and its length goes along.
                fixed (byte* start = buffer)
                {
                    count = LinuxCalls.ReceiveNow(_handle, start, buffer.Length, out errno);
                }
            }
            while (errno == LinuxCalls.Interrupted);
        }
        catch (ObjectDisposedException)
        {
            transfer = new Transfer(0, SocketError.Shutdown); // not what a wait that was given up says
            return true;
        }

        transfer = count > 0 ? new Transfer((int)count, SocketError.Success) : new Transfer(0, count == 0 ? _sender.Taken : LinuxCalls.ErrorOf(errno));
        if (errno == LinuxCalls.WouldBlock)
        {
            sink.ReturnRoom();
            return false;
        }

        if (count <= 0 || count == buffer.Length || _mustTry)
        {
            Interlocked.CompareExchange(ref _receiving, Ready, Unready); // there is more, or an end that no event will tell again
        }

        return true;
    }

    private async ValueTask ShutdownBehindAsync(ValueTask<SocketError> flushing)
    {
        await flushing.ConfigureAwait(false);
        _socket.TryShutdownSend();
    }

    private void Close(bool reset)
    {
        if (Interlocked.Exchange(ref _isClosed, 1) == 1)
        {
            return;
        }

        if (reset)
        {
            _socket.Abort();
        }
        else
        {
            _sender.TryFlush(); // the last moment for held bytes; a close while another thread still sends them would be a reset
            _socket.Dispose();
        }

        _poller.Forget(_number);
        _sender.OnClosed();
        AbortWait();
    }

    /// <summary>Ends what waits, on a thread of the pool: whoever closes has other things to do than what follows from it.</summary>
    private void AbortWait()
    {
        if (Interlocked.CompareExchange(ref _receiving, Ready, Waiting) == Waiting)
        {
            ThreadPool.UnsafeQueueUserWorkItem(
                static transport => transport._sink!.OnReceived(new Transfer(0, SocketError.Shutdown)), this, preferLocal: false); // set by whoever waited
        }
    }
}

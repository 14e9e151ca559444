using System;
using System.Net.Sockets;
using System.Threading;
using System.Threading.Tasks;

namespace GoAround.Core.Sockets;

/// <summary>A TCP connection as it is.</summary>
internal sealed class PlainTransport : Transport
{
    private readonly Socket _socket;
    private readonly SocketReceiver _receiver;
    private readonly SocketSender _sender = new();
    private readonly SafeSocketHandle _handle;
    private readonly bool _isFresh;
    private long _handed;
    private bool _isAborted;

    /// <param name="socket">Owned from here on.</param>
    /// <param name="isFresh">Nobody has received from it, so that all that comes can be told from what was received.</param>
    public PlainTransport(Socket socket, bool isFresh = true)
    {
        _isFresh = isFresh;
        _socket = socket;
        _handle = socket.SafeHandle;
        _receiver = new SocketReceiver(socket, _sender);
    }

    /// <inheritdoc/>
    public override bool TryReceive(IReceiveSink sink, out Transfer transfer) =>
        _receiver.TryReceive(sink, out transfer);

    /// <inheritdoc/>
    public override ValueTask<SocketError> SendAsync(ReadOnlyMemory<byte> bytes)
    {
        Volatile.Write(ref _handed, _handed + bytes.Length); // by one thread at a time
        return _sender.SendAsync(_socket, bytes);
    }

    /// <inheritdoc/>
    public override long Handed => Volatile.Read(ref _handed);

    /// <inheritdoc/>
    public override long CountTaken() => Handed - LinuxCalls.Unacknowledged(_handle);

    /// <inheritdoc/>
    public override PeerEnd PeerEnd => LinuxCalls.PeerEndOf(_handle);

    /// <inheritdoc/>
    /// <remarks>The framework takes bytes some time before it tells of them: they are neither on the wire then nor here, but were counted as they came.</remarks>
    public override bool IsReadable => LinuxCalls.IsReadable(_handle) || (_isFresh && LinuxCalls.BytesCome(_handle) > _receiver.CountBefore);

    /// <inheritdoc/>
    public override ValueTask ShutdownSendAsync()
    {
        _socket.TryShutdownSend();
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public override void Abort()
    {
        _isAborted = true;
        _socket.Abort();
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        if (!_isAborted)
        {
            _socket.TryShutdownSend(); // else a receive that is still under way would make it a reset
        }

        _socket.Dispose();
        _receiver.Dispose();
        _sender.Dispose();
    }
}

using System;
using System.Collections.Generic;
using System.IO;
using System.Net.Sockets;
using System.Threading;
using System.Threading.Tasks;
using GoAround.Core.Tests.Wire;

namespace GoAround.Core.Tests.Sockets;

/// <summary>A stream over a socket that keeps what is sent at once together as one message: so the other side's sends are counted.</summary>
internal sealed class MessageStream : Stream
{
    private readonly Socket _socket;
    private readonly byte[] _message = new byte[512 * 1024];
    private int _start;
    private int _end;

    private MessageStream(Socket socket) => _socket = socket;

    /// <summary>How long each message was that came.</summary>
    public List<int> Messages { get; } = [];

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    /// <summary>Opens a connection: the socket of one side, and the stream of the other.</summary>
    public static async Task<(Socket Near, MessageStream Far)> OpenAsync()
    {
        string path = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        using Socket listener = new(AddressFamily.Unix, SocketType.Seqpacket, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(path));
        try
        {
            listener.Listen();
            Socket far = new(AddressFamily.Unix, SocketType.Seqpacket, ProtocolType.Unspecified);
            await far.ConnectAsync(new UnixDomainSocketEndPoint(path)).WaitAsync(WireEnd.Patience);
            Socket near = await listener.AcceptAsync().WaitAsync(WireEnd.Patience);
            near.SendBufferSize = 208 * 1024; // the most that everybody may have; the kernel doubles it, so that it takes 256 KiB as one message
            return (near, new MessageStream(far));
        }
        finally
        {
            File.Delete(path);
        }
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_start == _end)
        {
            _start = 0;
            _end = await _socket.ReceiveAsync(_message.AsMemory(), SocketFlags.None, cancellationToken);
            Messages.Add(_end);
        }

        int count = Math.Min(_end - _start, buffer.Length);
        _message.AsSpan(_start, count).CopyTo(buffer.Span);
        _start += count;
        return count;
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
        await _socket.SendAsync(buffer, SocketFlags.None, cancellationToken);

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override void Flush()
    {
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        _socket.Dispose();
        base.Dispose(disposing);
    }
}

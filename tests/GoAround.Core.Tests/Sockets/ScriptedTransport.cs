using System;
using System.Collections.Generic;
using System.Net.Sockets;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using GoAround.Core.Sockets;

namespace GoAround.Core.Tests.Sockets;

/// <summary>A transport whose receives end when a test says so, on the thread that says it.</summary>
internal sealed class ScriptedTransport : Transport
{
    private IReceiveSink? _sink;
    private byte[] _atOnce = [];
    private volatile bool _isDisposed;

    /// <summary>Receives that were started.</summary>
    public int Receives { get; private set; }

    public bool IsPending => Volatile.Read(ref _sink) is not null;

    public bool IsDisposed => _isDisposed;

    /// <summary>How large the latest receive's buffer was.</summary>
    public int RoomBytes { get; private set; }

    public override bool TryReceive(IReceiveSink sink, out Transfer transfer)
    {
        Receives++;
        if (_atOnce.Length > 0)
        {
            Memory<byte> buffer = sink.RentRoom();
            int count = Math.Min(buffer.Length, _atOnce.Length);
            _atOnce.AsSpan(0, count).CopyTo(buffer.Span);
            _atOnce = _atOnce[count..];
            transfer = new Transfer(count, SocketError.Success);
            return true;
        }

        Volatile.Write(ref _sink, sink);
        transfer = default;
        return false;
    }

    /// <summary>The next receive ends at once with these bytes.</summary>
    public void HaveReady(string text) => _atOnce = Encoding.ASCII.GetBytes(text);

    /// <summary>Ends the pending receive with bytes; none: the end of the stream.</summary>
    public void Arrive(string text) => Arrive(Encoding.ASCII.GetBytes(text));

    public void Arrive(ReadOnlySpan<byte> bytes)
    {
        IReceiveSink sink = Interlocked.Exchange(ref _sink, null) ?? throw new InvalidOperationException("no receive is pending");
        Memory<byte> room = sink.RentRoom();
        RoomBytes = room.Length;
        bytes.CopyTo(room.Span);
        sink.OnReceived(new Transfer(bytes.Length, SocketError.Success));
    }

    /// <summary>The pending receive looks for bytes and finds none.</summary>
    public void LookInVain()
    {
        IReceiveSink sink = _sink ?? throw new InvalidOperationException("no receive is pending");
        sink.RentRoom();
        sink.ReturnRoom();
    }

    public void Break()
    {
        IReceiveSink sink = Interlocked.Exchange(ref _sink, null) ?? throw new InvalidOperationException("no receive is pending");
        sink.OnReceived(new Transfer(0, SocketError.ConnectionReset));
    }

    /// <summary>Bytes of each send.</summary>
    public List<int> Sent { get; } = [];

    public override ValueTask<SocketError> SendAsync(ReadOnlyMemory<byte> bytes)
    {
        Sent.Add(bytes.Length);
        return new(SocketError.Success);
    }

    public override long Handed => 0;

    public override long CountTaken() => 0;

    public override bool IsReadable => HasUnnoticed;

    public override bool MayBeReadable => IsSignalled;

    public bool IsSignalled { get; set; }

    /// <summary>Bytes have come that the pending receive was not told of.</summary>
    public bool HasUnnoticed { get; set; }

    public override PeerEnd PeerEnd => HasPeerClosed ? PeerEnd.Closed : PeerEnd.None;

    public override bool TellsPeerEnd => Tells;

    /// <summary>It tells of the other side's end by itself, and need not be asked now and then.</summary>
    public bool Tells { get; set; }

    /// <summary>The other side has closed its half; what is asked tells of it.</summary>
    public bool HasPeerClosed { get; set; }

    public override ValueTask ShutdownSendAsync() => default;

    public override void Abort()
    {
    }

    public override void Dispose() => _isDisposed = true;
}

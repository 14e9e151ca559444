using System;
using System.Net.Sockets;
using System.Threading;
using System.Threading.Tasks;
using GoAround.Core.Sockets;

namespace GoAround.Core.Tests.Server;

/// <summary>A transport that does not tell of the other side's end, and has to be asked.</summary>
internal sealed class AskedTransport : Transport
{
    private Action? _whenAsked;
    private int _sending;

    /// <summary>Done once, when it is asked whether it tells: what another thread may do in between.</summary>
    public Action WhenAsked
    {
        set => _whenAsked = value;
    }

    public int Asked { get; private set; }

    public bool Tells { get; set; }

    public PeerEnd End { get; set; }

    /// <summary>What was sent; ASCII.</summary>
    public string Sent { get; set; } = "";

    public SocketError Outcome { get; set; }

    /// <summary>Two sends were under way at once.</summary>
    public bool HasOverlapped { get; private set; }

    /// <summary>The end of each send, where it does not end at once.</summary>
    public TaskCompletionSource<SocketError>? Taking { get; set; }

    public override bool TellsPeerEnd
    {
        get
        {
            Action? now = _whenAsked;
            _whenAsked = null;
            now?.Invoke();
            return Tells;
        }
    }

    public override PeerEnd PeerEnd
    {
        get
        {
            Asked++;
            return End;
        }
    }

    public override long Handed => 0;

    public override bool TryReceive(IReceiveSink sink, out Transfer transfer)
    {
        transfer = default;
        return false;
    }

    public override ValueTask<SocketError> SendAsync(ReadOnlyMemory<byte> bytes)
    {
        HasOverlapped |= Interlocked.Increment(ref _sending) > 1;
        foreach (byte one in bytes.Span)
        {
            Sent += (char)one;
            Thread.SpinWait(20); // room for another thread
        }

        Interlocked.Decrement(ref _sending);
        return Taking is null ? new(Outcome) : new(Taking.Task);
    }

    public override long CountTaken() => 0;

    public override ValueTask ShutdownSendAsync() => default;

    public override void Abort()
    {
    }

    public override void Dispose()
    {
    }
}

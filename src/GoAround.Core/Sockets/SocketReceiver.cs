using System;
using System.Net.Sockets;

namespace GoAround.Core.Sockets;

/// <summary>The reusable receive operation of one socket.</summary>
internal sealed class SocketReceiver : SocketAsyncEventArgs
{
    private IReceiveSink? _sink;

    public SocketReceiver()
        : base(true) // no execution context flows: the awaiting method has its own
    {
    }

    /// <summary>Starts a receive; see <see cref="Transport.TryReceive"/>.</summary>
    public bool TryReceive(Socket socket, Memory<byte> buffer, IReceiveSink sink, out Transfer transfer)
    {
        _sink = sink;
        SetBuffer(buffer);
        bool isPending;
        try
        {
            isPending = socket.ReceiveAsync(this);
        }
        catch (ObjectDisposedException)
        {
            transfer = new Transfer(0, SocketError.Shutdown);
            return true;
        }

        transfer = isPending ? default : Outcome();
        return !isPending;
    }

    protected override void OnCompleted(SocketAsyncEventArgs e) => _sink!.OnReceived(Outcome()); // set before the operation began

    // A receive that was cancelled by a close still has the count of the one before it: those bytes would be handed out twice.
    private Transfer Outcome() => new(SocketError == SocketError.Success ? BytesTransferred : 0, SocketError);
}

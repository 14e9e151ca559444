using System;
using System.Net.Sockets;
using System.Threading;

namespace GoAround.Core.Sockets;

/// <summary>The reusable receive operation of one socket: it looks out with no buffer, and receives once there is something.</summary>
internal sealed class SocketReceiver : SocketAsyncEventArgs
{
    private readonly Socket _socket;
    private IReceiveSink? _sink;
    private bool _isLookout;
    private long _countBefore;
    private int _count;

    public SocketReceiver(Socket socket)
        : base(true) // no execution context flows: the awaiting method has its own
    {
        _socket = socket;
    }

    /// <summary>While a receive is under way: the bytes of all that were before it. Any thread.</summary>
    public long CountBefore => Volatile.Read(ref _countBefore);

    /// <summary>Starts a receive; see <see cref="Transport.TryReceive"/>.</summary>
    public bool TryReceive(IReceiveSink sink, out Transfer transfer)
    {
        Volatile.Write(ref _countBefore, _countBefore + _count); // by one thread at a time
        _sink = sink;
        _isLookout = true;
        return Start(default, out transfer) && Proceed(ref transfer);
    }

    protected override void OnCompleted(SocketAsyncEventArgs e)
    {
        Transfer transfer = Outcome();
        if (Proceed(ref transfer))
        {
            _sink!.OnReceived(transfer); // set before the operation began
        }
    }

    /// <summary>Starts an operation; true: it ended at once.</summary>
    private bool Start(Memory<byte> buffer, out Transfer transfer)
    {
        try
        {
            SetBuffer(buffer);
            bool isPending = _socket.ReceiveAsync(this);
            transfer = isPending ? default : Outcome();
            return !isPending;
        }
        catch (ObjectDisposedException)
        {
            transfer = new Transfer(0, SocketError.Shutdown); // closed between the lookout and this, or before
            return true;
        }
    }

    /// <summary>An operation has ended. A lookout that went well is followed by the receive itself; false: that is under way.</summary>
    private bool Proceed(ref Transfer transfer)
    {
        if (!_isLookout || transfer.Error != SocketError.Success)
        {
            return true;
        }

        _isLookout = false;
        return Start(_sink!.RentRoom(), out transfer); // set before the operation began
    }

    // A receive that was cancelled by a close still has the count of the one before it: those bytes would be handed out twice.
    private Transfer Outcome()
    {
        _count = SocketError == SocketError.Success ? BytesTransferred : 0;
        return new Transfer(_count, SocketError);
    }
}

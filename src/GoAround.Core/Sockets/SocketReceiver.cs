using System;
using System.Net.Sockets;
using System.Threading;

namespace GoAround.Core.Sockets;

/// <summary>The reusable receive operation of one socket: it looks out with no buffer, and receives once there is something.</summary>
internal sealed class SocketReceiver : SocketAsyncEventArgs
{
    private readonly Socket _socket;
    private readonly SafeSocketHandle _handle;
    private readonly SocketSender _sender;
    private IReceiveSink? _sink;
    private bool _isLookout;
    private long _countBefore;
    private int _count;

    /// <param name="socket">It is connected.</param>
    /// <param name="sender">Whoever else may be told of a reset.</param>
    public SocketReceiver(Socket socket, SocketSender sender)
        : base(true) // no execution context flows: the awaiting method has its own
    {
        _socket = socket;
        _handle = socket.SafeHandle;
        _sender = sender;
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

    /// <summary>A send has ended whose outcome says what the end was. On a thread of the pool: whoever has sent has other things to do than what follows from it.</summary>
    public void OnSendEnded() =>
        ThreadPool.UnsafeQueueUserWorkItem(static receiver => receiver._sink!.OnReceived(new Transfer(0, receiver._sender.Taken)), this, preferLocal: false); // set before the operation began

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

    /// <summary>An operation has ended. A lookout that went well is followed by the receive itself; false: that is under way, or a send that says what its end is.</summary>
    private bool Proceed(ref Transfer transfer)
    {
        if (_isLookout && transfer.Error == SocketError.Success)
        {
            _isLookout = false;
            if (!Start(_sink!.RentRoom(), out transfer)) // set before the operation began
            {
                return false;
            }
        }

        return !transfer.IsEnd || HasReason(ref transfer);
    }

    /// <summary>
    /// The end has been read. Where only FIN has come a send may wait for long, and says nothing of it. Where the connection is over, by a reset perhaps of which
    /// a send was told, that send has ended, or does at once; false: the sink is told then.
    /// </summary>
    private bool HasReason(ref Transfer transfer)
    {
        if (!LinuxCalls.IsClosed(_handle))
        {
            return true;
        }

        if (_sender.TryAwaitEnd(this))
        {
            return false;
        }

        transfer = new Transfer(0, _sender.Taken);
        return true;
    }

    // A receive that was cancelled by a close still has the count of the one before it: those bytes would be handed out twice.
    private Transfer Outcome()
    {
        _count = SocketError == SocketError.Success ? BytesTransferred : 0;
        return new Transfer(_count, SocketError);
    }
}

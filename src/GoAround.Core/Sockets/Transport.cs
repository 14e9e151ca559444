using System;
using System.Buffers;
using System.IO;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Threading.Tasks;
using GoAround.Core.Async;

namespace GoAround.Core.Sockets;

/// <summary>A connected byte stream. One receive and one send may run at once; errors are values, not exceptions.</summary>
internal abstract class Transport : IDisposable
{
    /// <summary>Takes a connected socket over, by the means that suit the host.</summary>
    /// <param name="socket">Owned from here on.</param>
    /// <param name="isFresh">Nobody has received from it.</param>
    public static Transport Over(Socket socket, bool isFresh = true) => Poller.IsWanted ? new PolledTransport(socket) : new PlainTransport(socket, isFresh);

    /// <summary>The fault of the stream below, where that is somebody else's and says one: for the log.</summary>
    public virtual Exception? Failure => null;

    /// <summary>What was received so far is known to be all the other side sent; false where somebody else may have cut the stream short.</summary>
    public virtual bool EndIsGenuine => true;

    /// <summary>Starts a receive; while it waits it has no buffer. True: it ended at once with this result; false: the sink is told later.</summary>
    public abstract bool TryReceive(IReceiveSink sink, out Transfer transfer);

    /// <summary>Takes a receive back that waits: its sink is told nothing. False: it does not wait any more, or cannot be taken back.</summary>
    public virtual bool TryWithdraw() => false;

    /// <summary>Sends all the bytes; the memory is lent until the call has ended.</summary>
    public abstract ValueTask<SocketError> SendAsync(ReadOnlyMemory<byte> bytes);

    /// <summary>Takes bytes over along with the buffer they begin, one of <see cref="ReceiveBuffers"/>, where they can leave a little later without a wait; false: nothing has happened.</summary>
    public virtual bool TrySendOwned(byte[] buffer, int length) => false;

    /// <summary>Sends all the bytes, the first ones and then the rest, in as few system calls as it can; the memory is lent until the call has ended.</summary>
    [AsyncMethodBuilder(typeof(PooledMethodBuilder<>))]
    public virtual async ValueTask<SocketError> SendAsync(ReadOnlyMemory<byte> first, ReadOnlySequence<byte> rest)
    {
        SocketError error = first.IsEmpty ? SocketError.Success : await SendAsync(first).ConfigureAwait(false);
        SequencePosition place = rest.Start;
        while (error == SocketError.Success && rest.TryGet(ref place, out ReadOnlyMemory<byte> piece))
        {
            error = piece.IsEmpty ? SocketError.Success : await SendAsync(piece).ConfigureAwait(false);
        }

        return error;
    }

    /// <summary>Bytes that were handed to the system to be sent, those of a send under way included as far as is known.</summary>
    public abstract long Handed { get; }

    /// <summary>How many of them the other side has acknowledged, where the system tells, else all; a system call. Any thread.</summary>
    public abstract long CountTaken();

    /// <summary>While a receive is under way: bytes, or an end, have reached this machine that it has not brought yet, as far as the system tells; a system call. Any thread.</summary>
    public virtual bool IsReadable => false;

    /// <summary>While a receive is under way: a thread is just in the call that looks for bytes, and may have taken some. Any thread.</summary>
    public virtual bool IsReceiving => false;

    /// <summary>While a receive is under way: there is word of something to receive, so <see cref="IsReadable"/> may say so; no system call. Any thread.</summary>
    public virtual bool MayBeReadable => false;

    /// <summary>True: whatever had come to this socket 1 ms ago is told by <see cref="MayBeReadable"/> from here on; no system call for this socket alone.</summary>
    public virtual bool TryCatchUp() => false;

    /// <summary>The sink is told of <see cref="PeerEnd"/> as it comes; else it has to be asked for.</summary>
    public virtual bool TellsPeerEnd => false;

    /// <summary>Whether the other side has ended the connection, as far as the system tells; a system call, but for a transport that tells. Any thread.</summary>
    public virtual PeerEnd PeerEnd => PeerEnd.None;

    /// <summary>Gives the system what is held back to be sent together with more; false: it has no room for all of it now.</summary>
    public virtual bool TryFlush() => true;

    /// <summary>Tells the other side that nothing more will come.</summary>
    public abstract ValueTask ShutdownSendAsync();

    /// <summary>Closes at once; what is in flight ends with an error. The other side sees a reset.</summary>
    public abstract void Abort();

    /// <summary>Closes; bytes that were sent still arrive.</summary>
    public abstract void Dispose();

    /// <summary>The error behind an exception of a stream.</summary>
    protected static SocketError ErrorOf(IOException error) =>
        error.InnerException is SocketException { SocketErrorCode: not SocketError.Success } inner ? inner.SocketErrorCode : SocketError.ConnectionReset;
}

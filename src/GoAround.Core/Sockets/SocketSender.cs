using System;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Threading;
using System.Threading.Tasks;
using System.Threading.Tasks.Sources;

namespace GoAround.Core.Sockets;

/// <summary>The reusable send operation of one socket; awaited without an allocation.</summary>
internal sealed class SocketSender : SocketAsyncEventArgs, IValueTaskSource<SocketError>
{
    private const int Idle = 0;
    private const int UnderWay = 1;
    private const int Awaited = 2; // and a receiver waits for the outcome: whoever takes this state away tells it

    private ManualResetValueTaskSourceCore<SocketError> _core;
    private SocketReceiver? _awaiter;
    private volatile SocketError _taken;
    private int _state;

    public SocketSender()
        : base(true) // no execution context flows: the awaiting method has its own
    {
    }

    /// <summary>
    /// The error of the socket that a send was told: the system tells each once, and whoever receives then reads an end. A reset behind an end that came in order
    /// is told as EPIPE, and is none here: there the end is genuine. Any thread.
    /// </summary>
    public SocketError Taken => _taken;

    /// <summary>Has the receiver told when the send that is under way has ended; false: there is none, and <see cref="Taken"/> is known.</summary>
    public bool TryAwaitEnd(SocketReceiver receiver)
    {
        _awaiter = receiver;
        return Interlocked.CompareExchange(ref _state, Awaited, UnderWay) == UnderWay;
    }

    /// <summary>Sends all the bytes.</summary>
    public ValueTask<SocketError> SendAsync(Socket socket, ReadOnlyMemory<byte> bytes)
    {
        Volatile.Write(ref _state, UnderWay); // before it can be told anything
        SocketError error;
        try
        {
            SetBuffer(MemoryMarshal.AsMemory(bytes)); // a send only reads it
            if (socket.SendAsync(this))
            {
                return new ValueTask<SocketError>(this, _core.Version);
            }

            error = SocketError;
        }
        catch (ObjectDisposedException)
        {
            error = SocketError.OperationAborted;
        }

        End(error);
        return new(error);
    }

    ValueTaskSourceStatus IValueTaskSource<SocketError>.GetStatus(short token) => _core.GetStatus(token);

    void IValueTaskSource<SocketError>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _core.OnCompleted(continuation, state, token, flags);

    SocketError IValueTaskSource<SocketError>.GetResult(short token)
    {
        SocketError error = _core.GetResult(token);
        _core.Reset();
        return error;
    }

    protected override void OnCompleted(SocketAsyncEventArgs e)
    {
        SocketError error = SocketError;
        End(error);
        _core.SetResult(error);
    }

    private void End(SocketError error)
    {
        if (error is not (SocketError.Success or SocketError.Shutdown)) // that is EPIPE
        {
            _taken = error == SocketError.OperationAborted ? SocketError.Shutdown : error; // closed from this side: not what a wait that was given up says
        }

        if (Interlocked.Exchange(ref _state, Idle) == Awaited)
        {
            _awaiter!.OnSendEnded(); // set before the state
        }
    }
}

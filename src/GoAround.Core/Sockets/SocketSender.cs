using System;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Threading.Tasks;
using System.Threading.Tasks.Sources;

namespace GoAround.Core.Sockets;

/// <summary>The reusable send operation of one socket; awaited without an allocation.</summary>
internal sealed class SocketSender : SocketAsyncEventArgs, IValueTaskSource<SocketError>
{
    private ManualResetValueTaskSourceCore<SocketError> _core;

    public SocketSender()
        : base(true) // no execution context flows: the awaiting method has its own
    {
    }

    /// <summary>Sends all the bytes.</summary>
    public ValueTask<SocketError> SendAsync(Socket socket, ReadOnlyMemory<byte> bytes)
    {
        SetBuffer(MemoryMarshal.AsMemory(bytes)); // a send only reads it
        bool isPending;
        try
        {
            isPending = socket.SendAsync(this);
        }
        catch (ObjectDisposedException)
        {
            return new(SocketError.Shutdown);
        }

        return isPending ? new ValueTask<SocketError>(this, _core.Version) : new(SocketError);
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

    protected override void OnCompleted(SocketAsyncEventArgs e) => _core.SetResult(SocketError);
}

using System.IO.Pipelines;
using System.Net;
using System.Threading;
using System.Threading.Channels;
using System.Threading.Tasks;
using Microsoft.AspNetCore.Connections;

namespace GoAround.Core.Tests.Proof;

/// <summary>Connections to Kestrel in memory: the client's bytes are all there, and then their end, so that no wait decides anything.</summary>
internal sealed class MemoryListener : IConnectionListenerFactory, IConnectionListener
{
    private static readonly PipeOptions Unbounded = new(pauseWriterThreshold: 0, useSynchronizationContext: false);

    private readonly Channel<ConnectionContext> _connections = Channel.CreateUnbounded<ConnectionContext>();

    public EndPoint EndPoint { get; private set; } = new IPEndPoint(IPAddress.Loopback, 0);

    /// <summary>Sends these bytes over a connection of their own, and waits until Kestrel is done with it.</summary>
    public async Task SendAsync(byte[] bytes)
    {
        Pipe toServer = new(Unbounded);
        Pipe toClient = new(Unbounded);
        await toServer.Writer.WriteAsync(bytes);
        MemoryConnection connection = new(new Duplex(new EndingReader(toServer), toClient.Writer));
        await _connections.Writer.WriteAsync(connection);
        await connection.Ended.WaitAsync(Wire.WireEnd.Patience);
    }

    public ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default)
    {
        EndPoint = endpoint;
        return new(this);
    }

    public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default) =>
        await _connections.Reader.WaitToReadAsync(cancellationToken) && _connections.Reader.TryRead(out ConnectionContext? connection) ? connection : null;

    public ValueTask UnbindAsync(CancellationToken cancellationToken = default)
    {
        _connections.Writer.TryComplete();
        return default;
    }

    public ValueTask DisposeAsync() => default;

    private sealed class MemoryConnection : DefaultConnectionContext
    {
        private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public MemoryConnection(IDuplexPipe transport)
            : base("memory", transport, transport)
        {
        }

        public Task Ended => _ended.Task;

        // There is no peer to be told; the base would do it on another thread, after the disposal.
        public override void Abort(ConnectionAbortedException abortReason)
        {
        }

        public override ValueTask DisposeAsync()
        {
            _ended.TrySetResult();
            return base.DisposeAsync();
        }
    }

    private sealed class Duplex(PipeReader input, PipeWriter output) : IDuplexPipe
    {
        public PipeReader Input => input;

        public PipeWriter Output => output;
    }
}

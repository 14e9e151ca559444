using System.Net;
using System.Threading;
using System.Threading.Channels;
using System.Threading.Tasks;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Features;

namespace GoAround.AspNetCore.Tests.Http3;

/// <summary>Stands in for QUIC: one port of connections in memory, whose streams are pipes. Kestrel speaks HTTP/3 over it as over any other transport.</summary>
internal sealed class MemoryMultiplexer : IMultiplexedConnectionListenerFactory
{
    private static readonly IPEndPoint Port = new(IPAddress.Loopback, 443);

    private readonly Channel<MultiplexedConnectionContext> _arriving = Channel.CreateUnbounded<MultiplexedConnectionContext>();

    /// <summary>Connects a client.</summary>
    public Http3Client Connect()
    {
        MemoryConnection connection = new(Port);
        _arriving.Writer.TryWrite(connection);
        return new Http3Client(connection);
    }

    public ValueTask<IMultiplexedConnectionListener> BindAsync(EndPoint endpoint, IFeatureCollection? features = null, CancellationToken cancellationToken = default) => new(new Listener(_arriving));

    private sealed class Listener(Channel<MultiplexedConnectionContext> arriving) : IMultiplexedConnectionListener
    {
        public EndPoint EndPoint => Port;

        public async ValueTask<MultiplexedConnectionContext?> AcceptAsync(IFeatureCollection? features = null, CancellationToken cancellationToken = default) =>
            await arriving.Reader.WaitToReadAsync(cancellationToken) && arriving.Reader.TryRead(out MultiplexedConnectionContext? connection) ? connection : null;

        public ValueTask UnbindAsync(CancellationToken cancellationToken = default)
        {
            arriving.Writer.TryComplete();
            return ValueTask.CompletedTask;
        }

        public ValueTask DisposeAsync() => UnbindAsync();
    }
}

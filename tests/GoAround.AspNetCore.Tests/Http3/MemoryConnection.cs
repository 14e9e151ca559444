using System.Collections.Generic;
using System.Net;
using System.Runtime.ExceptionServices;
using System.Security.Cryptography.X509Certificates;
using System.Threading;
using System.Threading.Channels;
using System.Threading.Tasks;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;

namespace GoAround.AspNetCore.Tests.Http3;

/// <summary>A connection of many streams in memory: the server's side, and what its client opens and closes.</summary>
internal sealed class MemoryConnection : MultiplexedConnectionContext, IProtocolErrorCodeFeature, ITlsConnectionFeature
{
    // RFC 9000 §2.1: the lowest bit of a stream's id says who opened it, the next whether it has one direction only.
    private const long ClientsTwoWay = 0;
    private const long ClientsOneWay = 2;
    private const long ServersOneWay = 3;

    private readonly Channel<ConnectionContext> _opened = Channel.CreateUnbounded<ConnectionContext>();
    private readonly Channel<MemoryStreamContext> _openedByServer = Channel.CreateUnbounded<MemoryStreamContext>();
    private int _count;

    public MemoryConnection(EndPoint local)
    {
        LocalEndPoint = local;
        RemoteEndPoint = new IPEndPoint(IPAddress.Loopback, 50_000);
        Features.Set<IProtocolErrorCodeFeature>(this);
        Features.Set<ITlsConnectionFeature>(this);
    }

    public override string ConnectionId { get; set; } = "in memory";

    public override IFeatureCollection Features { get; } = new FeatureCollection();

    public override IDictionary<object, object?> Items { get; set; } = new Dictionary<object, object?>();

    public long Error { get; set; } = -1;

    public X509Certificate2? ClientCertificate { get; set; }

    /// <summary>Opens a stream of the client's, of both directions or of its own only.</summary>
    public MemoryStreamContext Open(bool isTwoWay)
    {
        MemoryStreamContext stream = new(this, (4 * Interlocked.Increment(ref _count)) + (isTwoWay ? ClientsTwoWay : ClientsOneWay), true, isTwoWay);
        _opened.Writer.TryWrite(stream);
        return stream;
    }

    /// <summary>The next stream that the server has opened.</summary>
    public ValueTask<MemoryStreamContext> OpenedByServerAsync() => _openedByServer.Reader.ReadAsync();

    /// <summary>The client is gone, and has said so by this code.</summary>
    public void Leave(long code)
    {
        Error = code;
        _opened.Writer.TryComplete(new ConnectionResetException("the client closed its connection"));
    }

    public override async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
    {
        try
        {
            return await _opened.Reader.ReadAsync(cancellationToken);
        }
        catch (ChannelClosedException closed) when (closed.InnerException is { } reason)
        {
            ExceptionDispatchInfo.Throw(reason);
            throw;
        }
        catch (System.OperationCanceledException)
        {
            return null; // as the contract has it
        }
    }

    public override ValueTask<ConnectionContext> ConnectAsync(IFeatureCollection? features = null, CancellationToken cancellationToken = default)
    {
        MemoryStreamContext stream = new(this, (4 * Interlocked.Increment(ref _count)) + ServersOneWay, false, true);
        _openedByServer.Writer.TryWrite(stream);
        return new(stream);
    }

    public override void Abort() => Abort(new ConnectionAbortedException());

    public override void Abort(ConnectionAbortedException abortReason) => _opened.Writer.TryComplete(abortReason);

    public Task<X509Certificate2?> GetClientCertificateAsync(CancellationToken cancellationToken) => Task.FromResult(ClientCertificate);
}

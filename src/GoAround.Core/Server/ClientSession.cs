using System;
using System.IO;
using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Security.Authentication;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using GoAround.Core.Async;
using GoAround.Core.Http;
using GoAround.Core.Sockets;

namespace GoAround.Core.Server;

/// <summary>
/// One client connection from accept to close: reads a head, asks the handler, writes the response, and so on. While a
/// request is under way a receive stands posted, so that a client that leaves is noticed at once.
/// </summary>
internal sealed class ClientSession : IDisposable
{
    private const int ReceiveBufferBytes = 4 * 1024;

    /// <summary>A client may close its half and still wait for the answer (as <c>nc -N</c> does): so long it is given.</summary>
    private static readonly TimeSpan HalfCloseGrace = TimeSpan.FromMilliseconds(500);

    /// <summary>How long a closing connection still reads, so that the last response is not lost to a reset (nginx <c>lingering_timeout</c>).</summary>
    private static readonly TimeSpan LingerTimeout = TimeSpan.FromSeconds(5);

    private const long LingerLimitBytes = 1024 * 1024;

    private readonly ServerContext _server;
    private readonly Socket _socket;
    private readonly byte[] _clientAddress;
    private readonly ClientRequest _request;
    private readonly RequestHead _head;
    private readonly Deadline _receiveDeadline;
    private readonly CancellationTokenSource _left = new();
    private Transport? _transport;
    private Inbox? _inbox;
    private ResponseWriter? _writer;
    private ClientBody? _body;
    private ClientTunnel? _tunnel;
    private volatile bool _isWaitingForRequest;
    private volatile bool _isHalfClosed;
    private Exchange _exchange;

    public ClientSession(ServerContext server, Socket socket)
    {
        _server = server;
        _socket = socket;
        _request = new ClientRequest(this);
        _head = new RequestHead(_request.Fields);
        _receiveDeadline = new Deadline(server.Clock, static session => ((ClientSession)session).OnReceiveDeadline(), this);
        _request.RemoteEndPoint = EndPointOf(socket);
        _clientAddress = Encoding.ASCII.GetBytes(_request.RemoteEndPoint?.Address.ToString() ?? "unknown");
        _request.Scheme = server.Tls is null ? "http" : "https";
    }

    private Inbox Inbox => _inbox!; // set before the first request

    private ResponseWriter Writer => _writer!; // likewise

    /// <summary>Serves the connection to its end. Never throws.</summary>
    public async Task RunAsync()
    {
        try
        {
            if (!await OpenAsync().ConfigureAwait(false))
            {
                return;
            }

            while (await ServeAsync().ConfigureAwait(false))
            {
            }
        }
#pragma warning disable CA1031 // the one place where a bug ends: it must not take the process with it
        catch (Exception error)
#pragma warning restore CA1031
        {
            ServerLog.RequestFailed(_server.Log, error, _request.RemoteEndPoint);
            Abort();
        }
        finally
        {
            Close();
        }
    }

    /// <summary>Closes the connection where it only waits for a request; else it closes after its response.</summary>
    public void CloseWhenIdle()
    {
        if (_isWaitingForRequest)
        {
            _inbox?.GiveUp();
        }
    }

    /// <summary>Cuts the connection, whatever it does.</summary>
    public void Abort()
    {
        OnClientLeft();
        if (_transport is null)
        {
            _socket.Abort();
        }
        else
        {
            _transport.Abort();
        }

        _inbox?.GiveUp();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _receiveDeadline.Dispose();
        _writer?.Dispose();
        _left.Dispose();
        _transport?.Dispose();
        _socket.Dispose();
        _inbox?.Dispose();
    }

    /// <summary>Passes an interim response on.</summary>
    internal ValueTask SendInterimAsync(int statusCode, FieldList fields) => Writer.SendInterimAsync(statusCode, fields);

    /// <summary>From here on the client's bytes are not HTTP.</summary>
    internal MessageBody OpenTunnel() => _tunnel = new ClientTunnel(Inbox);

    /// <summary>Starts to look out for the client's leaving, or its next request.</summary>
    internal void Watch() => Inbox.Post();

    /// <summary>Waits for more of a request's body, within its deadline.</summary>
    [AsyncMethodBuilder(typeof(PooledMethodBuilder<>))]
    internal async ValueTask<Transfer> FillBodyAsync(int wantedBytes)
    {
        _receiveDeadline.Set(_server.Options.BodyTimeout);
        Transfer transfer = await Inbox.FillAsync(wantedBytes).ConfigureAwait(false);
        _receiveDeadline.Clear();
        return transfer;
    }

    /// <summary>What to throw when a receive brought no more of the body.</summary>
    internal Exception FailBody(Transfer transfer, CancellationToken cancellationToken)
    {
        if (_receiveDeadline.HasPassed)
        {
            return new ClientException(408, "the body did not come in time");
        }

        if (cancellationToken.IsCancellationRequested)
        {
            return new OperationCanceledException(cancellationToken);
        }

        OnClientLeft();
        return new OperationCanceledException($"the client left in the middle of its body ({transfer.Error})", _left.Token);
    }

    /// <summary>The client is gone, or cannot be answered any more: whatever is done for it stops.</summary>
    internal void OnClientLeft()
    {
        try
        {
            _left.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // The session has ended meanwhile.
        }
    }

    private static IPEndPoint? EndPointOf(Socket socket)
    {
        try
        {
            IPEndPoint? point = socket.RemoteEndPoint as IPEndPoint;
            return point is { Address.IsIPv4MappedToIPv6: true } ? new IPEndPoint(point.Address.MapToIPv4(), point.Port) : point;
        }
        catch (SocketException)
        {
            return null; // it left before it was looked at
        }
    }

    private async ValueTask<bool> OpenAsync()
    {
        if (_server.Tls is null)
        {
            _transport = Transport.Over(_socket);
        }
        else
        {
            _transport = await HandshakeAsync().ConfigureAwait(false);
            if (_transport is null)
            {
                return false;
            }
        }

        _inbox = new Inbox(_transport, ReceiveBufferBytes, static (session, transfer) => ((ClientSession)session).OnUnawaited(transfer), this);
        _writer = new ResponseWriter(this, _transport, _server);
        return true;
    }

    private async ValueTask<Transport?> HandshakeAsync()
    {
        using CancellationTokenSource timeout = new(_server.Options.TlsTimeout, _server.Time);
        try
        {
            Transport transport = await TlsTransport.AcceptAsync(_socket, _server.Tls!, timeout.Token).ConfigureAwait(false); // only called with TLS
            _server.Events.TlsHandshakeEnded(succeeded: true);
            return transport;
        }
        catch (Exception error) when (error is AuthenticationException or IOException or OperationCanceledException or ObjectDisposedException)
        {
            ServerLog.TlsFailed(_server.Log, _request.RemoteEndPoint, error.InnerException?.Message ?? error.Message);
            _server.Events.TlsHandshakeEnded(succeeded: false);
            return null;
        }
    }

    /// <summary>Serves one request; true: the connection stays.</summary>
    [AsyncMethodBuilder(typeof(PooledMethodBuilder<>))]
    private async ValueTask<bool> ServeAsync()
    {
        _exchange = default;
        _head.Reset();
        ParseStatus status = TryReadHead();
        while (status == ParseStatus.NeedMore)
        {
            Transfer transfer = await WaitForHeadAsync().ConfigureAwait(false);
            if (!transfer.HasBytes)
            {
                return _exchange.Parser.HasStarted && _receiveDeadline.HasPassed && await RefuseAsync(408, "the request did not come in time").ConfigureAwait(false);
            }

            status = TryReadHead();
        }

        _receiveDeadline.Clear();
        if (status == ParseStatus.Rejected)
        {
            Rejection rejection = _exchange.Parser.Rejection;
            return await RefuseAsync(Rejections.StatusCode(rejection), Rejections.Describe(rejection)).ConfigureAwait(false);
        }

        _exchange.Started = _server.Time.GetTimestamp();
        _server.Events.RequestStarted();
        bool keepAlive = false;
        try
        {
            keepAlive = await AnswerAsync().ConfigureAwait(false);
        }
        finally
        {
            _server.Events.RequestEnded(_request, Writer.StatusCode, _server.Time.GetElapsedTime(_exchange.Started));
        }

        if (keepAlive)
        {
            Reset();
            return true;
        }

        if (Writer.IsWhole)
        {
            await LingerAsync().ConfigureAwait(false);
        }

        return false;
    }

    private ParseStatus TryReadHead() =>
        Inbox.IsEmpty ? ParseStatus.NeedMore : _exchange.Parser.Parse(Inbox.UnreadSpan, _head, _server.Limits);

    private ValueTask<Transfer> WaitForHeadAsync()
    {
        if (!_exchange.Parser.HasStarted)
        {
            _receiveDeadline.Set(_server.Options.IdleTimeout);
            _isWaitingForRequest = true;
        }
        else if (!_exchange.HasHeadDeadline)
        {
            _isWaitingForRequest = false;
            _exchange.HasHeadDeadline = true;
            _receiveDeadline.Set(_server.Options.HeadTimeout);
        }

        return Inbox.FillAsync();
    }

    private void PrepareRequest()
    {
        _isWaitingForRequest = false;
        _head.Bind(Inbox.Hold(_head.Length));
        _request.Method = _head.Method;
        _request.Target = _head.Target;
        _request.Authority = _head.Authority;
        _request.Version = _head.Version;
        _request.UpgradeProtocol = _head.UpgradeProtocol;
        _request.ExpectsContinue = _head.ExpectsContinue;
        _request.AcceptsTrailers = _head.AcceptsTrailers;
        ForwardedFields.Apply(_request, _clientAddress, _server.Tls is not null);
        if (_head.Framing == BodyFraming.Chunked || _head.ContentLength > 0)
        {
            _body ??= new ClientBody(this, Inbox, _server.Options);
            _body.Begin(_head.Framing, _head.ContentLength, _head.Method.IsIdempotent);
            _request.Body = _body;
        }
        else
        {
            _request.Body = MessageBody.Empty;
            Watch();
        }
    }

    /// <summary>Nothing of this request is left for the next one.</summary>
    private void Reset()
    {
        _body?.End();
        _request.Body = MessageBody.Empty;
        Inbox.Release();
    }

    [AsyncMethodBuilder(typeof(PooledMethodBuilder<>))]
    private async ValueTask<bool> AnswerAsync()
    {
        PrepareRequest();
        Writer.Begin(_head.Method.IsHead, _head.Version, _head.KeepAlive);
        ProxyResponse? response = null;
        try
        {
            response = _head.ContentLength > (_server.Options.MaxBodyBytes ?? long.MaxValue)
                ? ProxyResponse.FromText(413, "the body is too large\n")
                : await _server.Handler.HandleAsync(_request, _left.Token).ConfigureAwait(false);
            bool keepAlive = await Writer.SendAsync(response, _request.Body == MessageBody.Empty ? null : _body, _left.Token).ConfigureAwait(false);
            if (response.StatusCode == 101 && _tunnel is not null && Writer.IsWhole)
            {
                await Writer.CloseHalfAsync().ConfigureAwait(false);
                _receiveDeadline.Set(_server.Options.BodyTimeout);
                await _tunnel.Ended.ConfigureAwait(false);
            }

            return keepAlive;
        }
        catch (ClientException fault)
        {
            ServerLog.Refused(_server.Log, _request.RemoteEndPoint, fault.StatusCode, fault.Message);
            return await InsteadAsync(fault.StatusCode, fault.Message).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (_left.IsCancellationRequested)
        {
            Writer.Cut(ResponseWriter.ClientClosedRequest);
            return false;
        }
        catch (BackendException failure)
        {
            ServerLog.ResponseCut(_server.Log, _request.RemoteEndPoint, failure.Message);
            return await InsteadAsync(502, "the backend's answer broke off").ConfigureAwait(false);
        }
#pragma warning disable CA1031 // a bug, of this process or of a handler: it is logged, and answered where that is still possible
        catch (Exception error)
#pragma warning restore CA1031
        {
            ServerLog.RequestFailed(_server.Log, error, _request.RemoteEndPoint);
            return await InsteadAsync(500, "this balancer failed").ConfigureAwait(false);
        }
        finally
        {
            if (response is not null)
            {
                await response.DisposeAsync().ConfigureAwait(false);
            }
        }
    }

    /// <summary>Answers an error where nothing was sent yet, else cuts the connection: half an answer must not look whole. Always closes.</summary>
    private async ValueTask<bool> InsteadAsync(int statusCode, string why)
    {
        if (Writer.HasBegun)
        {
            Writer.Cut(statusCode);
            return false;
        }

        Writer.Begin(_head.Method.IsHead, _head.Version, keepAlive: false);
        return await SendTextAsync(statusCode, why).ConfigureAwait(false);
    }

    /// <summary>Answers a request that was not understood, and closes.</summary>
    private async ValueTask<bool> RefuseAsync(int statusCode, string why)
    {
        _isWaitingForRequest = false;
        ServerLog.Refused(_server.Log, _request.RemoteEndPoint, statusCode, why);
        _exchange.Started = _server.Time.GetTimestamp();
        _server.Events.RequestStarted();
        Writer.Begin(isHead: false, ProtocolVersion.Http11, keepAlive: false);
        await SendTextAsync(statusCode, why).ConfigureAwait(false);
        _server.Events.RequestEnded(_request, statusCode, _server.Time.GetElapsedTime(_exchange.Started));
        if (Writer.IsWhole)
        {
            await LingerAsync().ConfigureAwait(false);
        }

        return false;
    }

    private async ValueTask<bool> SendTextAsync(int statusCode, string text)
    {
        ProxyResponse response = ProxyResponse.FromText(statusCode, text + "\n");
        await using (response.ConfigureAwait(false))
        {
            return await Writer.SendAsync(response, null, CancellationToken.None).ConfigureAwait(false);
        }
    }

    /// <summary>Closes by the book (RFC 9112 §9.6): the sending half first, then reads what still comes, for a while.</summary>
    private async ValueTask LingerAsync()
    {
        await Writer.CloseHalfAsync().ConfigureAwait(false);
        if (_isHalfClosed || _receiveDeadline.HasPassed)
        {
            return;
        }

        Inbox.Resume();
        _receiveDeadline.Set(LingerTimeout);
        long discarded = 0;
        while (discarded < LingerLimitBytes && !_left.IsCancellationRequested)
        {
            Inbox.Take(Inbox.UnreadSpan.Length);
            Transfer transfer = await Inbox.FillAsync().ConfigureAwait(false);
            if (!transfer.HasBytes)
            {
                return;
            }

            discarded += transfer.Count;
        }
    }

    /// <summary>Something arrived while a request is under way: its client's next request, or its leaving.</summary>
    private void OnUnawaited(Transfer transfer)
    {
        if (transfer.IsEnd)
        {
            _isHalfClosed = true;
            _receiveDeadline.Set(HalfCloseGrace);
        }
        else if (!transfer.HasBytes)
        {
            OnClientLeft();
        }
    }

    private void OnReceiveDeadline()
    {
        if (_isHalfClosed)
        {
            OnClientLeft();
        }

        _inbox?.GiveUp();
    }

    private void Close()
    {
        _body?.End();
        Dispose();
    }

    /// <summary>Everything that belongs to one request only.</summary>
    private struct Exchange
    {
        public RequestHeadParser Parser;
        public bool HasHeadDeadline;
        public long Started;
    }
}

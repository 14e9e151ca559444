using System;
using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Threading;
using System.Threading.Tasks;
using GoAround.Core.Async;
using GoAround.Core.Http;
using GoAround.Core.Sockets;

namespace GoAround.Core.Server;

/// <summary>
/// One client connection from accept to close: reads a head, asks the handler, writes the response, and so on.
/// </summary>
internal sealed class ClientSession : IDisposable
{
    private const int MostAtOnce = 64; // requests: a millisecond or two, then the others of the poll thread have their turn

    private readonly ServerContext _server;
    private readonly Socket _socket;
    private readonly IPEndPoint? _client;
    private readonly ForwardedFields _forwarded;
    private readonly ClientRequest _request;
    private readonly RequestHead _head;
    private Transport? _transport;
    private ClientInflow? _inflow;
    private ResponseWriter? _writer;
    private ClientBody? _body;
    private volatile bool _isWaitingForRequest;
    private int _requests;
    private Exchange _exchange;

    public ClientSession(ServerContext server, Socket socket, IPEndPoint? client)
    {
        _server = server;
        _socket = socket;
        _request = new ClientRequest(this, server.Tls is not null, client);
        _head = new RequestHead(_request.Fields);
        _client = client;
        _forwarded = new ForwardedFields(server.Options, server.TrustedProxies, client?.Address);
    }

    /// <summary>Where the client is, or null where it left before it was looked at.</summary>
    public IPEndPoint? Client => _client;

    private ClientInflow Inflow => _inflow!; // set before the first request

    private ResponseWriter Writer => _writer!; // likewise

    private Inbox Inbox => Inflow.Inbox;

    private Transport Transport => _transport!; // likewise

    /// <summary>Serves the connection to its end. Never throws.</summary>
    public async Task RunAsync()
    {
        try
        {
            if (!await OpenAsync().ConfigureAwait(false))
            {
                return;
            }

            int atOnce = 0;
            bool isOpen = true;
            while (isOpen)
            {
                // No method of its own: this one waits as long as the connection lives, and a client that is idle costs no other.
                BeginHead();
                ParseStatus status;
                while ((status = TryReadHead()) == ParseStatus.NeedMore)
                {
                    ValueTask<Transfer> waiting = WaitForHeadAsync();
                    atOnce = waiting.IsCompleted ? atOnce : 0;
                    Transfer transfer = await waiting.ConfigureAwait(false);
                    if (!transfer.HasBytes && !IsOnlyNudged(transfer))
                    {
                        await EndAsync(transfer).ConfigureAwait(false);
                        return;
                    }
                }

                ValueTask<bool> responding = RespondAsync(status);
                atOnce = responding.IsCompleted ? atOnce + 1 : 0;
                isOpen = await responding.ConfigureAwait(false);
                if (atOnce == MostAtOnce)
                {
                    atOnce = 0;
                    await default(PollerTurn); // one client that pipelines must not keep a poll thread for itself
                }
            }
        }
#pragma warning disable CA1031 // the one place where a bug ends: it must not take the process with it
        catch (Exception error)
#pragma warning restore CA1031
        {
            ServerLog.RequestFailed(_server.Log, error, _client);
            Abort();
        }
        finally
        {
            Close();
        }
    }

    /// <summary>Closes the connection where it only waits for a request, or for a handshake; else it closes after its response.</summary>
    public void CloseWhenIdle()
    {
        if (_isWaitingForRequest)
        {
            _inflow?.Inbox.Nudge();
        }
        else if (_server.Tls is not null && _transport is null)
        {
            _socket.TryShutdown(); // its handshake fails, and closes it
        }
    }

    /// <summary>Cuts the connection, whatever it does.</summary>
    public void Abort()
    {
        if (_transport is null)
        {
            _socket.TryShutdown();
        }
        else
        {
            _transport.Abort(); // first of all: half an answer must not end in order
        }

        _inflow?.Stop();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _writer?.Dispose();
        _inflow?.EndRequest(); // nothing more is sent for it
        _transport?.Dispose();
        _socket.Dispose();
        _inflow?.Dispose();
    }

    /// <summary>Passes an interim response on.</summary>
    internal ValueTask SendInterimAsync(int statusCode, FieldList fields) => Writer.SendInterimAsync(statusCode, fields);

    /// <summary>A backend says when the client may send its body.</summary>
    internal void HoldBack() => Inflow.HoldBack();

    /// <summary>From here on the client's bytes are not HTTP.</summary>
    internal MessageBody OpenTunnel() => Inflow.OpenTunnel();

    private async ValueTask<bool> OpenAsync()
    {
        _transport = await ClientOpening.OpenAsync(_server, _socket, _client).ConfigureAwait(false);
        if (_transport is null)
        {
            return false;
        }

        _inflow = new ClientInflow(_server, _transport, _client);
        _writer = new ResponseWriter(this, _inflow, _transport, _server);
        return true;
    }

    private void BeginHead()
    {
        _exchange = default;
        _head.Reset();
    }

    private ParseStatus TryReadHead() =>
        Inbox.IsEmpty ? ParseStatus.NeedMore : _exchange.Parser.Parse(Inbox.UnreadSpan, _head, _server.Limits);

    private ValueTask<Transfer> WaitForHeadAsync()
    {
        _isWaitingForRequest = !_exchange.Parser.HasStarted;
        return Inflow.FillHeadAsync(_exchange.Parser.HasStarted);
    }

    /// <summary>The wait was ended to close an idle connection, and this is none.</summary>
    private bool IsOnlyNudged(Transfer transfer) =>
        transfer == Transfer.GivenUp && !Inflow.MustStop && (_exchange.Parser.HasStarted || Inflow.HasMore());

    /// <summary>Answers a head that is there; true: the connection stays.</summary>
    private ValueTask<bool> RespondAsync(ParseStatus status)
    {
        Inflow.EndHead();
        if (status == ParseStatus.Rejected)
        {
            Rejection rejection = _exchange.Parser.Rejection;
            return RefuseAsync(Rejections.StatusCode(rejection), Rejections.Describe(rejection));
        }

        // A request for https that did not come over TLS must be rejected, unless from a trusted gateway   RFC 9110 §7.4
        return _head.TargetsHttps && _server.Tls is null && !_forwarded.IsTrusted
            ? RefuseAsync(421, "A request for https needs TLS.")
            : AnswerAsync();
    }

    /// <summary>No more requests come, or not in time.</summary>
    private async ValueTask EndAsync(Transfer transfer)
    {
        if (_exchange.Parser.HasStarted && Inflow.HasTimedOut)
        {
            await RefuseAsync(408, "The request did not come in time.").ConfigureAwait(false);
        }
        else if (transfer.IsEnd || transfer == Transfer.GivenUp)
        {
            _isWaitingForRequest = false;
            await ClientClosing.WithoutRequestAsync(_server, Writer, Inflow, Transport).ConfigureAwait(false);
        }
    }

    /// <summary>Fills the request; returns the answer to one that no handler gets to see, else null.</summary>
    private ProxyResponse? PrepareRequest()
    {
        _isWaitingForRequest = false;
        ReadOnlyMemory<byte> wire = Inbox.Hold(_head.Length);
        _head.Bind(wire);
        _request.Accept(_head);
        if (_head.HasBody)
        {
            _body ??= new ClientBody(Inflow, _server.Options);
            _body.Begin(_head.Framing, _head.ContentLength, !_head.DropsTrailers, _head.Method.IsIdempotent, _head.ExpectsContinue && Inbox.IsEmpty);
            _request.Body = _body;
        }
        else
        {
            _request.Body = MessageBody.Empty;
        }

        Inflow.BeginRequest(_head.HasBody);
        return RequestGate.Pass(_server.Options, _server.Identity, _forwarded, _request, _head.ContentLength, wire.Span);
    }

    /// <summary>Nothing of this request is left for the next one.</summary>
    private void Reset()
    {
        _body?.End();
        _request.Body = MessageBody.Empty;
        Inbox.Release();
    }

    /// <summary>Answers a request; true: the connection stays.</summary>
    [AsyncMethodBuilder(typeof(PooledMethodBuilder<>))]
    private async ValueTask<bool> AnswerAsync()
    {
        _exchange.Tally.Begin(_server.Events, _server.Time);
        bool keepAlive = false;
        try
        {
            ProxyResponse? own = PrepareRequest();
            bool isLast = ++_requests == _server.Options.MaxRequestsPerConnection;
            bool isTooLarge = own?.StatusCode == 413; // it ends the connection also where all of the body has come
            Writer.Begin(_head.Method.IsHead, _head.Version, _head.KeepAlive && !isLast && !isTooLarge);
            ProxyResponse? response = null;
            try
            {
                response = own ?? await _server.Handler.HandleAsync(_request, Inflow.Left).ConfigureAwait(false);
                _exchange.Tally.Error = response.Error;
                keepAlive = await Writer.SendAsync(response, _head.HasBody ? _body : null, Inflow.Left).ConfigureAwait(false);
                if (response.StatusCode == 101 && Writer.IsWhole)
                {
                    await Writer.CloseHalfAsync().ConfigureAwait(false);
                    Inflow.LimitTunnel(); // the disposal of the response waits for the client's half
                }
            }
            catch (ClientException fault)
            {
                ServerLog.Refused(_server.Log, _client, fault.StatusCode, fault.Message);
                keepAlive = await InsteadAsync(fault.StatusCode, ProxyError.HttpRequestError, fault.Message).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (Inflow.Left.IsCancellationRequested)
            {
                _exchange.Tally.Error = ProxyError.ClientLeft;
                Writer.Cut(RequestTally.ClientClosedRequest);
                keepAlive = false;
            }
            catch (BackendException pause) when (pause.Kind == BackendFailureKind.TimedOut && response?.StatusCode == 101)
            {
                Writer.Cut(101); // -tunnel-timeout: a silent tunnel is nobody's fault
                keepAlive = false;
            }
            catch (BackendException failure)
            {
                ServerLog.ResponseCut(_server.Log, _client, failure.Message);
                if (response?.Backend is { } backend)
                {
                    _server.Events.ResponseBroken(backend, failure);
                }

                string why = failure.Kind == BackendFailureKind.Malformed ? "The backend's answer is malformed." : "The backend's answer broke off.";
                keepAlive = await InsteadAsync(502, failure.Error, why).ConfigureAwait(false);
            }
#pragma warning disable CA1031 // a bug, of this process or of a handler: it is logged, and answered where that is still possible
            catch (Exception error)
#pragma warning restore CA1031
            {
                ServerLog.RequestFailed(_server.Log, error, _client);
                keepAlive = await InsteadAsync(500, ProxyError.ProxyInternalError, "This balancer failed.").ConfigureAwait(false);
            }
            finally
            {
                if (response is not null)
                {
                    await response.DisposeAsync().ConfigureAwait(false);
                }
            }
        }
        finally
        {
            _exchange.Tally.End(_server.Events, _server.Time, _request, Writer.StatusCode, Writer.IsWhole);
        }

        if (keepAlive)
        {
            Reset();
            return true;
        }

        if (!Writer.IsWhole || !ClientClosing.MayBeAtOnce(_server, _head, Inbox, Transport))
        {
            await CloseByTheBookAsync().ConfigureAwait(false);
        }

        return false;
    }

    /// <summary>Answers an error where nothing was sent yet, else cuts the connection: half an answer must not look whole. Always closes.</summary>
    private async ValueTask<bool> InsteadAsync(int statusCode, ProxyError error, string why)
    {
        _exchange.Tally.Error = error;
        if (Writer.HasBegun)
        {
            Writer.Cut(statusCode);
            return false;
        }

        Writer.Begin(_head.Method.IsHead, _head.Version, keepAlive: false);
        return await SendTextAsync(OwnAnswer.Make(statusCode, error, why)).ConfigureAwait(false);
    }

    /// <summary>Answers a request that was not understood, and closes.</summary>
    private async ValueTask<bool> RefuseAsync(int statusCode, string why)
    {
        _isWaitingForRequest = false;
        ServerLog.Refused(_server.Log, _client, statusCode, why);
        _request.Forget();
        _exchange.Tally.Begin(_server.Events, _server.Time);
        _exchange.Tally.Error = ProxyError.HttpRequestError;
        Writer.Begin(OwnAnswer.IsToHead(Inbox.UnreadSpan), ProtocolVersion.Http11, keepAlive: false);
        try
        {
            await SendTextAsync(OwnAnswer.Make(statusCode, ProxyError.HttpRequestError, why)).ConfigureAwait(false);
        }
        finally
        {
            _exchange.Tally.End(_server.Events, _server.Time, _request, Writer.StatusCode, Writer.IsWhole);
        }

        await CloseByTheBookAsync().ConfigureAwait(false);
        return false;
    }

    private async ValueTask<bool> SendTextAsync(ProxyResponse response)
    {
        await using (response.ConfigureAwait(false))
        {
            return await Writer.SendAsync(response, null, CancellationToken.None).ConfigureAwait(false);
        }
    }

    private async ValueTask CloseByTheBookAsync()
    {
        if (!Writer.IsWhole)
        {
            Abort(); // whatever ended it, half an answer must not end in order
            return;
        }

        await ClientClosing.InStagesAsync(_server, Writer, Inflow).ConfigureAwait(false);
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
        public RequestTally Tally;
    }
}

using System;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Threading;
using System.Threading.Tasks;
using GoAround.Core.Async;
using GoAround.Core.Http;
using GoAround.Core.Sockets;

namespace GoAround.Core.Upstream;

/// <summary>One socket to a backend, and the one exchange it carries at a time. While it is idle a receive stands posted, so that it is gone at once when the backend closes it or speaks out of turn.</summary>
internal sealed partial class UpstreamSocket : IResponseLease, IDisposable
{
    private const int ReceiveBufferBytes = 16 * 1024;
    private const int MaxInterimResponses = 100;

    private readonly Backend _backend;
    private readonly Transport _transport;
    private readonly BackendSockets? _home;
    private readonly UpstreamOptions _options;
    private readonly TimeProvider _time;
    private readonly HeadLimits _limits;
    private readonly Inbox _inbox;
    private readonly AnswerDeadline _answerDeadline;
    private readonly Deadline _deadline;
    private readonly RequestUpload _upload;
#pragma warning disable CA2213 // its owner is whoever the exchange handed it to
    private readonly UpstreamResponse _response = new();
#pragma warning restore CA2213
    private readonly ResponseHead _head;
    private readonly UpstreamBody _body;
    private SocketOwner _owner;
    private bool _hasServed;
    private UpstreamExchange _exchange;

    public UpstreamSocket(Backend backend, Transport transport, BackendSockets? home, UpstreamOptions options, TimeProvider time, DeadlineClock clock)
    {
        _backend = backend;
        _transport = transport;
        _home = home;
        _options = options;
        _time = time;
        _limits = new HeadLimits(options.MaxHeadBytes, options.MaxHeadBytes, options.MaxFields);
        _inbox = new Inbox(transport, ReceiveBufferBytes, static (socket, _) => ((UpstreamSocket)socket).OnUnawaited(), this);
        _answerDeadline = new AnswerDeadline(this, options, clock);
        _deadline = new Deadline(clock, static socket => ((UpstreamSocket)socket).OnTimedOut(), this);
        _upload = new RequestUpload(this, transport, _answerDeadline, options, clock);
        _head = new ResponseHead(_response.Fields);
        _body = new UpstreamBody(this, _inbox);
    }

    /// <summary>Sends a request and reads the head of its final response. The response's disposal ends the exchange.</summary>
    /// <exception cref="BackendException">The backend failed; the socket is closed.</exception>
    /// <exception cref="ClientException">The request's body was at fault; the socket is closed.</exception>
    /// <exception cref="OperationCanceledException">The client left; the socket is closed.</exception>
    [AsyncMethodBuilder(typeof(PooledMethodBuilder<>))]
    public async ValueTask<ProxyResponse> ExchangeAsync(ProxyRequest request, CancellationToken cancellationToken)
    {
        OutboundBuffer outbound = default;
        try
        {
            Begin(request, cancellationToken);
            RequestComposer.AppendHead(ref outbound, request, _backend);
            ValueTask<ReadOnlyMemory<byte>>? rest = _upload.Collect(ref outbound, request);
            SocketError sent = outbound.TryHandOver(_transport) ? SocketError.Success : await _transport.SendAsync(outbound.Bytes).ConfigureAwait(false);
            outbound.Return(); // where it was not handed over: not held while the backend thinks
            _exchange.SendFailed = sent != SocketError.Success;
            if (!_upload.IsComplete)
            {
                if (!request.ExpectsContinue)
                {
                    _answerDeadline.OnBodyBegun();
                }

                _upload.Start(rest);
            }

            while (!TryReadHead(request))
            {
                if (_exchange.IsInterim)
                {
                    await PassInterimAsync(request).ConfigureAwait(false);
                    continue;
                }

                Transfer transfer = await _inbox.FillAsync().ConfigureAwait(false);
                if (!transfer.HasBytes)
                {
                    throw Fail(_exchange.SendFailed ? BackendFailureStage.Request : BackendFailureStage.ResponseHead, transfer, cancellationToken);
                }
            }

            bool isEarly = !_upload.IsComplete; // asked once: its last piece may be about to go out, and nobody waited for that
            if (_head.StatusCode == 101 && !isEarly)
            {
                await _upload.FinishAsync().ConfigureAwait(false); // within the body's deadlines: a tunnel has others
            }

            if (!_upload.TryAnswer())
            {
                await _upload.FinishAsync().ConfigureAwait(false); // it is just telling what went wrong
                if (_exchange.Interruption == Interruption.None)
                {
                    _exchange.Interruption = Interruption.NotTaken; // the clock is about to, the send has ended in this moment: any other failure is told within the pump, which was awaited
                }

                throw Fail(BackendFailureStage.ResponseHead, default, cancellationToken);
            }

            Answer(request, isEarly);
            return _response;
        }
        catch
        {
            await AbandonAsync().ConfigureAwait(false);
            throw;
        }
        finally
        {
            outbound.Return();
        }
    }

    /// <inheritdoc/>
    public ValueTask ReleaseAsync(ProxyResponse response)
    {
        if (_upload.HasPump)
        {
            return ReleaseSlowlyAsync();
        }

        ParkOrClose();
        return default;
    }

    /// <summary>Closes the socket; for whoever has it in use.</summary>
    public void Dispose()
    {
        _owner.Close();
        _exchange.Registration.Unregister();
        _exchange = default;
        _answerDeadline.Dispose();
        _deadline.Dispose();
        _upload.Dispose();
        _transport.Dispose();
        _inbox.Dispose();
        _home?.OnClosed();
    }

    /// <summary>A cancellation of this token ends the exchange.</summary>
    internal bool EndsWith(CancellationToken token) => token == _exchange.Token;

    /// <summary>Waits for more of a response's body, within its deadline.</summary>
    [AsyncMethodBuilder(typeof(PooledMethodBuilder<>))]
    internal async ValueTask<Transfer> FillAsync(int wantedBytes)
    {
        _deadline.Set(_exchange.IsTunnel ? _options.TunnelTimeout : _options.BodyTimeout);
        Transfer transfer = await _inbox.FillAsync(wantedBytes).ConfigureAwait(false);
        if (!_exchange.IsTunnel)
        {
            _deadline.Clear();
        }
        else if (transfer.HasBytes)
        {
            OnTunnelled(); // they may be all for long, and the client slow to take them
        }

        bool isCutShort = transfer.IsEnd && !_transport.EndIsGenuine && !_exchange.IsTunnel && _home is not null; // RFC 9112 §9.8; a probe need not be whole
        return isCutShort ? new Transfer(0, SocketError.ConnectionReset) : transfer;
    }

    /// <summary>Bytes went through the tunnel.</summary>
    internal void OnTunnelled() => _deadline.Set(_options.TunnelTimeout);

    /// <summary>The request's body cannot be read: the exchange ends, now, or when the backend has waited for the rest in vain.</summary>
    internal void OnClientFault(Exception fault, bool isAnswered)
    {
        _exchange.ClientFault = fault;
        if (!isAnswered)
        {
            Interrupt(Interruption.ClientFault);
        }
    }

    /// <summary>Wakes the exchange with an error; any thread.</summary>
    internal void Interrupt(Interruption interruption)
    {
        _exchange.Interruption = interruption;
        _transport.Abort();
        _inbox.GiveUp();
    }

    /// <summary>What to throw when a receive brought nothing: whose fault it was, and how far the exchange had come.</summary>
    internal Exception Fail(BackendFailureStage stage, Transfer transfer, CancellationToken cancellationToken)
    {
        if (ExchangeFaults.CutShort(_backend, stage, in _exchange, cancellationToken) is { } fault)
        {
            return fault;
        }

        bool wasStale = _hasServed && stage < BackendFailureStage.ResponseBody && !_exchange.HasReceived && _inbox.IsEmpty;
        if (wasStale)
        {
            _home?.CloseIdle(); // the others are likely to be just as old
        }

        return ExchangeFaults.BrokenOff(_backend, stage, transfer, wasStale, _exchange.HasReceived, _transport.Failure);
    }

    /// <summary>What to throw when the backend's bytes are no proper response.</summary>
    internal BackendException Malformed(string what, Rejection rejection = Rejection.None, BackendFailureStage stage = BackendFailureStage.ResponseHead) =>
        ExchangeFaults.Malformed(_backend, stage, what, rejection);

    private void OnTimedOut()
    {
        Interrupt(Interruption.TimedOut);
        _upload.OnTimedOut();
    }

    private void Begin(ProxyRequest request, CancellationToken cancellationToken)
    {
        _exchange = default;
        _exchange.Token = cancellationToken;
        _head.Reset();
        _answerDeadline.Begin();
        if (cancellationToken.CanBeCanceled)
        {
            _exchange.Registration = cancellationToken.UnsafeRegister(static socket => ((UpstreamSocket)socket!).Interrupt(Interruption.ClientLeft), this);
        }
    }

    /// <summary>Parses what is there: true at a final head; an interim one is marked in the exchange.</summary>
    private bool TryReadHead(ProxyRequest request)
    {
        if (_inbox.IsEmpty)
        {
            return false;
        }

        _exchange.HasReceived = true;
        switch (_exchange.Parser.Parse(_inbox.UnreadSpan, _head, request.Method.IsHead, _limits))
        {
            case ParseStatus.NeedMore:
                return false;
            case ParseStatus.Rejected:
                throw Malformed($"sent a malformed response: {Rejections.Describe(_exchange.Parser.Rejection)}", _exchange.Parser.Rejection);
        }

        _head.Bind(_inbox.Hold(_head.Length));
        if (_head.StatusCode == 101)
        {
            return UpgradeOffer.Covers(request.UpgradeProtocol.Span, _head.UpgradeProtocol.Span) ? true : throw Malformed("switched protocols unasked");
        }

        _exchange.IsInterim = _head.StatusCode < 200;
        return !_exchange.IsInterim;
    }

    [AsyncMethodBuilder(typeof(PooledMethodBuilder))]
    private async ValueTask PassInterimAsync(ProxyRequest request)
    {
        if (++_exchange.InterimResponses > MaxInterimResponses)
        {
            throw Malformed($"sent over {MaxInterimResponses} interim responses");
        }

        if (_head.StatusCode == 100 && _upload.HasPump)
        {
            _answerDeadline.OnContinue();
        }

        await request.SendInterimAsync(_head.StatusCode, _head.Fields, _exchange.Token).ConfigureAwait(false);
        _exchange.IsInterim = false;
        _exchange.Parser = default;
        _head.Reset();
        _inbox.Release();
    }

    private void Answer(ProxyRequest request, bool isEarly)
    {
        _answerDeadline.OnAnswered();
        _exchange.IsTunnel = _head.StatusCode == 101;
        BodyFraming framing = _exchange.IsTunnel ? BodyFraming.UntilClose : _head.Framing;
        _body.Begin(framing, _head.ContentLength, !_head.DropsTrailers);
        _response.Accept(_backend, _head, framing == BodyFraming.None ? MessageBody.Empty : _body);
        if (_exchange.IsTunnel && (isEarly || !_upload.IsComplete)) // RFC 9110 §7.8
        {
            throw _exchange.Interruption == Interruption.None
                ? Malformed("switched protocols before the request was sent")
                : Fail(BackendFailureStage.ResponseHead, default, _exchange.Token);
        }

        _response.AddLease(this);
        if (_exchange.IsTunnel)
        {
            _deadline.Set(_options.TunnelTimeout);
            _upload.StartTunnel(request.OpenTunnel());
        }
    }

    /// <summary>Ends an exchange that failed, wherever it stood.</summary>
    private async ValueTask AbandonAsync()
    {
        using (this) // disposed also where a callback of the body's throws
        {
            _transport.Abort();
            await _upload.EndAsync().ConfigureAwait(false);
        }
    }

    private async ValueTask ReleaseSlowlyAsync()
    {
        if (_exchange.IsTunnel && _body.HasEnded)
        {
            await _upload.FinishAsync().ConfigureAwait(false); // one half ended in order: the other may go on
        }
        else if (_upload.IsComplete)
        {
            await _upload.FinishSoonAsync().ConfigureAwait(false); // it is likely to have sent its last byte, and about to notice
        }
        else if (_upload.IsRunning)
        {
            _exchange.IsAborted = true;
            _transport.Abort(); // a request that is not wholly sent leaves a socket nobody can use
        }

        try
        {
            await _upload.EndAsync().ConfigureAwait(false);
        }
        finally
        {
            ParkOrClose(); // likewise
        }
    }
}

using System;
using System.Net;
using System.Runtime.CompilerServices;
using System.Threading;
using System.Threading.Tasks;
using GoAround.Core.Async;
using GoAround.Core.Sockets;

namespace GoAround.Core.Server;

/// <summary>
/// What comes from one client: the waits for it, each within its deadline, and the notice that the client has left. While a
/// request is under way a receive stands posted, so that the leaving is noticed at once; before its body is read, the transport tells of it,
/// or is asked now and then.
/// </summary>
internal sealed class ClientInflow : IDisposable
{
    private const int BufferBytes = 4 * 1024;
    private const int MostSpins = 1000;

    private readonly ServerContext _server;
    private readonly Transport _transport;
    private readonly ClientPresence _presence;
    private readonly Deadline _deadline;
    private readonly Lock _gate = new(); // of what begins a body's deadline, where the client waits for 100 (Continue), or a tunnel's
    private Deadline? _bodyDeadline; // one of its own: when it has passed, the client may still be looked out for, behind the head of its answer
    private BodyPace _pace;
    private long _waitStart;
    private bool _mayHoldBack;
    private bool _isHeldBack;
    private bool _isWaitingForBody;
    private HeadWait _headWait;
    private volatile bool _hasEnded;
    private bool _isTunnelLimited;
    private bool _isTunnelOver;

    public ClientInflow(ServerContext server, Transport transport, IPEndPoint? client)
    {
        _server = server;
        _transport = transport;
        _presence = new ClientPresence(server, transport, client, static inflow => ((ClientInflow)inflow).OnDeadline(), this);
        _deadline = _presence.Deadline;
        Inbox = new Inbox(
            transport,
            BufferBytes,
            static (inflow, transfer) => ((ClientInflow)inflow).OnUnawaited(transfer),
            this,
            static inflow => ((ClientInflow)inflow).OnClientLeft(),
            static inflow => ((ClientInflow)inflow)._presence.OnHalfClosed());
    }

    /// <summary>The bytes received.</summary>
    public Inbox Inbox { get; }

    /// <summary>Cancelled when the client has left.</summary>
    public CancellationToken Left => _presence.Left;

    /// <summary>A deadline passed. That ends the connection: it stays so.</summary>
    public bool HasTimedOut => _deadline.HasPassed || _bodyDeadline is { HasPassed: true };

    /// <summary>All that the client sent was received, or its bytes are not HTTP any more: there is nothing to linger for.</summary>
    public bool IsOver => _hasEnded || _presence.IsTunnel;

    /// <summary>Nothing more is waited for.</summary>
    public bool MustStop => HasTimedOut || Left.IsCancellationRequested;

    /// <summary>Waits for bytes of a request's head. Its deadline counts from the first byte, and the one before from the first wait: empty lines put neither off.</summary>
    public ValueTask<Transfer> FillHeadAsync(bool hasStarted)
    {
        _presence.EndRequest();
        HeadWait wait = hasStarted ? HeadWait.Head : HeadWait.Idle;
        if (_headWait != wait)
        {
            _headWait = wait;
            _deadline.Set(hasStarted ? _server.Options.HeadTimeout : _server.Options.IdleTimeout);
        }

        Inbox.Resume();
        return MustStop ? new(Transfer.GivenUp) : Inbox.FillAsync();
    }

    /// <summary>Bytes have come that no receive has brought yet, of TLS too: a request, most likely. A system call.</summary>
    public bool HasMore()
    {
        // Another thread may be in the call that takes them: they are neither on the wire nor here until it has ended.
        SpinWait wait = default;
        for (int i = 0; i < MostSpins && _transport.IsReceiving && !Inbox.HasArrived && !Poller.IsCurrent; i++)
        {
            wait.SpinOnce();
        }

        return Inbox.HasArrived || _transport.IsReadable || Inbox.HasArrived;
    }

    /// <summary>The head is complete: its deadline holds no longer.</summary>
    public void EndHead()
    {
        _headWait = HeadWait.None;
        _deadline.Clear();
    }

    /// <summary>A request is under way: its client's leaving is looked out for. What of its body is not read stays unread.</summary>
    public void BeginRequest(bool hasBody)
    {
        _presence.BeginRequest();
        if (hasBody)
        {
            _presence.LookOut();
        }
        else
        {
            Watch();
        }
    }

    /// <inheritdoc cref="ClientPresence.EndRequest"/>
    public void EndRequest() => _presence.EndRequest();

    /// <summary>A request has a body.</summary>
    /// <param name="mayHoldBack">The client waits for 100 (Continue) with it.</param>
    public void BeginBody(bool mayHoldBack)
    {
        _pace = default;
        _pace.AddBytes(Inbox.UnreadSpan.Length);
        _mayHoldBack = mayHoldBack;
        _isHeldBack = false;
    }

    /// <summary>A backend is asked whether the client may send its body: its deadlines hold from that one's word on, or from the body's first byte.</summary>
    public void HoldBack()
    {
        lock (_gate)
        {
            _isHeldBack = _mayHoldBack && !_isWaitingForBody;
        }
    }

    /// <summary>Somebody reads the body: that its client has closed its half says nothing until the body's end.</summary>
    public void BeginReading() => _presence.BeginReading();

    /// <summary>Nobody reads the body for now.</summary>
    public void EndReading()
    {
        _presence.EndReading();
        _presence.LookOut();
    }

    /// <inheritdoc cref="ClientPresence.EndUpload"/>
    public void EndUpload() => _presence.EndUpload();

    /// <summary>The client was told to send its body.</summary>
    public void EndHoldBack()
    {
        lock (_gate)
        {
            _mayHoldBack = false;
            if (_isHeldBack)
            {
                _isHeldBack = false;
                if (_isWaitingForBody)
                {
                    StartBodyWait();
                }
            }
        }
    }

    /// <summary>Waits for more of a request's body, within its deadlines: the longest pause, and the least rate.</summary>
    [AsyncMethodBuilder(typeof(PooledMethodBuilder<>))]
    public async ValueTask<Transfer> FillBodyAsync(int wantedBytes, CancellationToken cancellationToken)
    {
        Transfer transfer;
        lock (_gate)
        {
            _isWaitingForBody = true;
            if (!_isHeldBack)
            {
                StartBodyWait();
            }
        }

        do
        {
            transfer = HasTimedOut ? Transfer.GivenUp : await Inbox.FillAsync(wantedBytes).ConfigureAwait(false);
        }
        while (transfer == Transfer.GivenUp && !MustStop && !cancellationToken.IsCancellationRequested); // else it was only nudged

        lock (_gate)
        {
            _isWaitingForBody = false;
            if (!_isHeldBack)
            {
                _pace.AddWait(_server.Time.GetElapsedTime(_waitStart));
                _bodyDeadline?.Clear();
            }

            _isHeldBack &= !transfer.HasBytes;
            _mayHoldBack &= !transfer.HasBytes;
        }

        _pace.AddBytes(transfer.Count);
        return transfer;
    }

    /// <summary>Makes what to throw when a receive brought no more of the body, and ends the upload where its time is over.</summary>
    public Exception FailBody(Transfer transfer, CancellationToken cancellationToken)
    {
        if (HasTimedOut)
        {
            EndUpload();
            return new ClientException(408, "The body did not come in time.");
        }

        if (cancellationToken.IsCancellationRequested)
        {
            return new OperationCanceledException(cancellationToken);
        }

        if (transfer.IsEnd && _presence.IsAnswered)
        {
            _hasEnded = true; // it has its answer, and may cease to send then   RFC 9112 §9.5
            _presence.EndReading();
            _presence.OnHalfClosed();
            return new ClientException(400, "The body broke off.");
        }

        OnClientLeft();
        return new OperationCanceledException($"the client left in the middle of its body ({transfer.Error})", Left);
    }

    /// <summary>From here on the client's bytes are not HTTP.</summary>
    public ClientTunnel OpenTunnel()
    {
        _presence.BeginTunnel();
        return new ClientTunnel(this);
    }

    /// <summary>The backend has closed its half of the tunnel: from now on the client's pauses are limited.</summary>
    public void LimitTunnel()
    {
        lock (_gate)
        {
            _isTunnelLimited = true;
            LimitTunnelWait();
        }
    }

    /// <summary>The time of the tunnel is over: what waits for the client, to take or to send, ends, now or later; any thread.</summary>
    public void OnTunnelTimedOut()
    {
        lock (_gate)
        {
            _isTunnelOver = true;
            LimitTunnelWait();
            if (_isTunnelLimited)
            {
                return; // all is sent: an abort might lose what is still on its way
            }
        }

        _presence.OnTunnelTimedOut();
    }

    /// <summary>Waits for more of a tunnel's bytes.</summary>
    [AsyncMethodBuilder(typeof(PooledMethodBuilder<>))]
    public async ValueTask<Transfer> FillTunnelAsync(int wantedBytes, CancellationToken cancellationToken)
    {
        Transfer transfer;
        lock (_gate)
        {
            _isWaitingForBody = true;
            LimitTunnelWait();
        }

        do
        {
            transfer = await Inbox.FillAsync(wantedBytes).ConfigureAwait(false);
        }
        while (transfer == Transfer.GivenUp && !MustStop && !cancellationToken.IsCancellationRequested); // else it was only nudged

        lock (_gate)
        {
            _isWaitingForBody = false;
            if (_isTunnelLimited)
            {
                _deadline.Clear(); // how long the backend takes to accept it is not the client's pause
            }
        }

        return transfer;
    }

    /// <summary>Nothing more of the request will come: looks out for the client's leaving, or its next request.</summary>
    public void Watch()
    {
        _presence.EndReading();
        Inbox.Post();
        _presence.LookOut(isReceiving: !Inbox.HasArrived);
    }

    /// <inheritdoc cref="ClientPresence.OnSending"/>
    public AnswerProbe? OnSending() => _presence.OnSending();

    /// <inheritdoc cref="ClientPresence.OnSendingInterim"/>
    public AnswerProbe? OnSendingInterim() => _presence.OnSendingInterim();

    /// <inheritdoc cref="ClientPresence.BeginResponseBody"/>
    public void BeginResponseBody(bool isChunked) => _presence.BeginResponseBody(isChunked);

    /// <inheritdoc cref="ClientPresence.EndResponseBody"/>
    public void EndResponseBody() => _presence.EndResponseBody();

    /// <inheritdoc cref="ClientPresence.OnSendWaits"/>
    public void OnSendWaits() => _presence.OnSendWaits();

    /// <inheritdoc cref="ClientPresence.OnSent"/>
    public void OnSent() => _presence.OnSent();

    /// <summary>The client is gone, or cannot be answered any more: whatever is done for it stops.</summary>
    public void OnClientLeft() => _presence.OnLeft();

    /// <summary>Ends every wait, now and later; after the transport was cut.</summary>
    public void Stop()
    {
        OnClientLeft();
        Inbox.GiveUp();
    }

    /// <summary>Returns the buffers; after the transport was closed.</summary>
    public void Dispose()
    {
        _presence.Dispose();
        _bodyDeadline?.Dispose();
        Inbox.Dispose();
    }

    /// <summary>Something arrived while a request is under way: its client's next request, or its leaving.</summary>
    private void OnUnawaited(Transfer transfer)
    {
        if (_presence.IsTunnel || !Inbox.HasArrived)
        {
            return; // somebody waits for it after all, or has picked it up already
        }

        if (transfer.IsEnd)
        {
            _hasEnded = true;
            _presence.OnHalfClosed();
        }
        else if (!transfer.HasBytes)
        {
            OnClientLeft();
        }
        else
        {
            _presence.LookBehind();
        }
    }

    private void StartBodyWait()
    {
        TimeSpan left = _pace.Left(_server.Options);
        TimeSpan pause = _server.Options.BodyTimeout;
        _waitStart = _server.Time.GetTimestamp();
        _bodyDeadline ??= new Deadline(_server.Clock, static inbox => ((Inbox)inbox).GiveUp(), Inbox);
        _bodyDeadline.Set(left > pause ? pause : left > TimeSpan.Zero ? left : TimeSpan.Zero);
    }

    /// <summary>Where the tunnel's client is waited for, and not for ever: sets how long. Within the gate.</summary>
    private void LimitTunnelWait()
    {
        if (_isTunnelLimited && _isWaitingForBody)
        {
            _deadline.Set(_isTunnelOver ? TimeSpan.Zero : _server.Options.BodyTimeout);
        }
    }

    private void OnDeadline()
    {
        if (_presence.IsHalfClosed)
        {
            OnClientLeft();
        }

        Inbox.GiveUp();
    }
}

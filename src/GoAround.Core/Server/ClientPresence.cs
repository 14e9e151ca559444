using System;
using System.Net;
using System.Threading;
using GoAround.Core.Async;
using GoAround.Core.Sockets;

namespace GoAround.Core.Server;

/// <summary>
/// Whether the client of a request is still there. A reset says that it is not. A client that has closed its half has left, or (as <c>nc -N</c> does) still
/// waits for its answer: what TCP told does not say which, so it is probed, and given a grace from piece to piece. What tells of an end is a receive, or, where none is under way
/// because the request's body is not read yet, the transport; one that does not tell of itself is asked now and then.
/// </summary>
internal sealed class ClientPresence : IDisposable
{
    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(100);

    private readonly ServerContext _server;
    private readonly Transport _transport;
    private readonly IPEndPoint? _client;
    private readonly CancellationTokenSource _left = new();
    private readonly Lock _gate = new(); // of the deadline, while a request is under way and its body is not read
    private volatile bool _isUnderWay;
    private volatile bool _isReading;
    private volatile bool _isAnswered;
    private volatile bool _isChunked;
    private volatile bool _isBetweenChunks; // whole ones are out, and nothing is being sent
    private volatile bool _isSending;
    private volatile bool _isHalfClosed;
    private volatile bool _isTunnel;
    private bool _isUploadOver;
    private bool _isTunnelOver;
    private bool _isGrace; // what the deadline is, of a client that has closed its half
    private AnswerProbe? _probe; // only of a client that has closed its half once

    /// <param name="server">The options and the clock.</param>
    /// <param name="transport">The client's connection.</param>
    /// <param name="client">Where it is.</param>
    /// <param name="onDeadline">Called with <paramref name="owner"/> when the deadline has passed.</param>
    /// <param name="owner">Handed to <paramref name="onDeadline"/>.</param>
    public ClientPresence(ServerContext server, Transport transport, IPEndPoint? client, Action<object> onDeadline, object owner)
    {
        _server = server;
        _transport = transport;
        _client = client;
        Deadline = new Deadline(server.Clock, onDeadline, owner, this, static presence => ((ClientPresence)presence).Look());
    }

    /// <summary>The deadline of a client: its owner's, but while a request is under way and its body is not read.</summary>
    public Deadline Deadline { get; }

    /// <summary>Cancelled when the client has left.</summary>
    public CancellationToken Left => _left.Token;

    /// <summary>The client's bytes are not HTTP any more.</summary>
    public bool IsTunnel => _isTunnel;

    /// <summary>Its final response goes out, or is out: it may stop sending its body then.</summary>
    public bool IsAnswered => _isAnswered;

    /// <summary>It has closed its half, and the deadline is the time of the next look at it, or the grace it has.</summary>
    public bool IsHalfClosed => _isHalfClosed;

    /// <summary>A request is under way. Of its body nobody reads anything yet.</summary>
    public void BeginRequest()
    {
        _probe?.Reset();
        _isReading = false;
        _isAnswered = false;
        _isChunked = false;
        _isBetweenChunks = false;
        _isUploadOver = false;
        _isUnderWay = true;
    }

    /// <summary>No request is under way, and the deadline is its owner's again. By the session.</summary>
    public void EndRequest()
    {
        if (!_isUnderWay)
        {
            return;
        }

        lock (_gate) // an arrival that another thread is still told of sets it before, or not at all
        {
            _isUnderWay = false;
            Deadline.Clear();
        }
    }

    /// <summary>Somebody reads the body: its end tells, or that it breaks off.</summary>
    public void BeginReading()
    {
        lock (_gate)
        {
            _isReading = true;
            _isUploadOver = false;
            _isHalfClosed = false;
            Deadline.Clear();
        }
    }

    /// <summary>Nobody reads the body for now, or it has ended.</summary>
    public void EndReading() => _isReading = false;

    /// <summary>Nobody reads the rest of the body for this answer: once that has begun, the client's leaving is looked out for.</summary>
    public void EndUpload()
    {
        lock (_gate)
        {
            _isUploadOver = true;
        }

        if (_isAnswered)
        {
            LookBehindUpload();
        }
    }

    /// <summary>From here on a half that closes is the tunnel's business, and so is one that was closed before.</summary>
    public void BeginTunnel()
    {
        lock (_gate)
        {
            _isTunnel = true;
            _isHalfClosed = false;
            Deadline.Clear();
        }
    }

    /// <summary>A final response begins. Where its body is chunked, each send of it ends with the head or a whole chunk, and more follow.</summary>
    public void BeginResponseBody(bool isChunked) => _isChunked = isChunked;

    /// <summary>What is sent next is the end of the response.</summary>
    public void EndResponseBody() => _isChunked = false;

    /// <summary>Bytes of the final response are about to be sent: a client that has closed its half and takes them must not run out of grace meanwhile.</summary>
    /// <returns>Where some are out, as a probe, that; else null.</returns>
    public AnswerProbe? OnSending()
    {
        _isAnswered = true; // both before the look at the half: a probe looks in the other order
        _isBetweenChunks = false;
        if (_isReading)
        {
            LookBehindUpload();
        }

        if (_isHalfClosed)
        {
            OnSendWaits();
        }

        return _probe is { HasBegun: true } ? _probe : null;
    }

    /// <summary>The same of an interim response.</summary>
    public AnswerProbe? OnSendingInterim()
    {
        OnSendWaits();
        return _probe is { HasBegun: true } ? _probe : null;
    }

    /// <summary>A send waits for the client to take it, and has a deadline of its own, or the tunnel's.</summary>
    public void OnSendWaits()
    {
        bool mustEnd;
        lock (_gate)
        {
            _isSending = true;
            mustEnd = _isTunnelOver;
            if (_isHalfClosed)
            {
                Deadline.Clear();
            }
        }

        if (mustEnd)
        {
            _transport.Abort();
        }
    }

    /// <summary>The time of the tunnel is over: what waits for the client to take it ends, now or later; any thread.</summary>
    public void OnTunnelTimedOut()
    {
        bool mustEnd;
        lock (_gate)
        {
            _isTunnelOver = true;
            mustEnd = _isSending;
        }

        if (mustEnd)
        {
            _transport.Abort();
        }
    }

    /// <summary>Bytes were taken: a client that has closed its half is still there.</summary>
    public void OnSent()
    {
        _isBetweenChunks = _isChunked;
        if (!_isSending && !_isHalfClosed)
        {
            return; // where the half closes in this moment, the probe has a timer for it
        }

        lock (_gate)
        {
            _isSending = false;
            if (_isHalfClosed)
            {
                Deadline.Set(BeginGrace());
            }
        }
    }

    /// <summary>Has the transport tell of the client's end, or asks it by and by. While a request is under way.</summary>
    /// <param name="isReceiving">A receive is posted: its outcome tells, so the transport need not be asked.</param>
    public void LookOut(bool isReceiving = false)
    {
        Interlocked.MemoryBarrier(); // whoever is told of an end now sees the request, or the end is seen here
        bool tells = _transport.TellsPeerEnd;
        PeerEnd end = tells ? _transport.PeerEnd : PeerEnd.None;
        if (end == PeerEnd.Reset)
        {
            OnLeft(); // it came together with bytes, which a receive brought
        }
        else if (_isHalfClosed || end == PeerEnd.Closed)
        {
            OnHalfClosed();
        }
        else if (!isReceiving && !tells)
        {
            SetLook();
        }
    }

    /// <summary>The same, where a receive has brought bytes while nobody waited for them: an end behind them is not received. Any thread.</summary>
    public void LookBehind()
    {
        if (_isUnderWay && !_isReading)
        {
            LookOut();
        }
    }

    /// <summary>The client has closed its half; any thread.</summary>
    public void OnHalfClosed()
    {
        lock (_gate)
        {
            if (!_isUnderWay || _isReading || _isTunnel)
            {
                return;
            }

            _isHalfClosed = true;
            if (!_isSending)
            {
                Deadline.Set(BeginGrace());
            }
        }

        if (_server.Options.HalfCloseGrace == TimeSpan.Zero)
        {
            OnLeft();
        }
    }

    /// <summary>The client is gone, or cannot be answered any more: whatever is done for it stops. Any thread.</summary>
    public void OnLeft()
    {
        try
        {
            _left.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // The session has ended meanwhile.
        }
        catch (AggregateException error)
        {
            ServerLog.RequestFailed(_server.Log, error, _client); // what a handler had registered; this may be a poll thread, or the clock
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_gate)
        {
            _isUnderWay = false; // whatever is due now finds nobody to be answered
            _probe?.Dispose();
        }

        Deadline.Dispose();
        _left.Dispose();
    }

    /// <summary>Where the upload is over, its reading is too.</summary>
    private void LookBehindUpload()
    {
        lock (_gate)
        {
            if (!_isUploadOver || !_isReading)
            {
                return;
            }

            _isReading = false;
        }

        LookOut();
    }

    private void SetLook()
    {
        lock (_gate)
        {
            if (_isUnderWay && !_isReading && !_isTunnel && !_isHalfClosed)
            {
                Deadline.Set(LookInterval);
            }
        }
    }

    /// <summary>The client has closed its half: it is probed where it can be, before its answer and between its chunks, and must get some of it from time to time elsewhere. Within the gate.</summary>
    /// <returns>What to set the deadline to.</returns>
    private TimeSpan BeginGrace()
    {
        _isGrace = (_isAnswered && !_isChunked) || _server.Options.HalfCloseGrace == TimeSpan.Zero;
        if (_isGrace)
        {
            return _server.Options.HalfCloseGrace;
        }

        _probe ??= new AnswerProbe(_server, _transport, static presence => ((ClientPresence)presence!).Probe(), this);
        _probe.Set();
        return LookInterval;
    }

    /// <summary>Sends the next byte of the answer ahead, where nothing else is being sent.</summary>
    private void Probe()
    {
        bool isGone;
        lock (_gate)
        {
            if (!_isUnderWay || _isReading || _isTunnel || !_isHalfClosed || _isSending)
            {
                return;
            }

            Interlocked.MemoryBarrierProcessWide(); // whoever is about to send sees the closed half, and comes into the gate, or is seen here
            bool hasBegun = _isAnswered; // or waits for the gate to begin
            if (hasBegun && !_isBetweenChunks)
            {
                return; // whoever sends sets the next time behind it
            }

            isGone = !_probe!.TrySend(hasBegun); // what calls this
            if (!isGone)
            {
                _probe.Set();
            }
        }

        if (isGone)
        {
            OnLeft();
        }
    }

    /// <summary>The deadline is due: where it is the time to ask for the client, returns how long until the next time, else zero.</summary>
    private TimeSpan Look()
    {
        lock (_gate)
        {
            if (!_isUnderWay || _isReading || _isTunnel || (_isHalfClosed && _isGrace))
            {
                return TimeSpan.Zero;
            }

            if (_isHalfClosed && _isAnswered && !_isChunked)
            {
                return _isSending ? LookInterval : BeginGrace(); // the answer has begun in this moment
            }

            PeerEnd end = _isSending ? PeerEnd.None : _transport.PeerEnd; // whether it takes what is sent tells more
            bool isNews = end != PeerEnd.None && !_isHalfClosed;
            _isHalfClosed |= isNews;
            return end == PeerEnd.Reset ? TimeSpan.Zero : isNews ? BeginGrace() : LookInterval;
        }
    }
}

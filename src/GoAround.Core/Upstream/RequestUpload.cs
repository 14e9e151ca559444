using System;
using System.Net.Sockets;
using System.Threading;
using System.Threading.Tasks;
using GoAround.Core.Async;
using GoAround.Core.Sockets;

namespace GoAround.Core.Upstream;

/// <summary>
/// Sends the body of a request: what is at hand leaves together with the head; the rest is pumped while the response is
/// already awaited, so that an early final response gets through. Until its head is there, a failure of the upload is the exchange's; from then on it ends the upload alone.
/// </summary>
internal sealed class RequestUpload : IDisposable
{
    private const int CollectLimitBytes = 16 * 1024;

    /// <summary>Sent at once of a piece: an application's may be of any size, and the deadline is one of a pause.</summary>
    private const int ShareBytes = PollerTurn.Share;

    /// <summary>A backend that has answered to the end may still be taking the last piece: so long it is waited for, with its slot and the client.</summary>
    private static readonly TimeSpan LastPieceGrace = TimeSpan.FromMilliseconds(500);

    private readonly Transport _transport;
    private readonly UpstreamSocket _socket;
    private readonly AnswerDeadline _answerDeadline;
    private readonly UpstreamOptions _options;
    private readonly DeadlineClock _clock;
    private Deadline? _sendDeadline;
    private CancellationTokenSource _stop = new();
    private MessageBody _body = MessageBody.Empty;
    private bool _isTunnel;
    private volatile bool _isThrough; // the response
    private Phase _phase;
    private long _sent;
    private Task? _pump;

    /// <param name="socket">The exchange this is a part of.</param>
    /// <param name="transport">Where the bytes go.</param>
    /// <param name="answerDeadline">Told how far the body has come.</param>
    /// <param name="options">The other deadlines.</param>
    /// <param name="clock">Where the deadlines are checked.</param>
    public RequestUpload(UpstreamSocket socket, Transport transport, AnswerDeadline answerDeadline, UpstreamOptions options, DeadlineClock clock)
    {
        _socket = socket;
        _transport = transport;
        _answerDeadline = answerDeadline;
        _options = options;
        _clock = clock;
    }

    /// <summary>Every byte of the body was sent, or is being sent.</summary>
    public bool IsComplete { get; private set; } = true;

    /// <summary>A pump was started for this request.</summary>
    public bool HasPump => _pump is not null;

    /// <summary>The pump was started and is not through.</summary>
    public bool IsRunning => _pump is { IsCompleted: false };

    /// <summary>Appends what of the body is at hand, and starts to read the next piece; null: that was all, or nothing was begun.</summary>
    /// <param name="outbound">Has the head.</param>
    /// <param name="request">What is sent. Where its client waits for 100 (Continue) nothing is collected: the body is pumped when it comes, told to or not.</param>
    public ValueTask<ReadOnlyMemory<byte>>? Collect(ref OutboundBuffer outbound, ProxyRequest request)
    {
        MessageBody body = request.Body;
        _body = body;
        _sent = 0;
        _isTunnel = false;
        _isThrough = false;
        _phase = Phase.Awaited;
        IsComplete = body.Length == 0;
        if (request.ExpectsContinue && !IsComplete)
        {
            request.OnExpected();
            return null;
        }

        while (!IsComplete)
        {
            ValueTask<ReadOnlyMemory<byte>> read = body.ReadAsync(_stop.Token);
            if (!read.IsCompletedSuccessfully || outbound.Length > CollectLimitBytes)
            {
                return read;
            }

            ReadOnlyMemory<byte> piece = read.Result;
            if (outbound.Length + piece.Length > ReceiveBuffers.PieceBytes)
            {
                return new(piece); // a send of its own, without a copy; an application's may take longer than an answer
            }

            Check(piece);
            Append(ref outbound, piece);
        }

        body.OnSent(); // what was lent was copied
        return null;
    }

    /// <summary>Pumps the rest of the body.</summary>
    /// <param name="next">The piece that <see cref="Collect"/> started to read, or null.</param>
    public void Start(ValueTask<ReadOnlyMemory<byte>>? next) =>
        _pump = PumpAsync(next ?? _body.ReadAsync(_stop.Token));

    /// <summary>Pumps the client's raw bytes after an upgrade.</summary>
    public void StartTunnel(MessageBody tunnel)
    {
        _body = tunnel;
        _isTunnel = true;
        _phase = Phase.Awaited;
        IsComplete = false;
        _pump = PumpAsync(tunnel.ReadAsync(_stop.Token));
    }

    /// <summary>The exchange took too long. The client of a tunnel may be one that takes nothing, and notices nothing.</summary>
    public void OnTimedOut()
    {
        if (_isTunnel)
        {
            _body.OnTimedOut();
        }
    }

    /// <summary>Leaves the clock; after the last exchange.</summary>
    public void Dispose()
    {
        _sendDeadline?.Dispose();
        _stop.Dispose();
    }

    /// <summary>The head of the final response is there: what goes wrong from now on ends the upload alone. False: something has gone wrong before, and the exchange ends.</summary>
    public bool TryAnswer() => _pump is null || Interlocked.CompareExchange(ref _phase, Phase.Answered, Phase.Awaited) == Phase.Awaited;

    /// <summary>Waits for the pump to come to its own end.</summary>
    public ValueTask FinishAsync() => _pump is null ? default : new ValueTask(_pump);

    /// <summary>Waits for the pump to come to its own end, but not long: the response is through.</summary>
    public async ValueTask FinishSoonAsync()
    {
        _isThrough = true;
        Interlocked.MemoryBarrier(); // the pump sees this, or its deadline is seen here
        _sendDeadline?.Set(LastPieceGrace);
        if (_sendDeadline is { HasPassed: true })
        {
            _transport.Abort(); // it had its time while the response went on
        }

        await FinishAsync().ConfigureAwait(false);
        IsComplete &= _sendDeadline?.Clear() ?? true; // it may have been set behind the pump's back
    }

    /// <summary>Stops the pump and waits until nothing touches the wire any more; ready for the next request.</summary>
    public ValueTask EndAsync()
    {
        _body = MessageBody.Empty;
        Task? pump = _pump;
        _pump = null;
        return pump is null ? default : new ValueTask(StopAsync(pump));
    }

    private async Task StopAsync(Task pump)
    {
        try
        {
            if (!pump.IsCompleted)
            {
                await new WorkHop(_clock.Runner); // what the body's reader does then must not run on this stack
#pragma warning disable CA1849 // the hop is behind us
                _stop.Cancel();
#pragma warning restore CA1849
            }
        }
        finally
        {
            await pump.ConfigureAwait(false); // whatever a body's callback has thrown: it must not read on behind everybody's back
            if (!_stop.TryReset())
            {
                _stop.Dispose();
                _stop = new CancellationTokenSource();
            }
        }
    }

    private async Task PumpAsync(ValueTask<ReadOnlyMemory<byte>> next)
    {
        OutboundBuffer outbound = default;
        try
        {
            int atOnce = 0;
            while (!IsComplete)
            {
                bool wasAtHand = next.IsCompleted;
                ReadOnlyMemory<byte> piece = await next.ConfigureAwait(false);
                Check(piece);
                if (_sent == 0 && !_isTunnel)
                {
                    _answerDeadline.OnBodyBegun();
                }

                SocketError error;
                ReadOnlyMemory<byte> rest = piece;
                do
                {
                    ReadOnlyMemory<byte> share = rest.Length > ShareBytes ? rest[..ShareBytes] : rest;
                    rest = rest[share.Length..];
                    ValueTask<SocketError> sending = SendAsync(ref outbound, share);
                    error = sending.IsCompleted ? await sending.ConfigureAwait(false) : await WaitAsync(sending).ConfigureAwait(false);
                    outbound.Clear();
                }
                while (error == SocketError.Success && !rest.IsEmpty);

                if (error != SocketError.Success)
                {
                    IsComplete = false;
                    _answerDeadline.OnUploaded(); // the backend takes no more; what it has to say is read by the exchange
                    _body.OnCut();
                    return;
                }

                if (IsComplete)
                {
                    break;
                }

                atOnce = wasAtHand ? atOnce + PollerTurn.CostOf(piece.Length) : 0;
                if (atOnce >= PollerTurn.Share)
                {
                    atOnce = 0;
                    if (_clock.Runner is { } runner)
                    {
                        await new WorkHop(runner);
                    }
                    else
                    {
                        await default(PollerTurn); // one fast upload must not keep a poll thread for itself
                    }
                }

                next = _body.ReadAsync(_stop.Token);
            }

            if (_isTunnel)
            {
                await _transport.ShutdownSendAsync().ConfigureAwait(false);
            }
            else
            {
                _body.OnSent();
                _answerDeadline.OnUploaded();
            }
        }
#pragma warning disable CA1031 // whatever it is, the exchange throws it: without a word it would wait for ever
        catch (Exception error)
#pragma warning restore CA1031
        {
            IsComplete = false;
            bool isAnswered = error is ClientException && !TryFail();
            _socket.OnClientFault(error, isAnswered);
            if (isAnswered)
            {
                _body.OnCut();
            }
        }
        finally
        {
            outbound.Return();
        }
    }

    /// <summary>Waits for a backend that does not take the bytes at once, within the deadline.</summary>
    private async ValueTask<SocketError> WaitAsync(ValueTask<SocketError> sending)
    {
        if (_isTunnel)
        {
            return await sending.ConfigureAwait(false);
        }

        _sendDeadline ??= new Deadline(_clock, static upload => ((RequestUpload)upload).OnNotTaken(), this);
        _sendDeadline.Set(_options.BodyTimeout);
        Interlocked.MemoryBarrier(); // see FinishSoonAsync
        if (_isThrough)
        {
            _sendDeadline.Set(LastPieceGrace);
        }

        SocketError error = await sending.ConfigureAwait(false);
        return _sendDeadline.Clear() ? error : SocketError.TimedOut; // too late: the exchange is being interrupted, or nobody wants the rest
    }

    /// <summary>The backend has not taken a piece in time. A response that has begun needs the socket: the piece waits on, and is the last.</summary>
    private void OnNotTaken()
    {
        if (_isThrough || TryFail())
        {
            _socket.Interrupt(Interruption.NotTaken);
        }
    }

    /// <summary>The upload has failed, and the exchange with it; false: its response is there.</summary>
    private bool TryFail() => Interlocked.CompareExchange(ref _phase, Phase.Failed, Phase.Awaited) == Phase.Awaited;

    /// <summary>A body of known length goes out as it was lent; a chunked one is framed in a buffer.</summary>
    private ValueTask<SocketError> SendAsync(ref OutboundBuffer outbound, ReadOnlyMemory<byte> piece)
    {
        if (_isTunnel)
        {
            _socket.OnTunnelled();
        }

        if (_isTunnel || _body.Length is not null)
        {
            Count(piece);
            return piece.IsEmpty ? new(SocketError.Success) : _transport.SendAsync(piece);
        }

        Append(ref outbound, piece);
        return _transport.SendAsync(outbound.Bytes);
    }

    private void Append(ref OutboundBuffer outbound, ReadOnlyMemory<byte> piece)
    {
        Count(piece);
        if (_body.Length is not null)
        {
            outbound.Append(piece.Span);
        }
        else if (!piece.IsEmpty)
        {
            outbound.AppendChunk(piece.Span);
        }
        else
        {
            outbound.AppendLastChunk(_body.Trailers);
        }
    }

    private void Count(ReadOnlyMemory<byte> piece)
    {
        _sent += piece.Length;
        IsComplete = _isTunnel || _body.Length is not { } length ? piece.IsEmpty : _sent == length;
    }

    /// <summary>Before anything of a piece is sent.</summary>
    private void Check(ReadOnlyMemory<byte> piece)
    {
        if (!_isTunnel && _body.Length is { } length && (_sent + piece.Length > length || (piece.IsEmpty && _sent < length)))
        {
            throw new InvalidOperationException("The body of a request is not as long as its length says."); // the next request would be read as a part of it
        }
    }

    private enum Phase
    {
        Awaited,
        Answered,
        Failed,
    }
}

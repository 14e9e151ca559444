using System;
using System.Buffers;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Threading;
using System.Threading.Tasks;
using GoAround.Core.Async;
using GoAround.Core.Http;
using GoAround.Core.Sockets;

namespace GoAround.Core.Server;

/// <summary>Writes the responses of one session: head and first body bytes in one send, the rest as it comes.</summary>
internal sealed class ResponseWriter : IDisposable
{
    private const int CollectLimitBytes = 16 * 1024;

    private static readonly TimeSpan FastPiece = TimeSpan.FromMilliseconds(10); // so large pieces are what clients take in that time, not what they all might

    private readonly ClientSession _session;
    private readonly ClientInflow _inflow;
    private readonly Transport _transport;
    private readonly ServerContext _server;
    private SendWatch? _watch; // of a client that did once not take what was sent at once
    private OutboundBuffer _outbound;
    private State _state;

    public ResponseWriter(ClientSession session, ClientInflow inflow, Transport transport, ServerContext server)
    {
        _session = session;
        _inflow = inflow;
        _transport = transport;
        _server = server;
    }

    /// <summary>Bytes of the final response were handed to the client's connection.</summary>
    public bool HasBegun => _state.HasBegun;

    /// <summary>The last response was sent to its end.</summary>
    public bool IsWhole => _state.IsWhole;

    /// <summary>The status that counts for this request.</summary>
    public int StatusCode => _state.StatusCode;

    /// <inheritdoc/>
    public void Dispose() => _watch?.Dispose();

    /// <summary>Starts over for the next request.</summary>
    public void Begin(bool isHead, ProtocolVersion version, bool keepAlive)
    {
        _state = default;
        _state.IsHead = isHead;
        _state.Version = version;
        _state.KeepAlive = keepAlive;
        _state.StatusCode = RequestTally.ClientClosedRequest;
        _state.HandedBefore = _transport.Handed;
        _watch?.Begin(_state.HandedBefore);
    }

    /// <summary>Sends a response; true: the connection can serve another request.</summary>
    /// <param name="response">What to send; its owner disposes it.</param>
    /// <param name="requestBody">The request's body where it had one: if its end is not received yet, the connection closes. It may still be read meanwhile.</param>
    /// <param name="cancellationToken">Cancelled when the client has left.</param>
    [AsyncMethodBuilder(typeof(PooledMethodBuilder<>))]
    public async ValueTask<bool> SendAsync(ProxyResponse response, ClientBody? requestBody, CancellationToken cancellationToken)
    {
        bool mayKeepAlive = _state.KeepAlive && !_server.IsDraining && (requestBody is null || requestBody.HasEnded || requestBody.IsAtHand);
        ResponsePlan plan = ResponsePlan.Make(response, _state.IsHead, _state.Version, mayKeepAlive);
        _state.Announced = response.StatusCode;
        if (response.StatusCode == 101)
        {
            EnsureWatch().BeginTunnel(response.IsTimedTunnel); // any other ends with its pauses
        }

        _inflow.BeginResponseBody(plan.Framing == BodyFraming.Chunked);
        try
        {
            ResponseComposer.AppendHead(ref _outbound, response, plan, _server);
            _state.IsWhole = plan.Framing == BodyFraming.None
                ? await FlushAsync().ConfigureAwait(false)
                : await SendBodyAsync(response.Body, plan, cancellationToken).ConfigureAwait(false);
            return _state.IsWhole && plan.KeepAlive && (requestBody is null || requestBody.TryDiscard());
        }
        finally
        {
            _outbound.Return();
        }
    }

    /// <summary>Sends an interim response; a client that does not take it counts as gone.</summary>
    public async ValueTask SendInterimAsync(int statusCode, FieldList fields)
    {
        OutboundBuffer outbound = default;
        try
        {
            ResponseComposer.AppendInterim(ref outbound, statusCode, fields);
            if (statusCode == 100)
            {
                _inflow.EndHoldBack();
            }

            if (_inflow.OnSendingInterim() is { } probe)
            {
                await WaitAsync(probe.TakeFrom(ref outbound)).ConfigureAwait(false); // where it failed, the next send does
            }

            if (await WriteAsync(outbound.Bytes).ConfigureAwait(false) != SocketError.Success)
            {
                _inflow.OnClientLeft();
            }

            _inflow.OnSent();
        }
        finally
        {
            outbound.Return();
        }
    }

    /// <summary>Cuts the connection with a reset, so that the answer cannot look complete.</summary>
    /// <param name="statusCode">What counts where nothing was sent.</param>
    public void Cut(int statusCode)
    {
        if (!_state.HasBegun)
        {
            _state.StatusCode = statusCode;
        }

        _state.IsWhole = false;
        _session.Abort();
    }

    /// <summary>Nothing more will be sent. A client that does not take even the end is cut.</summary>
    public async ValueTask CloseHalfAsync()
    {
        ValueTask closing = _transport.ShutdownSendAsync();
        if (closing.IsCompleted)
        {
            await closing.ConfigureAwait(false);
            return;
        }

        SendWatch watch = EnsureWatch();
        watch.EndTunnel();
        watch.Start();
        _inflow.OnSendWaits();
        await closing.ConfigureAwait(false);
        watch.Stop();
        _inflow.OnSent();
    }

    /// <summary>Sends head and body; false: the client is gone.</summary>
    [AsyncMethodBuilder(typeof(PooledMethodBuilder<>))]
    private async ValueTask<bool> SendBodyAsync(MessageBody body, ResponsePlan plan, CancellationToken cancellationToken)
    {
        long left = plan.Framing == BodyFraming.Length ? body.Length.GetValueOrDefault() : long.MaxValue;
        if (plan.Framing == BodyFraming.Length && left > CollectLimitBytes - _outbound.Length && body.AtHand is { IsEmpty: false } all && all.Length == left)
        {
            return await SendAllAsync(all).ConfigureAwait(false);
        }

        int atOnce = 0;
        while (left > 0)
        {
            ValueTask<ReadOnlyMemory<byte>> read = body.ReadAsync(cancellationToken);
            bool isAtHand = read.IsCompleted;
            if (!isAtHand && !await FlushAsync().ConfigureAwait(false))
            {
                await AbandonAsync(read).ConfigureAwait(false);
                return false;
            }

            ReadOnlyMemory<byte> piece = await read.ConfigureAwait(false);
            if (piece.IsEmpty)
            {
                break;
            }

            if (plan.Framing == BodyFraming.Length)
            {
                piece = piece[..(int)Math.Min(piece.Length, left)]; // no more than was announced
                left -= piece.Length;
            }

            bool isLarge = piece.Length >= ReceiveBuffers.PieceBytes;
            long begin = isLarge ? _server.Time.GetTimestamp() : 0;
            if (!await SendPieceAsync(piece, plan.Framing).ConfigureAwait(false))
            {
                return false;
            }

            if (isLarge)
            {
                body.OnTaken(_server.Time.GetElapsedTime(begin) < FastPiece);
            }

            atOnce = isAtHand ? atOnce + PollerTurn.CostOf(piece.Length) : 0;
            if (atOnce >= PollerTurn.Share)
            {
                atOnce = 0;
                await default(PollerTurn); // one fast download must not keep a poll thread for itself
            }
        }

        if (plan.Framing == BodyFraming.Length && left > 0)
        {
            throw new InvalidOperationException("The body of a response ended before its length was reached.");
        }

        if (plan.Framing == BodyFraming.Chunked)
        {
            _inflow.EndResponseBody();
            _outbound.AppendLastChunk(body.Trailers);
        }

        return await FlushAsync().ConfigureAwait(false);
    }

    /// <summary>Sends the head and a body that is at hand, which is shared and not copied, together; a large one in shares.</summary>
    [AsyncMethodBuilder(typeof(PooledMethodBuilder<>))]
    private async ValueTask<bool> SendAllAsync(ReadOnlySequence<byte> body)
    {
        while (body.Length > PollerTurn.Share)
        {
            if (!await PutAsync(body.Slice(0, PollerTurn.Share)).ConfigureAwait(false))
            {
                return false;
            }

            _outbound.Clear();
            body = body.Slice(PollerTurn.Share);
            await default(PollerTurn);
        }

        return await PutAsync(body).ConfigureAwait(false); // the buffer is returned next
    }

    /// <summary>Collects small pieces behind the head; sends a large one as it was lent.</summary>
    private ValueTask<bool> SendPieceAsync(ReadOnlyMemory<byte> piece, BodyFraming framing)
    {
        if (framing == BodyFraming.Chunked)
        {
            _outbound.AppendChunk(piece.Span);
        }
        else if (_outbound.Length + piece.Length <= CollectLimitBytes)
        {
            _outbound.Append(piece.Span);
        }
        else
        {
            return SendLentAsync(piece);
        }

        return _outbound.Length >= CollectLimitBytes ? FlushAsync() : new(true);
    }

    /// <summary>Sends what was collected, and behind it a piece as it was lent.</summary>
    [AsyncMethodBuilder(typeof(PooledMethodBuilder<>))]
    private async ValueTask<bool> SendLentAsync(ReadOnlyMemory<byte> piece)
    {
        bool isSent = await PutAsync(new ReadOnlySequence<byte>(piece)).ConfigureAwait(false);
        _outbound.Clear();
        return isSent;
    }

    private ValueTask<bool> FlushAsync()
    {
        if (_outbound.Length == 0)
        {
            return new(true);
        }

        ValueTask<bool> putting;
        if (BeginPut() is { } probe)
        {
            putting = PutBehindAsync(probe, default);
        }
        else if (_outbound.TryHandOver(_transport))
        {
            return new(OnPut(SocketError.Success));
        }
        else
        {
            putting = PutBegunAsync(_outbound.Bytes, default);
        }

        if (!putting.IsCompletedSuccessfully)
        {
            return FlushedAsync(putting);
        }

        _outbound.Clear();
        return new(putting.Result);
    }

    [AsyncMethodBuilder(typeof(PooledMethodBuilder<>))]
    private async ValueTask<bool> FlushedAsync(ValueTask<bool> putting)
    {
        bool isSent = await putting.ConfigureAwait(false);
        _outbound.Clear();
        return isSent;
    }

    /// <summary>Sends what was collected of the final response, and bytes behind it; false: the client is gone.</summary>
    private ValueTask<bool> PutAsync(ReadOnlySequence<byte> rest) =>
        BeginPut() is { } probe ? PutBehindAsync(probe, rest) : PutBegunAsync(_outbound.Bytes, rest);

    /// <summary>Bytes of the final response are about to be sent; returns the probe that has sent some ahead, or null.</summary>
    private AnswerProbe? BeginPut()
    {
        _state.HasBegun = true;
        _state.StatusCode = _state.Announced;
        return _inflow.OnSending();
    }

    /// <summary>The same where a probe has sent bytes of it ahead.</summary>
    private async ValueTask<bool> PutBehindAsync(AnswerProbe probe, ReadOnlySequence<byte> rest)
    {
        SocketError error = await WaitAsync(probe.TakeFrom(ref _outbound)).ConfigureAwait(false);
        return error == SocketError.Success ? await PutBegunAsync(_outbound.Bytes, rest).ConfigureAwait(false) : OnPut(error);
    }

    private ValueTask<bool> PutBegunAsync(ReadOnlyMemory<byte> bytes, ReadOnlySequence<byte> rest)
    {
        ValueTask<SocketError> sending = rest.IsEmpty ? _transport.SendAsync(bytes) : _transport.SendAsync(bytes, rest);
        return sending.IsCompletedSuccessfully ? new(OnPut(sending.Result)) : WaitToPutAsync(sending);
    }

    [AsyncMethodBuilder(typeof(PooledMethodBuilder<>))]
    private async ValueTask<bool> WaitToPutAsync(ValueTask<SocketError> sending) => OnPut(await WaitAsync(sending).ConfigureAwait(false));

    private bool OnPut(SocketError error)
    {
        if (error == SocketError.Success)
        {
            _inflow.OnSent();
            return true;
        }

        _inflow.OnClientLeft();
        return false;
    }

    private SendWatch EnsureWatch()
    {
        if (_watch is null)
        {
            _watch = new SendWatch(_server, _transport, static session => ((ClientSession)session).Abort(), _session);
            _watch.Begin(_state.HandedBefore);
        }

        return _watch;
    }

    private ValueTask<SocketError> WriteAsync(ReadOnlyMemory<byte> bytes)
    {
        ValueTask<SocketError> sending = _transport.SendAsync(bytes);
        return sending.IsCompleted ? sending : WaitAsync(sending);
    }

    [AsyncMethodBuilder(typeof(PooledMethodBuilder<>))]
    private async ValueTask<SocketError> WaitAsync(ValueTask<SocketError> sending)
    {
        SendWatch watch = EnsureWatch();
        watch.Start();
        _inflow.OnSendWaits();
        SocketError error = await sending.ConfigureAwait(false);
        return watch.Stop() ? error : SocketError.TimedOut; // too late: the session is being cut
    }

    /// <summary>Lets a read of the body that nobody needs any more come to its end; the client's leaving has cut it short.</summary>
    private static async ValueTask AbandonAsync(ValueTask<ReadOnlyMemory<byte>> read)
    {
        try
        {
            await read.ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // As was meant.
        }
        catch (BackendException)
        {
            // Both sides left.
        }
    }

    private struct State
    {
        public bool IsHead;
        public bool KeepAlive;
        public bool HasBegun;
        public bool IsWhole;
        public ProtocolVersion Version;
        public long HandedBefore;
        public int StatusCode;
        public int Announced;
    }
}

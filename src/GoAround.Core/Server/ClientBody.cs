using System;
using System.Runtime.CompilerServices;
using System.Threading;
using System.Threading.Tasks;
using GoAround.Core.Async;
using GoAround.Core.Http;
using GoAround.Core.Sockets;

namespace GoAround.Core.Server;

/// <summary>The body of a client's request, read from its connection; one for each session that needs it, used again.</summary>
internal sealed class ClientBody : MessageBody
{
    private readonly ClientInflow _inflow;
    private readonly Inbox _inbox;
    private readonly ServerOptions _options;
    private readonly FieldList _trailers = new();
    private ReplayBuffer _replay;
    private State _state;

    public ClientBody(ClientInflow inflow, ServerOptions options)
    {
        _inflow = inflow;
        _inbox = inflow.Inbox;
        _options = options;
    }

    /// <inheritdoc/>
    public override long? Length => _state.IsChunked ? null : _state.Declared;

    /// <inheritdoc/>
    public override FieldList? Trailers => _state.KeepsTrailers ? _trailers : null;

    /// <summary>The last byte was received.</summary>
    public bool HasEnded => _state.HasEnded;

    /// <summary>Nobody has begun to read it, and all of it was received: whatever is left of it after the response can be dropped.</summary>
    public bool IsAtHand =>
        !_state.WasRead && (_state.IsChunked ? IsChunkedBodyAtHand() : _inbox.UnreadSpan.Length >= _state.Remaining);

    /// <summary>Starts over for the next request.</summary>
    /// <param name="framing">Length or chunked.</param>
    /// <param name="length">Bytes, where the framing says so.</param>
    /// <param name="keepsTrailers">What is sent behind the last chunk may be passed on.</param>
    /// <param name="mayReplay">The method is idempotent: keep what was read, so far as the replay buffer goes.</param>
    /// <param name="isHeldBack">The client waits for 100 (Continue) before it sends it.</param>
    public void Begin(BodyFraming framing, long length, bool keepsTrailers, bool mayReplay, bool isHeldBack)
    {
        _inflow.BeginBody(isHeldBack);
        _state = default;
        _state.IsChunked = framing == BodyFraming.Chunked;
        _state.KeepsTrailers = _state.IsChunked && keepsTrailers;
        _state.Declared = length;
        _state.Remaining = length;
        _replay.Begin(mayReplay && length <= _options.ReplayBufferBytes ? _options.ReplayBufferBytes : 0);
        _trailers.Clear();
    }

    /// <summary>Forgets the body of the last request.</summary>
    public void End() => _replay.Return();

    /// <inheritdoc/>
    public override ValueTask<ReadOnlyMemory<byte>> ReadAsync(CancellationToken cancellationToken)
    {
        _state.WasRead = true;
        if (!_state.IsBeingRead && !_state.HasEnded)
        {
            _state.IsBeingRead = true;
            _inflow.BeginReading();
        }

        if (_replay.TryLend(out ReadOnlyMemory<byte> again))
        {
            return new(again);
        }

        return TryLend(out ReadOnlyMemory<byte> piece) ? new(piece) : WaitAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public override bool TryRewind()
    {
        if (_state.IsBeingRead && !_state.HasEnded)
        {
            _state.IsBeingRead = false;
            _inflow.EndReading();
        }

        return _replay.TryRewind();
    }

    /// <inheritdoc/>
    internal override void OnCut()
    {
        if (!_state.HasEnded)
        {
            _inflow.EndUpload();
        }
    }

    /// <summary>Takes what is already received of a body nobody reads any more; true: that was all of it.</summary>
    public bool TryDiscard()
    {
        _replay.Stop();
        while (!_state.HasEnded)
        {
            try
            {
                if (!TryLend(out _))
                {
                    return false;
                }
            }
            catch (ClientException)
            {
                return false; // malformed: the connection closes
            }
        }

        return true;
    }

    [AsyncMethodBuilder(typeof(PooledMethodBuilder<>))]
    private async ValueTask<ReadOnlyMemory<byte>> WaitAsync(CancellationToken cancellationToken)
    {
        ReadOnlyMemory<byte> piece;
        CancellationTokenRegistration giveUp = cancellationToken.UnsafeRegister(static inbox => ((Inbox)inbox!).GiveUp(), _inbox);
        try
        {
            do
            {
                Transfer transfer = await _inflow.FillBodyAsync(RoomWanted(), cancellationToken).ConfigureAwait(false);
                if (!transfer.HasBytes)
                {
                    throw _inflow.FailBody(transfer, cancellationToken);
                }
            }
            while (!TryLend(out piece));
        }
        finally
        {
            giveUp.Dispose();
            if (cancellationToken.IsCancellationRequested)
            {
                _inbox.Resume(); // only this read was given up: another backend may be sent the body from its start
            }
        }

        return piece;
    }

    private bool IsChunkedBodyAtHand()
    {
        ChunkedDecoder chunks = default;
        ReadOnlySpan<byte> rest = _inbox.UnreadSpan;
        ChunkStatus status;
        do
        {
            status = chunks.Read(rest, _trailers, out int consumed, out _, out _);
            rest = rest[consumed..];
        }
        while (status == ChunkStatus.Data);

        _trailers.Clear();
        return status == ChunkStatus.End;
    }

    private int RoomWanted() =>
        _state.IsChunked
            ? _state.Received > ReceiveBuffers.PieceBytes / 4 ? ReceiveBuffers.PieceBytes : 0
            : (int)Math.Min(_state.Remaining, ReceiveBuffers.PieceBytes);

    /// <summary>Lends what is there, or says that the end is reached; false: more must be received.</summary>
    private bool TryLend(out ReadOnlyMemory<byte> piece)
    {
        piece = default;
        if (_state.HasEnded)
        {
            return true;
        }

        if (_inbox.IsEmpty)
        {
            return false;
        }

        if (_state.IsChunked)
        {
            if (!TryLendChunk(out piece))
            {
                return false;
            }
        }
        else
        {
            piece = _inbox.Unread;
            piece = piece[..(int)Math.Min(piece.Length, _state.Remaining)];
            _state.Remaining -= piece.Length;
            _state.HasEnded = _state.Remaining == 0;
            _inbox.Take(piece.Length);
        }

        _replay.Keep(piece.Span);
        if (_state.HasEnded)
        {
            _inflow.Watch();
        }

        return true;
    }

    private bool TryLendChunk(out ReadOnlyMemory<byte> piece)
    {
        piece = default;
        ReadOnlyMemory<byte> unread = _inbox.Unread;
        ChunkStatus status = _state.Chunks.Read(unread.Span, _trailers, out int consumed, out int offset, out int length);
        switch (status)
        {
            case ChunkStatus.Data:
                piece = unread.Slice(offset, length);
                break;
            case ChunkStatus.End:
                _state.HasEnded = true;
                break;
            case ChunkStatus.Rejected:
                Rejection rejection = _state.Chunks.Rejection;
                throw Fault(Rejections.StatusCode(rejection), Rejections.Describe(rejection));
        }

        _inbox.Take(consumed);
        _state.Received += length;
        return _state.Received <= (_options.MaxBodyBytes ?? long.MaxValue)
            ? status != ChunkStatus.NeedMore
            : throw Fault(413, "The body is too large.");
    }

    private ClientException Fault(int statusCode, string what)
    {
        _inflow.EndUpload(); // a body that an application wraps does not pass OnCut on
        return new ClientException(statusCode, what);
    }

    private struct State
    {
        public ChunkedDecoder Chunks;
        public long Declared;
        public long Remaining;
        public long Received;
        public bool IsChunked;
        public bool KeepsTrailers;
        public bool HasEnded;
        public bool WasRead;
        public bool IsBeingRead;
    }
}

using System;
using System.Runtime.CompilerServices;
using System.Threading;
using System.Threading.Tasks;
using GoAround.Core.Async;
using GoAround.Core.Http;
using GoAround.Core.Sockets;

namespace GoAround.Core.Upstream;

/// <summary>The body of a backend's response, read from its socket; one for each socket, used again.</summary>
internal sealed class UpstreamBody : MessageBody
{
    private readonly UpstreamSocket _socket;
    private readonly Inbox _inbox;
    private readonly FieldList _trailers = new();
    private State _state;

    public UpstreamBody(UpstreamSocket socket, Inbox inbox)
    {
        _socket = socket;
        _inbox = inbox;
    }

    /// <inheritdoc/>
    public override long? Length => _state.Framing == BodyFraming.Length ? _state.Declared : null;

    /// <inheritdoc/>
    public override FieldList? Trailers => _state.Framing == BodyFraming.Chunked && _state.KeepsTrailers ? _trailers : null;

    /// <summary>The last byte was lent.</summary>
    public bool HasEnded => _state.HasEnded;

    /// <summary>Starts over for the next response.</summary>
    public void Begin(BodyFraming framing, long length, bool keepsTrailers)
    {
        _state = default;
        _state.KeepsTrailers = keepsTrailers;
        _state.Framing = framing;
        _state.Declared = length;
        _state.Remaining = length;
        _state.HasEnded = framing == BodyFraming.None || (framing == BodyFraming.Length && length == 0);
        _trailers.Clear();
    }

    /// <inheritdoc/>
    public override ValueTask<ReadOnlyMemory<byte>> ReadAsync(CancellationToken cancellationToken) =>
        TryLend(out ReadOnlyMemory<byte> piece) ? new(piece) : WaitAsync(_socket.EndsWith(cancellationToken) ? default : cancellationToken);

    /// <inheritdoc/>
    internal override void OnTaken(bool wasFast) => _state.Room.OnTaken(_state.LastLent, _state.Lent, wasFast);

    [AsyncMethodBuilder(typeof(PooledMethodBuilder<>))]
    private async ValueTask<ReadOnlyMemory<byte>> WaitAsync(CancellationToken cancellationToken)
    {
        ReadOnlyMemory<byte> piece;
        CancellationTokenRegistration giveUp = cancellationToken.UnsafeRegister(static inbox => ((Inbox)inbox!).GiveUp(), _inbox);
        try
        {
            do
            {
                Transfer transfer = await _socket.FillAsync(RoomWanted()).ConfigureAwait(false);
                if (transfer.IsEnd && _state.Framing == BodyFraming.UntilClose)
                {
                    _state.HasEnded = true;
                    return default;
                }

                if (!transfer.HasBytes)
                {
                    throw _socket.Fail(BackendFailureStage.ResponseBody, transfer, cancellationToken);
                }
            }
            while (!TryLend(out piece));
        }
        finally
        {
            giveUp.Dispose();
            if (cancellationToken.IsCancellationRequested)
            {
                _inbox.Resume(); // only this read was given up
            }
        }

        return piece;
    }

    /// <summary>A long body gets a large buffer: fewer, larger receives and sends.</summary>
    private int RoomWanted() =>
        _state.Framing == BodyFraming.Length
            ? (int)Math.Min(_state.Remaining, _state.Room.Bytes)
            : _state.Lent > PieceRoom.Least / 4 ? PieceRoom.Least : 0;

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

        if (_state.Framing == BodyFraming.Chunked)
        {
            return TryLendChunk(out piece);
        }

        piece = _inbox.Unread;
        if (_state.Framing == BodyFraming.Length)
        {
            piece = piece[..(int)Math.Min(piece.Length, _state.Remaining)];
            _state.Remaining -= piece.Length;
            _state.HasEnded = _state.Remaining == 0;
        }

        _inbox.Take(piece.Length);
        _state.Lent += piece.Length;
        _state.LastLent = piece.Length;
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
                _state.Lent += length;
                break;
            case ChunkStatus.End:
                _state.HasEnded = true;
                break;
            case ChunkStatus.Rejected:
                Rejection rejection = _state.Chunks.Rejection;
                throw _socket.Malformed($"sent a malformed body: {Rejections.Describe(rejection)}", rejection, BackendFailureStage.ResponseBody);
        }

        _inbox.Take(consumed);
        return status != ChunkStatus.NeedMore;
    }

    private struct State
    {
        public BodyFraming Framing;
        public long Declared;
        public long Remaining;
        public long Lent;
        public int LastLent;
        public PieceRoom Room;
        public bool HasEnded;
        public bool KeepsTrailers;
        public ChunkedDecoder Chunks;
    }
}

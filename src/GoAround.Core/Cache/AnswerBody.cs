using System;
using System.Buffers;
using System.Runtime.CompilerServices;
using System.Threading;
using System.Threading.Tasks;
using GoAround.Core.Async;
using GoAround.Core.Http;

namespace GoAround.Core.Cache;

/// <summary>The body of an answer: of a stored response, or of one that is being received; all of it or a part. Used again with its answer.</summary>
internal sealed class AnswerBody(FillReader reader) : MessageBody
{
    private State _state;

    /// <inheritdoc/>
    public override long? Length => _state.Length;

    /// <inheritdoc/>
    public override FieldList? Trailers => _state.Fill is { } fill && _state.Length is null ? fill.Content.Trailers : null;

    /// <summary>Of one that is being received: all that was wanted of it was lent. False where nobody knows how much that is.</summary>
    public bool IsRead => _state.Position + _state.Lent >= _state.End;

    /// <inheritdoc/>
    internal override ReadOnlySequence<byte> AtHand => _state.Place.GetObject() is null ? default : _state.Stored.Slice(_state.Place);

    /// <summary>Begins a stored body, or a part of one.</summary>
    public void Begin(in ReadOnlySequence<byte> stored, long first, long length)
    {
        _state = default;
        _state.Stored = first == 0 && length == stored.Length ? stored : stored.Slice(first, length);
        _state.Place = _state.Stored.Start;
        _state.Length = length;
    }

    /// <summary>Begins a body that is being received; false: its beginning is gone already.</summary>
    /// <param name="fill">Receives it; the reader has joined it.</param>
    /// <param name="first">Where to begin.</param>
    /// <param name="length">How much of it; null: to its end, wherever that is.</param>
    public bool TryBegin(Fill fill, long first, long? length)
    {
        FillSegment segment = fill.Content.First!; // it is being received
        if (!segment.Share())
        {
            return false;
        }

        _state = default;
        _state.Fill = fill;
        _state.Segment = segment;
        _state.Position = first;
        _state.End = length is { } count ? first + count : long.MaxValue;
        _state.Length = length;
        return true;
    }

    /// <summary>Gives everything back.</summary>
    public void End()
    {
        _state.Segment?.Dispose();
        _state = default;
    }

    /// <inheritdoc/>
    public override ValueTask<ReadOnlyMemory<byte>> ReadAsync(CancellationToken cancellationToken)
    {
        if (_state.Fill is null)
        {
            return new(LendStored());
        }

        return TryLend(out ReadOnlyMemory<byte> piece) ? new(piece) : WaitAsync(cancellationToken);
    }

    private ReadOnlyMemory<byte> LendStored()
    {
        while (_state.Stored.TryGet(ref _state.Place, out ReadOnlyMemory<byte> piece))
        {
            if (!piece.IsEmpty)
            {
                return piece;
            }
        }

        return default;
    }

    [AsyncMethodBuilder(typeof(PooledMethodBuilder<>))]
    private async ValueTask<ReadOnlyMemory<byte>> WaitAsync(CancellationToken cancellationToken)
    {
        Fill fill = _state.Fill!; // only called where there is one
        while (true)
        {
            int seen = fill.Audience.Signals;
            if (TryLend(out ReadOnlyMemory<byte> piece))
            {
                return piece;
            }

            await fill.Audience.WaitAsync(reader, seen, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Lends what is there, or says that the end is reached; false: more must come.</summary>
    private bool TryLend(out ReadOnlyMemory<byte> piece)
    {
        Fill fill = _state.Fill!; // likewise
        _state.Position += _state.Lent; // what was lent is sent now
        _state.Lent = 0;
        piece = default;
        if (_state.Position >= _state.End)
        {
            return true;
        }

        while (true)
        {
            bool hasEnded = fill.HasEnded; // asked before the look at what is there, which is then the last
            FillSegment segment = _state.Segment!; // as long as there is a fill
            FillSegment? next = segment.Next;
            piece = segment.Start + segment.Length > _state.Position ? segment.ReadAt(_state.Position) : default;
            if (!piece.IsEmpty)
            {
                piece = piece[..(int)Math.Min(piece.Length, _state.End - _state.Position)];
                _state.Lent = piece.Length;
                return true;
            }

            if (next is not null)
            {
                Enter(fill, segment, next);
                continue;
            }

            if (!hasEnded)
            {
                return false;
            }

            return fill.Fault is null ? true : throw Broken(fill.Fault);
        }
    }

    private void Enter(Fill fill, FillSegment segment, FillSegment next)
    {
        if (!next.TryEnter())
        {
            throw new BackendException(BackendFailureStage.ResponseBody, BackendFailureKind.TimedOut, "the client fell too far behind others who read the same body");
        }

        _state.Segment = next;
        segment.Dispose();
        fill.Audience.WakeFetch();
    }

    /// <summary>One for each reader: it is thrown on many threads.</summary>
    private static Exception Broken(Exception fault) => fault is BackendException broken
        ? new BackendException(broken.Stage, broken.Kind, broken.Message, broken) { Error = broken.Error }
        : new InvalidOperationException("The fetch of this response failed.", fault);

    private struct State
    {
        public ReadOnlySequence<byte> Stored;
        public SequencePosition Place;
        public Fill? Fill;
        public FillSegment? Segment;
        public long Position;
        public long End;
        public int Lent;
        public long? Length;
    }
}

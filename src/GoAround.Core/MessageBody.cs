using System;
using System.Buffers;
using System.Threading;
using System.Threading.Tasks;
using GoAround.Core.Http;

namespace GoAround.Core;

/// <summary>The content of a message, pulled piece by piece. One reader at a time.</summary>
public abstract class MessageBody
{
    /// <summary>A body of no bytes.</summary>
    public static MessageBody Empty { get; } = new EmptyBody();

    /// <summary>Bytes; null where only the end of the body tells (chunked or close-delimited).</summary>
    public abstract long? Length { get; }

    /// <summary>The fields after the content; complete once the end was read; null where the body can have none.</summary>
    public virtual FieldList? Trailers => null;

    /// <summary>All that is still to be read, where it stays as it is until the message is disposed, else empty. Whoever sends that need not read it.</summary>
    internal virtual ReadOnlySequence<byte> AtHand => default;

    /// <summary>Makes a body of bytes in memory; it can be rewound.</summary>
    /// <param name="content">Not copied: it must stay as it is while the body is used.</param>
    public static MessageBody FromBytes(ReadOnlyMemory<byte> content) => new MemoryBody(content);

    /// <summary>Lends the next piece until the next call; an empty piece is the end, and stays the end.</summary>
    /// <param name="cancellationToken">Gives up; the body cannot be read on after that.</param>
    /// <exception cref="ClientException">The client sent a malformed, too large or too slow body.</exception>
    /// <exception cref="BackendException">The backend broke off before the end.</exception>
    /// <exception cref="OperationCanceledException">Whoever sends the body has left, or the call was cancelled.</exception>
    public abstract ValueTask<ReadOnlyMemory<byte>> ReadAsync(CancellationToken cancellationToken);

    /// <summary>Goes back to the first byte so that the body can be sent once more; false where that is no longer possible.</summary>
    public virtual bool TryRewind() => false;

    /// <summary>Its last byte was sent, and nothing of it is in use: where the length is known its end need not be read.</summary>
    internal virtual void OnSent()
    {
    }

    /// <summary>Whoever sends the body could not send what was read, and reads no more; nothing of it is in use.</summary>
    internal virtual void OnCut()
    {
    }

    /// <summary>The time of the tunnel it is a half of is over; any thread.</summary>
    internal virtual void OnTimedOut()
    {
    }

    /// <summary>The piece lent last, a large one, was taken; a reader that is fast may get larger ones.</summary>
    internal virtual void OnTaken(bool wasFast)
    {
    }

    private sealed class EmptyBody : MessageBody
    {
        public override long? Length => 0;

        public override ValueTask<ReadOnlyMemory<byte>> ReadAsync(CancellationToken cancellationToken) => default;

        public override bool TryRewind() => true;
    }

    private sealed class MemoryBody(ReadOnlyMemory<byte> content) : MessageBody
    {
        private bool _read;

        public override long? Length => content.Length;

        public override ValueTask<ReadOnlyMemory<byte>> ReadAsync(CancellationToken cancellationToken)
        {
            ReadOnlyMemory<byte> piece = _read ? default : content;
            _read = true;
            return new(piece);
        }

        public override bool TryRewind()
        {
            _read = false;
            return true;
        }
    }
}

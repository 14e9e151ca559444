using System;
using System.Buffers;
using System.Collections.Generic;

namespace GoAround.Core.Cache;

/// <summary>A response whose body lies in a <see cref="BodyBuffer"/>: the store keeps that as it is, where others copy the bytes.</summary>
internal class BufferedResponse : StoredResponse
{
    /// <summary>Takes a share of the body, until the last share of this response is given back.</summary>
    /// <param name="head">Lent as long as this response lives.</param>
    /// <param name="body">Complete, and the caller holds a share of it; null: no content.</param>
    /// <param name="tags">Lent as long as this response lives.</param>
    /// <param name="keepUntil">As in <see cref="StoredResponse.KeepUntil"/>.</param>
    public BufferedResponse(ReadOnlyMemory<byte> head, BodyBuffer? body, IReadOnlyList<ReadOnlyMemory<byte>> tags, DateTimeOffset keepUntil)
        : base(head, body?.ToSequence() ?? ReadOnlySequence<byte>.Empty, tags, keepUntil)
    {
        ObjectDisposedException.ThrowIf(body?.Share() is false, typeof(BodyBuffer));
        Buffer = body;
    }

    /// <summary>The body, to make another response with the same one; valid as long as a share of this response is held. Null: no content.</summary>
    public BodyBuffer? Buffer { get; private protected set; }

    /// <inheritdoc/>
    protected override void Release() => Buffer?.Dispose();
}

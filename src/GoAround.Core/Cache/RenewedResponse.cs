using System;
using System.Collections.Generic;

namespace GoAround.Core.Cache;

/// <summary>A stored response with a new head, over the body of the old one, of which it holds a share.</summary>
internal sealed class RenewedResponse : StoredResponse
{
    private readonly StoredResponse _old;

    /// <summary>Takes a share of the old one, which the caller holds.</summary>
    public RenewedResponse(ReadOnlyMemory<byte> head, StoredResponse old, IReadOnlyList<ReadOnlyMemory<byte>> tags, DateTimeOffset keepUntil)
        : base(head, old.Body, tags, keepUntil)
    {
        ObjectDisposedException.ThrowIf(!old.Share(), old);
        _old = old;
    }

    /// <summary>Makes the form that the store of a response keeps without a copy of the body.</summary>
    public static StoredResponse Make(ReadOnlyMemory<byte> head, StoredResponse old, IReadOnlyList<ReadOnlyMemory<byte>> tags, DateTimeOffset keepUntil) =>
        old is BufferedResponse buffered
            ? new BufferedResponse(head, buffered.Buffer, tags, keepUntil)
            : new RenewedResponse(head, old, tags, keepUntil);

    /// <inheritdoc/>
    protected override void Release() => _old.Dispose();
}

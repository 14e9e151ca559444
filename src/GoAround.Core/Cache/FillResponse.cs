using System;
using System.Collections.Generic;

namespace GoAround.Core.Cache;

/// <summary>What a fetch gives to the store. It tells whether the store has kept a share of it, and so of the head it was lent.</summary>
internal sealed class FillResponse : BufferedResponse
{
    /// <inheritdoc/>
    public FillResponse(ReadOnlyMemory<byte> head, BodyBuffer? body, IReadOnlyList<ReadOnlyMemory<byte>> tags, DateTimeOffset keepUntil)
        : base(head, body, tags, keepUntil)
    {
    }

    /// <summary>Nobody has a share of it any more.</summary>
    public bool IsReleased { get; private set; }

    /// <inheritdoc/>
    protected override void Release()
    {
        base.Release();
        IsReleased = true;
    }
}

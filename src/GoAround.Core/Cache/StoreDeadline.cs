using System;
using System.Threading;

namespace GoAround.Core.Cache;

/// <summary>How long a client waits for a store: its token, for the calls of the store, is cancelled after 5 s, or with another one before.</summary>
internal sealed class StoreDeadline : CancellationTokenSource
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly CancellationTokenRegistration _earlier;

    /// <summary>Begins now.</summary>
    public StoreDeadline(CacheContext cache, CancellationToken earlier)
        : base(Patience, cache.Time) => _earlier = earlier.UnsafeRegister(static deadline => ((StoreDeadline)deadline!).Cancel(), this);

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        _earlier.Dispose();
        base.Dispose(disposing);
    }
}

using System;
using System.Threading;

namespace GoAround.Core.Cache;

/// <summary>How long a client waits for a store: a token for its calls, which is cancelled after 5 s, or with another one before.</summary>
internal readonly struct StoreDeadline : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly CancellationTokenSource _source;
    private readonly CancellationTokenRegistration _earlier;

    /// <summary>Begins now.</summary>
    public StoreDeadline(CacheContext cache, CancellationToken earlier)
    {
        _source = new CancellationTokenSource(Patience, cache.Time);
        _earlier = earlier.UnsafeRegister(static source => ((CancellationTokenSource)source!).Cancel(), _source);
    }

    /// <summary>For the calls of the store.</summary>
    public CancellationToken Token => _source.Token;

    /// <inheritdoc/>
    public void Dispose()
    {
        _earlier.Dispose();
        _source.Dispose();
    }
}

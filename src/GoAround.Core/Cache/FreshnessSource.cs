namespace GoAround.Core.Cache;

/// <summary>What a freshness lifetime comes from, the strongest first (RFC 9111 §4.2.1).</summary>
internal enum FreshnessSource
{
    /// <summary>Nothing: there is none.</summary>
    None,

    /// <summary>s-maxage, max-age or Expires.</summary>
    Explicit,

    /// <summary>A tenth of the time since Last-Modified (§4.2.2).</summary>
    Heuristic,

    /// <summary><see cref="CacheOptions.DefaultTtl"/>.</summary>
    Assumed,
}

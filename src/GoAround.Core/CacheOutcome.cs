namespace GoAround.Core;

/// <summary>How the cache came to its answer.</summary>
public enum CacheOutcome
{
    /// <summary>The cache was not asked, or may not answer; the reason is a <see cref="CacheBypass"/>.</summary>
    Bypass,

    /// <summary>Nothing suitable was stored: a backend was asked, or a client that wants nothing else got 504 (<c>only-if-cached</c>).</summary>
    Miss,

    /// <summary>A stored response that is fresh.</summary>
    Hit,

    /// <summary>A stored response that is stale, which the origin, the client or <c>-cache-stale</c> allows.</summary>
    Stale,

    /// <summary>A stored response that a backend has just confirmed with 304.</summary>
    Revalidated,

    /// <summary>The answer to somebody else's request that was under way.</summary>
    Coalesced,
}

using System;

namespace GoAround.Core.Cache;

/// <summary>What was found out about a response when it was stored.</summary>
[Flags]
internal enum StoredFlags
{
    None = 0,

    /// <summary>It is never used without a successful validation: <c>no-cache</c> (RFC 9111 §5.2.2.4).</summary>
    NoCache = 1,

    /// <summary>It is never used stale: must-revalidate, proxy-revalidate or s-maxage (RFC 9111 §4.2.4).</summary>
    MustRevalidate = 2,

    /// <summary>Its lifetime was guessed from Last-Modified (RFC 9111 §4.2.2).</summary>
    Heuristic = 4,

    /// <summary>Its lifetime is <see cref="CacheOptions.DefaultTtl"/>: it answers no request with Cookie or Authorization.</summary>
    AssumedFreshness = 8,

    /// <summary>The origin says itself how long it may be used stale on errors.</summary>
    StatesStaleIfError = 16,

    /// <summary>Some of its fields are not stored: no-cache or private name them.</summary>
    OmitsFields = 32,
}

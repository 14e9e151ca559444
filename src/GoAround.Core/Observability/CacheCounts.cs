namespace GoAround.Core.Observability;

/// <summary>How many requests the cache has decided about since the start, by <see cref="CacheOutcome"/>.</summary>
/// <param name="Hits">Answered with a fresh stored response.</param>
/// <param name="Misses">Answered by a backend.</param>
/// <param name="Stale">Answered with a stale stored response.</param>
/// <param name="Revalidated">Answered with a stored response that a backend had just confirmed.</param>
/// <param name="Coalesced">Answered with what came for somebody else.</param>
/// <param name="Bypassed">Gone past the cache.</param>
public readonly record struct CacheCounts(long Hits, long Misses, long Stale, long Revalidated, long Coalesced, long Bypassed);

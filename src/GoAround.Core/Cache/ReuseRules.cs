namespace GoAround.Core.Cache;

/// <summary>When a stored response is the answer (RFC 9111 §4, §4.2.4, §5.2.1, RFC 5861).</summary>
internal static class ReuseRules
{
    /// <summary>What may be done with it now.</summary>
    public static Reuse Decide(in RequestFacts facts, in StoredHead head, long nowMs) => Reuse.Validate;

    /// <summary>Whether it may be used although it is stale, because no backend gives a better answer.</summary>
    public static bool MayServeOnError(in RequestFacts facts, in StoredHead head, long nowMs, CacheOptions options, StaleCause cause) => false;
}

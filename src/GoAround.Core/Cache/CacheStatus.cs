namespace GoAround.Core.Cache;

/// <summary>What Cache-Status says of one answer (RFC 9211 §2).</summary>
internal readonly struct CacheStatus
{
    /// <summary>Why it was forwarded; None: a hit.</summary>
    public ForwardReason Forward { get; init; }

    /// <summary>The status of the backend's answer where it differs from the one sent, as 304; 0 is not said.</summary>
    public int ForwardStatus { get; init; }

    /// <summary>Seconds of freshness that are left, negative where it is stale; null is not said.</summary>
    public long? Ttl { get; init; }

    /// <summary>The answer is stored.</summary>
    public bool IsStored { get; init; }

    /// <summary>It waited for somebody else's request.</summary>
    public bool IsCollapsed { get; init; }

    /// <summary>Why it was not looked up, or not stored.</summary>
    public CacheBypass Bypass { get; init; }
}

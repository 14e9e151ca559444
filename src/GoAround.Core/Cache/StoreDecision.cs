namespace GoAround.Core.Cache;

/// <summary>Whether a response is stored, and what was found out about it.</summary>
internal readonly struct StoreDecision
{
    /// <summary>It is stored.</summary>
    public bool IsStored => Bypass == CacheBypass.None;

    /// <summary>Why it is not stored; None where it is.</summary>
    public CacheBypass Bypass { get; init; }

    /// <summary>What holds for it.</summary>
    public StoredFlags Flags { get; init; }

    /// <summary>When it was received, in Unix milliseconds: response_time (RFC 9111 §4.2.3).</summary>
    public long ResponseMs { get; init; }

    /// <summary>Date, in Unix seconds; when it was received, where it had none that can be read.</summary>
    public long DateSeconds { get; init; }

    /// <summary>Last-Modified, in Unix seconds; <see cref="StoredLayout.NoDate"/> where there is none that can be read.</summary>
    public long LastModifiedSeconds { get; init; }

    /// <summary>corrected_initial_age, in seconds; 0..2^31 (RFC 9111 §4.2.3).</summary>
    public long InitialAgeSeconds { get; init; }

    /// <summary>freshness_lifetime, in seconds; 0..2^31 (RFC 9111 §4.2.1).</summary>
    public long LifetimeSeconds { get; init; }

    /// <summary>How long past its lifetime it may be used while it is refreshed; 0 never (RFC 5861 §3).</summary>
    public long StaleWhileRevalidateSeconds { get; init; }

    /// <summary>How long past its lifetime it may be used on an error; 0 never (RFC 5861 §4).</summary>
    public long StaleIfErrorSeconds { get; init; }

    /// <summary>When nothing can be done with it any more, in Unix milliseconds: <see cref="StoredResponse.KeepUntil"/>.</summary>
    public long KeepUntilMs { get; init; }

    /// <summary>It is not stored, and why.</summary>
    public static StoreDecision Not(CacheBypass why) => new() { Bypass = why };
}

using System;

namespace GoAround.Core.Cache;

/// <summary>What a shared cache may store, and for how long it is fresh (RFC 9111 §3, §4.2).</summary>
internal static class StoreRules
{
    // What can be confirmed stays worth its room for a while after it is stale; a client's max-stale is at least served for so long.
    private const long ValidatorSeconds = 24 * 3600;
    private const long StaleSeconds = 60;

    /// <summary>Decides; the facts are those of the client's request, before anything was taken out of it or put in. Vary is not looked at, see <see cref="VaryRules"/>.</summary>
    /// <param name="facts">Read from the client's request.</param>
    /// <param name="response">A final response to it.</param>
    /// <param name="options">The user's.</param>
    /// <param name="requestMs">When the request was sent to the backend, in Unix milliseconds.</param>
    /// <param name="responseMs">When the head of the response was there, in Unix milliseconds.</param>
    public static StoreDecision Decide(in RequestFacts facts, ProxyResponse response, CacheOptions options, long requestMs, long responseMs)
    {
        if (facts.Bypass != CacheBypass.None)
        {
            return StoreDecision.Not(facts.Bypass);
        }

        if (facts.IsHead)
        {
            return StoreDecision.Not(CacheBypass.Method); // no body: nothing to answer a GET with
        }

        // Interim responses never come here; "not modified" is no response that stands alone, nor is a part that does not say which it is
        int status = response.StatusCode;
        ContentRange part = default;
        if (status is < 200 or 304 || IsNeverStored(status) || (status == 206 && !ContentRange.TryRead(response.Fields, out part)))
        {
            return StoreDecision.Not(CacheBypass.Status);
        }

        ResponseFacts said = ResponseFacts.Read(response.Fields, options, responseMs);
        CacheBypass forbidden = Forbids(in facts, status, said.Control);
        bool isPart = status == 206 && !part.IsWhole;
        return forbidden == CacheBypass.None ? Measure(in facts, status, isPart, in said, options, requestMs, responseMs) : StoreDecision.Not(forbidden);
    }

    /// <summary>
    /// Decides whether a stored response stays that a backend has confirmed, and how fresh it is from now on. Who asked does not matter: what is stored
    /// was given by an answer that all may have, and is the same (RFC 9111 §4.3.4, §4.3.5).
    /// </summary>
    /// <param name="merged">What <see cref="FieldUpdate.Merge"/> made.</param>
    /// <param name="options">The user's.</param>
    /// <param name="requestMs">When the confirmation was asked for, in Unix milliseconds.</param>
    /// <param name="responseMs">When it was there, in Unix milliseconds.</param>
    public static StoreDecision DecideUpdate(ProxyResponse merged, CacheOptions options, long requestMs, long responseMs) =>
        Decide(default, merged, options, requestMs, responseMs);

    /// <summary>What is known of a response that a backend has confirmed and that is not stored any more: it is the answer to those who asked, and to nobody else.</summary>
    /// <param name="why">It is not stored.</param>
    /// <param name="merged">What <see cref="FieldUpdate.Merge"/> made.</param>
    /// <param name="options">The user's.</param>
    /// <param name="requestMs">When the confirmation was asked for, in Unix milliseconds.</param>
    /// <param name="responseMs">When it was there, in Unix milliseconds.</param>
    public static StoreDecision Refuse(CacheBypass why, ProxyResponse merged, CacheOptions options, long requestMs, long responseMs)
    {
        ResponseFacts said = ResponseFacts.Read(merged.Fields, options, responseMs);
        return new StoreDecision
        {
            Bypass = why,
            Flags = StoredFlags.NoCache,
            ResponseMs = responseMs,
            DateSeconds = said.DateSeconds,
            LastModifiedSeconds = said.LastModifiedSeconds,
            InitialAgeSeconds = Freshness.InitialAge(in said, requestMs, responseMs),
        };
    }

    // RFC 9111 §3, §3.5, §5.2.2
    private static CacheBypass Forbids(in RequestFacts facts, int status, CacheDirectives control)
    {
        bool mustUnderstand = control.Has(DirectiveFlags.MustUnderstand);
        if (mustUnderstand && !IsUnderstood(status))
        {
            return CacheBypass.Status;
        }

        // Whoever understands the status SHOULD ignore no-store beside must-understand   §5.2.2.3
        if ((control.Has(DirectiveFlags.NoStore) && !mustUnderstand) || control.Has(DirectiveFlags.Private))
        {
            return CacheBypass.Forbidden;
        }

        // must-revalidate, public and s-maxage let a shared cache store the answer to a request with credentials   §3.5
        bool mayShare = control.Has(DirectiveFlags.Public | DirectiveFlags.MustRevalidate) || control.SharedMaxAge != CacheDirectives.Absent;
        return facts.HasAuthorization && !mayShare ? CacheBypass.Authorization : CacheBypass.None;
    }

    private static StoreDecision Measure(
        in RequestFacts facts, int status, bool isPart, in ResponseFacts said, CacheOptions options, long requestMs, long responseMs)
    {
        CacheDirectives control = said.Control;
        FreshnessSource source = Freshness.Lifetime(in facts, status, in said, options, out long lifetime);
        if (source == FreshnessSource.None)
        {
            return StoreDecision.Not(CacheBypass.NoFreshness);
        }

        StoredFlags flags = FlagsOf(control, source);
        bool noCache = (flags & StoredFlags.NoCache) != 0;
        lifetime = noCache ? 0 : lifetime;
        long age = Freshness.InitialAge(in said, requestMs, responseMs);
        bool mayBeStale = (flags & (StoredFlags.NoCache | StoredFlags.MustRevalidate)) == 0;
        long whileRevalidate = mayBeStale && !isPart ? Math.Max(0, control.StaleWhileRevalidate) : 0;
        long ifError = mayBeStale ? Math.Max(0, control.StaleIfError) : 0;
        long fresh = lifetime - age;
        if (!said.HasValidator && fresh <= 0 && fresh + Math.Max(whileRevalidate, ifError) <= 0)
        {
            return StoreDecision.Not(CacheBypass.NoFreshness); // it could never be used
        }

        long stale = mayBeStale ? Math.Max(Math.Max(whileRevalidate, ifError), Math.Max(StaleSeconds, (long)options.StaleTime.TotalSeconds)) : 0;
        long keep = Math.Max(0, fresh) + Math.Max(stale, said.HasValidator ? ValidatorSeconds : 0);
        return new StoreDecision
        {
            Flags = flags,
            ResponseMs = responseMs,
            DateSeconds = said.DateSeconds,
            LastModifiedSeconds = said.LastModifiedSeconds,
            InitialAgeSeconds = age,
            LifetimeSeconds = lifetime,
            StaleWhileRevalidateSeconds = whileRevalidate,
            StaleIfErrorSeconds = ifError,
            KeepUntilMs = responseMs + (keep * 1000),
        };
    }

    private static StoredFlags FlagsOf(CacheDirectives control, FreshnessSource source)
    {
        StoredFlags flags = StoredFlags.None;
        flags |= control.Has(DirectiveFlags.NoCache) ? StoredFlags.NoCache : 0;
        flags |= control.Has(DirectiveFlags.NoCacheFields | DirectiveFlags.PrivateFields) ? StoredFlags.OmitsFields : 0;
        flags |= control.StaleIfError != CacheDirectives.Absent ? StoredFlags.StatesStaleIfError : 0;

        // s-maxage has the meaning of proxy-revalidate too   RFC 9111 §5.2.2.10
        bool mustRevalidate = control.Has(DirectiveFlags.MustRevalidate | DirectiveFlags.ProxyRevalidate) || control.SharedMaxAge != CacheDirectives.Absent;
        flags |= mustRevalidate ? StoredFlags.MustRevalidate : 0;
        return source switch
        {
            FreshnessSource.Heuristic => flags | StoredFlags.Heuristic,
            FreshnessSource.Assumed => flags | StoredFlags.AssumedFreshness,
            _ => flags,
        };
    }

    // They are about one client or one request, whatever they say of freshness   RFC 6585 §3 to §6
    private static bool IsNeverStored(int status) => status is 428 or 429 or 431 or 511;

    // The final statuses of RFC 9110 §15 whose rules for caches are followed here, and the few of others that have none of their own.
    private static bool IsUnderstood(int status) => status switch
    {
        200 or 201 or 202 or 203 or 204 or 205 => true,
        300 or 301 or 302 or 303 or 307 or 308 => true,
        >= 400 and <= 417 and not 407 => true,
        421 or 422 or 426 or 451 => true,
        >= 500 and <= 505 => true,
        _ => false,
    };
}

using System;

namespace GoAround.Core.Cache;

/// <summary>When a stored response is the answer (RFC 9111 §4, §4.2.4, §5.2.1, RFC 5861).</summary>
internal static class ReuseRules
{
    /// <summary>What may be done with it now.</summary>
    public static Reuse Decide(in RequestFacts facts, in StoredHead head, long nowMs)
    {
        StoredFlags flags = head.Flags;
        if (IsOfOthers(in facts, flags))
        {
            return Reuse.Pass;
        }

        CacheDirectives control = facts.Control;
        if ((flags & StoredFlags.NoCache) != 0 || control.Has(DirectiveFlags.NoCache))
        {
            return Reuse.Validate;
        }

        long age = head.AgeSeconds(nowMs);
        long fresh = head.LifetimeSeconds - age;
        if (IsTooOld(control, age, fresh))
        {
            return Reuse.Validate;
        }

        return fresh > 0 ? Reuse.Serve : Stale(control, in head, -fresh);
    }

    /// <summary>Whether it may be used although it is stale, because no backend gives a better answer (RFC 9111 §4.2.4, RFC 5861 §4).</summary>
    public static bool MayServeOnError(in RequestFacts facts, in StoredHead head, long nowMs, CacheOptions options, StaleCause cause)
    {
        StoredFlags flags = head.Flags;
        if (IsOfOthers(in facts, flags) || (flags & StoredFlags.NoCache) != 0 || facts.Control.Has(DirectiveFlags.NoCache))
        {
            return false;
        }

        long fresh = head.FreshSeconds(nowMs);
        if (fresh > 0)
        {
            return true; // the client wanted it fresher than it is, and it is as fresh as can be had
        }

        return (flags & StoredFlags.MustRevalidate) == 0 && -fresh <= StaleLimit(in facts, in head, options, cause);
    }

    // Freshness was assumed for those who are anonymous: nobody else gets their answer.
    private static bool IsOfOthers(in RequestFacts facts, StoredFlags flags) =>
        (flags & StoredFlags.AssumedFreshness) != 0 && (facts.HasCookie || facts.HasAuthorization);

    // max-age: no older than that (0 asks for an answer of now, even within the second); min-fresh: fresh for that long yet   RFC 9111 §5.2.1.1, §5.2.1.3
    private static bool IsTooOld(CacheDirectives control, long age, long fresh) =>
        (control.MaxAge != CacheDirectives.Absent && (age > control.MaxAge || control.MaxAge == 0))
        || (control.MinFresh != CacheDirectives.Absent && fresh < control.MinFresh);

    private static Reuse Stale(CacheDirectives control, in StoredHead head, long stale)
    {
        if ((head.Flags & StoredFlags.MustRevalidate) != 0)
        {
            return Reuse.Validate; // whatever the client takes   RFC 9111 §5.2.2.2
        }

        // max-age without max-stale: the client does not wish a stale response   RFC 9111 §5.2.1.1
        bool takesStale = stale <= control.MaxStale;
        bool declinesStale = control.MaxAge != CacheDirectives.Absent && control.MaxStale == CacheDirectives.Absent;
        if (!declinesStale && head.StaleWhileRevalidateSeconds > 0 && stale <= head.StaleWhileRevalidateSeconds)
        {
            return Reuse.ServeAndRefresh;
        }

        return takesStale ? Reuse.ServeStale : Reuse.Validate;
    }

    // What the origin or the client says counts; where the origin says nothing, -cache-stale, for what was fresh once.
    private static long StaleLimit(in RequestFacts facts, in StoredHead head, CacheOptions options, StaleCause cause)
    {
        long limit = facts.Control.StaleIfError; // also a request directive   RFC 5861 §4
        if ((head.Flags & StoredFlags.StatesStaleIfError) != 0)
        {
            return Math.Max(limit, head.StaleIfErrorSeconds > 0 ? head.StaleIfErrorSeconds : CacheDirectives.Absent);
        }

        bool wasFresh = head.LifetimeSeconds > head.InitialAgeSeconds;
        return cause == StaleCause.Disconnected && wasFresh && options.StaleTime > TimeSpan.Zero ? Math.Max(limit, (long)options.StaleTime.TotalSeconds) : limit;
    }
}

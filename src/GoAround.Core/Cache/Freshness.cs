using System;

namespace GoAround.Core.Cache;

/// <summary>How long a response is fresh, and how old it was when it came (RFC 9111 §4.2).</summary>
internal static class Freshness
{
    private const long HeuristicShare = 10; // "a typical setting of this fraction might be 10%"   RFC 9111 §4.2.2
    private const long MaxHeuristicSeconds = 24 * 3600; // older caches had to warn of heuristics beyond a day   RFC 7234 §5.5.4

    /// <summary>The statuses whose freshness may be guessed (RFC 9110 §15.1); others need a lifetime, or <c>public</c>.</summary>
    public static bool IsHeuristicallyCacheable(int statusCode) =>
        statusCode is 200 or 203 or 204 or 206 or 300 or 301 or 308 or 404 or 405 or 410 or 414 or 501;

    /// <summary>Calculates freshness_lifetime, in seconds.</summary>
    // s-maxage, or max-age, or Expires - Date, or a heuristic   RFC 9111 §4.2.1
    public static FreshnessSource Lifetime(in RequestFacts request, int statusCode, in ResponseFacts response, CacheOptions options, out long seconds)
    {
        if (response.Control.SharedMaxAge != CacheDirectives.Absent)
        {
            seconds = response.Control.SharedMaxAge;
            return FreshnessSource.Explicit;
        }

        if (response.Control.MaxAge != CacheDirectives.Absent)
        {
            seconds = response.Control.MaxAge;
            return FreshnessSource.Explicit;
        }

        if (response.HasExpires)
        {
            seconds = response.ExpiresSeconds <= response.DateSeconds ? 0 : Math.Min(response.ExpiresSeconds - response.DateSeconds, DeltaSeconds.Max);
            return FreshnessSource.Explicit;
        }

        return Guess(in request, statusCode, in response, options, out seconds);
    }

    /// <summary>Calculates corrected_initial_age, in seconds.</summary>
    // apparent_age = max(0, response_time - date_value); corrected_age_value = age_value + response_delay;
    // corrected_initial_age = max(apparent_age, corrected_age_value)   RFC 9111 §4.2.3
    public static long InitialAge(in ResponseFacts response, long requestMs, long responseMs)
    {
        long apparent = Math.Max(0, (responseMs / 1000) - response.DateSeconds);
        long corrected = response.AgeSeconds + (Math.Max(0, responseMs - requestMs) / 1000);
        return Math.Min(Math.Max(apparent, corrected), DeltaSeconds.Max);
    }

    private static FreshnessSource Guess(in RequestFacts request, int statusCode, in ResponseFacts response, CacheOptions options, out long seconds)
    {
        seconds = 0;
        bool mayGuess = IsHeuristicallyCacheable(statusCode) || response.Control.Has(DirectiveFlags.Public);
        if (!mayGuess || response.HasPragmaNoCache)
        {
            return FreshnessSource.None;
        }

        // A cookie that is set is meant for one: only an origin that says so itself has its response given to others.
        bool isForOne = response.HasSetCookie && !response.Control.Has(DirectiveFlags.Public);
        if (isForOne)
        {
            return FreshnessSource.None;
        }

        if (response.LastModifiedSeconds != StoredLayout.NoDate)
        {
            seconds = Math.Clamp((response.DateSeconds - response.LastModifiedSeconds) / HeuristicShare, 0, MaxHeuristicSeconds);
            return FreshnessSource.Heuristic;
        }

        if (statusCode != 200 || request.HasCookie || request.HasAuthorization || response.HasSetCookie)
        {
            return FreshnessSource.None;
        }

        seconds = (long)options.DefaultTtl.TotalSeconds; // 0: with an ETag it can still be confirmed
        return FreshnessSource.Assumed;
    }
}

using System;
using GoAround.Core.Cache;
using Xunit;

namespace GoAround.Core.Tests.Cache;

/// <summary>RFC 9111 §4.2, §5.1, §5.3.</summary>
public class FreshnessTests
{
    private const string InAnHour = "Wed, 01 Jan 2025 01:00:00 GMT";
    private const string AnHourAgo = "Tue, 31 Dec 2024 23:00:00 GMT";
    private const string TenHoursAgo = "Tue, 31 Dec 2024 14:00:00 GMT";

    [Theory]
    [InlineData("Cache-Control: max-age=60", 60)]
    [InlineData("Cache-Control: max-age=60, s-maxage=30", 30)]
    [InlineData("Cache-Control: s-maxage=30, max-age=0", 30)]
    [InlineData("Cache-Control: s-maxage=0, max-age=60\nETag: \"x\"", 0)]
    [InlineData("Cache-Control: max-age=60\nExpires: 0", 60)]
    [InlineData("Cache-Control: max-age=60\nExpires: " + InAnHour, 60)]
    [InlineData("Cache-Control: max-age=0\nETag: \"x\"\nExpires: " + InAnHour, 0)]
    [InlineData("Cache-Control: max-age=x\nETag: \"x\"\nExpires: " + InAnHour, 0)]
    [InlineData("Cache-Control: foo\nExpires: " + InAnHour, 3600)]
    [InlineData("Expires: " + InAnHour, 3600)]
    [InlineData("Expires: " + InAnHour + "\nDate: " + Said.Now, 3600)]
    [InlineData("Expires: " + InAnHour + "\nDate: " + AnHourAgo, 7200)]
    [InlineData("Expires: " + InAnHour + "\nDate: yesterday", 3600)]
    [InlineData("Expires: " + AnHourAgo + "\nETag: \"x\"", 0)]
    [InlineData("Expires: " + InAnHour + "\nExpires: 0\nETag: \"x\"", 0)]
    [InlineData("Expires: 0\nExpires: " + InAnHour + "\nETag: \"x\"", 0)]
    [InlineData("Expires: 0\nLast-Modified: " + TenHoursAgo, 0)]
    [InlineData("Expires: -1\nLast-Modified: " + TenHoursAgo, 0)]
    [InlineData("Expires: \nLast-Modified: " + TenHoursAgo, 0)]
    [InlineData("Expires: Wed, 01 Jan 2025 01:00:00 EST\nETag: \"x\"", 0)]
    [InlineData("Expires: Fri, 31 Dec 9999 23:59:59 GMT", 2147483648)]
    [InlineData("CDN-Cache-Control: max-age=10\nCache-Control: max-age=60\nExpires: " + InAnHour, 10)]
    [InlineData("CDN-Cache-Control: foo\nExpires: " + InAnHour, 60)]
    public void Section_4_2_1_the_strongest_statement_counts(string lines, long expected) => Assert.Equal(expected, Said.Decide(lines).LifetimeSeconds);

    [Theory]
    [InlineData("Last-Modified: " + TenHoursAgo, 200, 3600)]
    [InlineData("Last-Modified: " + TenHoursAgo + "\nDate: " + AnHourAgo, 200, 3240)]
    [InlineData("Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT", 200, 86400)]
    [InlineData("Last-Modified: " + InAnHour, 200, 0)]
    [InlineData("Last-Modified: " + TenHoursAgo, 203, 3600)]
    [InlineData("Last-Modified: " + TenHoursAgo, 204, 3600)]
    [InlineData("Last-Modified: " + TenHoursAgo, 300, 3600)]
    [InlineData("Last-Modified: " + TenHoursAgo, 301, 3600)]
    [InlineData("Last-Modified: " + TenHoursAgo, 308, 3600)]
    [InlineData("Last-Modified: " + TenHoursAgo, 404, 3600)]
    [InlineData("Last-Modified: " + TenHoursAgo, 405, 3600)]
    [InlineData("Last-Modified: " + TenHoursAgo, 410, 3600)]
    [InlineData("Last-Modified: " + TenHoursAgo, 414, 3600)]
    [InlineData("Last-Modified: " + TenHoursAgo, 501, 3600)]
    [InlineData("Last-Modified: " + TenHoursAgo + "\nCache-Control: public", 302, 3600)]
    [InlineData("Last-Modified: " + TenHoursAgo + "\nCache-Control: public", 599, 3600)]
    [InlineData("Last-Modified: " + TenHoursAgo + "\nCache-Control: public\nSet-Cookie: a=b", 200, 3600)]
    public void Section_4_2_2_a_tenth_of_the_time_since_Last_Modified_is_guessed(string lines, int status, long expected)
    {
        StoreDecision decision = Said.Decide(lines, "Cookie: a=b", status);
        Assert.True(decision.IsStored);
        Assert.Equal(expected, decision.LifetimeSeconds);
        Assert.Equal(StoredFlags.Heuristic, decision.Flags);
    }

    [Theory]
    [InlineData("Last-Modified: " + TenHoursAgo, 201)]
    [InlineData("Last-Modified: " + TenHoursAgo, 202)]
    [InlineData("Last-Modified: " + TenHoursAgo, 302)]
    [InlineData("Last-Modified: " + TenHoursAgo, 403)]
    [InlineData("Last-Modified: " + TenHoursAgo, 500)]
    [InlineData("Last-Modified: " + TenHoursAgo, 503)]
    [InlineData("Last-Modified: " + TenHoursAgo, 599)]
    [InlineData("Last-Modified: " + TenHoursAgo + "\nSet-Cookie: a=b", 200)]
    [InlineData("Last-Modified: " + TenHoursAgo + "\nPragma: no-cache", 200)]
    public void Section_4_2_2_nothing_is_guessed_where_it_may_not_be(string lines, int status) => Assert.Equal(CacheBypass.NoFreshness, Said.Decide(lines, status: status).Bypass);

    [Theory]
    [InlineData("", "", 200, true)]
    [InlineData("ETag: \"x\"", "", 200, true)]
    [InlineData("Cache-Control: must-revalidate", "", 200, true)]
    [InlineData("Last-Modified: yesterday", "", 200, true)]
    [InlineData("ETag: \"x\"", "Cookie: a=b", 200, false)]
    [InlineData("Cache-Control: public", "Cookie: a=b", 200, false)]
    [InlineData("Cache-Control: public", "Authorization: x", 200, false)]
    [InlineData("Set-Cookie: a=b", "", 200, false)]
    [InlineData("Set-Cookie: a=b\nCache-Control: public", "", 200, false)]
    [InlineData("Pragma: no-cache", "", 200, false)]
    [InlineData("", "", 404, false)]
    [InlineData("", "", 301, false)]
    public void A_freshness_is_assumed_only_for_a_200_that_is_nobodys_own(string lines, string request, int status, bool isStored)
    {
        StoreDecision decision = Said.Decide(lines, request, status);
        Assert.Equal(isStored ? CacheBypass.None : CacheBypass.NoFreshness, decision.Bypass);
        Assert.Equal(isStored ? 60 : 0, decision.LifetimeSeconds);
        Assert.Equal(isStored, (decision.Flags & StoredFlags.AssumedFreshness) != 0);
    }

    [Fact]
    public void Without_an_assumed_freshness_only_what_can_be_confirmed_is_stored()
    {
        CacheOptions options = new() { DefaultTtl = TimeSpan.Zero };
        Assert.Equal(CacheBypass.NoFreshness, Said.Decide("", options: options).Bypass);
        Assert.Equal(0, Said.Decide("ETag: \"x\"", options: options).LifetimeSeconds);
        Assert.True(Said.Decide("ETag: \"x\"", options: options).IsStored);
    }

    [Theory]
    [InlineData("", 0)]
    [InlineData("Age: 30", 30)]
    [InlineData("Age: 0", 0)]
    [InlineData("Age: 007", 7)]
    [InlineData("Age: 30, 5", 30)]
    [InlineData("Age: 5, 30", 5)]
    [InlineData("Age: 5\nAge: 30", 5)]
    [InlineData("Age: -30", 0)]
    [InlineData("Age: 30.5", 0)]
    [InlineData("Age: x", 0)]
    [InlineData("Age: x, 30", 0)]
    [InlineData("Age: \"30\"", 0)]
    [InlineData("Age: 99999999999999999999", 2147483648)]
    [InlineData("Age: 2147483647", 2147483647)]
    [InlineData("Date: " + AnHourAgo, 3600)]
    [InlineData("Date: " + AnHourAgo + "\nAge: 30", 3600)]
    [InlineData("Date: " + AnHourAgo + "\nAge: 4000", 4000)]
    [InlineData("Date: " + InAnHour, 0)]
    [InlineData("Date: yesterday", 0)]
    public void Section_4_2_3_a_response_is_as_old_as_it_says_or_as_its_Date_shows(string lines, long expected) =>
        Assert.Equal(expected, Said.Decide($"Cache-Control: max-age=9\nETag: \"x\"\n{lines}").InitialAgeSeconds);

    [Fact]
    public void Section_4_2_3_the_time_it_took_to_come_counts()
    {
        ProxyResponse response = Said.Response("Cache-Control: max-age=60\nAge: 10");
        Assert.Equal(15, StoreRules.Decide(Said.Facts(), response, new CacheOptions(), Said.NowMs - 5000, Said.NowMs).InitialAgeSeconds);
        Assert.Equal(10, StoreRules.Decide(Said.Facts(), response, new CacheOptions(), Said.NowMs + 5000, Said.NowMs).InitialAgeSeconds);
    }

    [Fact]
    public void Section_4_2_3_it_grows_older_where_it_is_stored()
    {
        StoredHead head = Said.Stored("Cache-Control: max-age=60\nAge: 10");
        Assert.Equal(10, head.AgeSeconds(Said.NowMs + 999));
        Assert.Equal(11, head.AgeSeconds(Said.NowMs + 1000));
        Assert.Equal(10, head.AgeSeconds(Said.NowMs - 5000));
        Assert.Equal(50, head.FreshSeconds(Said.NowMs));
        Assert.Equal(-10, head.FreshSeconds(Said.NowMs + 60_000));
    }
}

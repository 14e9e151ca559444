using System;
using GoAround.Core.Cache;
using Xunit;

namespace GoAround.Core.Tests.Cache;

/// <summary>RFC 9111 §4, §4.2.4, §5.2.1, §5.2.2, §5.4, RFC 5861. What is stored is fresh for 60 seconds.</summary>
public class ReuseRulesTests
{
    [Theory]
    [InlineData("max-age=60", "", 0, Reuse.Serve)]
    [InlineData("max-age=60", "", 59, Reuse.Serve)]
    [InlineData("max-age=60", "", 60, Reuse.Validate)]
    [InlineData("s-maxage=60", "", 59, Reuse.Serve)]
    [InlineData("max-age=60, must-revalidate", "", 59, Reuse.Serve)]
    [InlineData("max-age=60, no-cache", "", 0, Reuse.Validate)]
    [InlineData("max-age=60, no-cache=\"Foo\"", "", 0, Reuse.Serve)]
    public void Section_4_2_what_is_fresh_is_the_answer(string control, string request, int later, object expected) => AssertReuse(control, request, later, expected);

    [Theory]
    [InlineData("Cache-Control: no-cache", 0, Reuse.Validate)]
    [InlineData("Pragma: no-cache", 0, Reuse.Validate)]
    [InlineData("Pragma: foo\nCache-Control: nothing-to-see-here", 0, Reuse.Serve)]
    [InlineData("Cache-Control: max-age=0", 0, Reuse.Validate)]
    [InlineData("Cache-Control: max-age=10", 10, Reuse.Serve)]
    [InlineData("Cache-Control: max-age=10", 11, Reuse.Validate)]
    [InlineData("Cache-Control: max-age=x", 0, Reuse.Validate)]
    [InlineData("Cache-Control: max-age=10, max-stale=100", 11, Reuse.Validate)]
    [InlineData("Cache-Control: min-fresh=30", 30, Reuse.Serve)]
    [InlineData("Cache-Control: min-fresh=30", 31, Reuse.Validate)]
    [InlineData("Cache-Control: min-fresh=x", 31, Reuse.Serve)]
    [InlineData("Cache-Control: max-stale", 1000, Reuse.ServeStale)]
    [InlineData("Cache-Control: max-stale=10", 70, Reuse.ServeStale)]
    [InlineData("Cache-Control: max-stale=10", 71, Reuse.Validate)]
    [InlineData("Cache-Control: max-stale=x", 61, Reuse.Validate)]
    [InlineData("Cache-Control: max-stale, min-fresh=1", 60, Reuse.Validate)]
    [InlineData("Cache-Control: only-if-cached", 0, Reuse.Serve)]
    [InlineData("Cookie: a=b\nAuthorization: x", 0, Reuse.Serve)]
    public void Section_5_2_1_the_client_says_how_fresh_it_wants_it(string request, int later, object expected) => AssertReuse("max-age=60", request, later, expected);

    [Theory]
    [InlineData("max-age=60, must-revalidate")]
    [InlineData("max-age=60, proxy-revalidate")]
    [InlineData("s-maxage=60")]
    [InlineData("max-age=60, no-cache")]
    public void Section_4_2_4_no_client_gets_it_stale_where_the_origin_forbids_it(string control)
    {
        AssertReuse(control + ", stale-while-revalidate=100, stale-if-error=100", "Cache-Control: max-stale", 61, Reuse.Validate);
        Assert.False(MayServe(control + ", stale-while-revalidate=100, stale-if-error=100", "Cache-Control: max-stale, stale-if-error=100", 61, StaleCause.Disconnected));
    }

    [Theory]
    [InlineData("", 59, Reuse.Serve)]
    [InlineData("", 60, Reuse.ServeAndRefresh)]
    [InlineData("", 70, Reuse.ServeAndRefresh)]
    [InlineData("", 71, Reuse.Validate)]
    [InlineData("Cache-Control: no-cache", 60, Reuse.Validate)]
    [InlineData("Cache-Control: max-age=100", 61, Reuse.Validate)]
    [InlineData("Cache-Control: max-age=100, max-stale", 61, Reuse.ServeAndRefresh)]
    [InlineData("Cache-Control: min-fresh=0", 61, Reuse.Validate)]
    [InlineData("Cache-Control: max-stale", 71, Reuse.ServeStale)]
    public void RFC_5861_section_3_it_is_used_while_it_is_refreshed(string request, int later, object expected) =>
        AssertReuse("max-age=60, stale-while-revalidate=10", request, later, expected);

    [Theory]
    [InlineData("max-age=60, stale-if-error=20", "", 80, StaleCause.ServerError, true)]
    [InlineData("max-age=60, stale-if-error=20", "", 81, StaleCause.ServerError, false)]
    [InlineData("max-age=60, stale-if-error=20", "", 80, StaleCause.Disconnected, true)]
    [InlineData("max-age=60, stale-if-error=5", "", 69, StaleCause.Disconnected, false)]
    [InlineData("max-age=60, stale-if-error=0", "", 60, StaleCause.Disconnected, false)]
    [InlineData("max-age=60", "", 70, StaleCause.Disconnected, true)]
    [InlineData("max-age=60", "", 71, StaleCause.Disconnected, false)]
    [InlineData("max-age=60", "", 61, StaleCause.ServerError, false)]
    [InlineData("max-age=60", "Cache-Control: stale-if-error=20", 80, StaleCause.ServerError, true)]
    [InlineData("max-age=60", "Cache-Control: no-cache", 10, StaleCause.Disconnected, false)]
    [InlineData("max-age=60", "Cache-Control: max-age=1", 10, StaleCause.Disconnected, true)]
    [InlineData("max-age=0", "", 1, StaleCause.Disconnected, false)]
    [InlineData("max-age=0, stale-if-error=5", "", 1, StaleCause.Disconnected, true)]
    public void RFC_5861_section_4_it_is_used_where_no_backend_has_a_better_answer(string control, string request, int later, object cause, bool expected) =>
        Assert.Equal(expected, MayServe(control, request, later, (StaleCause)cause));

    [Fact]
    public void Without_a_time_of_staleness_nothing_is_used_stale_that_the_origin_does_not_allow()
    {
        StoredHead head = Said.Stored("Cache-Control: max-age=60");
        CacheOptions options = new() { StaleTime = TimeSpan.Zero };
        Assert.False(ReuseRules.MayServeOnError(Said.Facts(), in head, Said.NowMs + 60_000, options, StaleCause.Disconnected));
    }

    [Theory]
    [InlineData("", Reuse.Serve, true)]
    [InlineData("Cookie: a=b", Reuse.Pass, false)]
    [InlineData("Authorization: x", Reuse.Pass, false)]
    public void An_assumed_freshness_answers_no_one_who_is_known(string request, object expected, bool onError)
    {
        StoredHead head = Said.Stored("ETag: \"x\"");
        RequestFacts facts = Said.Facts(request);
        Assert.Equal((Reuse)expected, ReuseRules.Decide(in facts, in head, Said.NowMs));
        Assert.Equal(onError, ReuseRules.MayServeOnError(in facts, in head, Said.NowMs, new CacheOptions(), StaleCause.Disconnected));
    }

    [Fact]
    public void Section_4_2_3_the_Age_it_came_with_counts()
    {
        StoredHead head = Said.Stored("Cache-Control: max-age=60\nAge: 50");
        Assert.Equal(Reuse.Serve, ReuseRules.Decide(Said.Facts(), in head, Said.NowMs + 9_000));
        Assert.Equal(Reuse.Validate, ReuseRules.Decide(Said.Facts(), in head, Said.NowMs + 10_000));
    }

    private static void AssertReuse(string control, string request, int laterSeconds, object expected)
    {
        StoredHead head = Said.Stored($"Cache-Control: {control}\nETag: \"x\"");
        Assert.Equal((Reuse)expected, ReuseRules.Decide(Said.Facts(request), in head, Said.NowMs + (laterSeconds * 1000L)));
    }

    private static bool MayServe(string control, string request, int laterSeconds, StaleCause cause)
    {
        StoredHead head = Said.Stored($"Cache-Control: {control}\nETag: \"x\"");
        return ReuseRules.MayServeOnError(Said.Facts(request), in head, Said.NowMs + (laterSeconds * 1000L), new CacheOptions(), cause);
    }
}

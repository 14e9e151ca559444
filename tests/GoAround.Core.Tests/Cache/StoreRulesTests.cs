using GoAround.Core.Cache;
using Xunit;

namespace GoAround.Core.Tests.Cache;

/// <summary>RFC 9111 §3, §3.5, §5.2.2.</summary>
public class StoreRulesTests
{
    [Theory]
    [InlineData("GET", CacheBypass.None)]
    [InlineData("HEAD", CacheBypass.Method)]
    [InlineData("POST", CacheBypass.Method)]
    [InlineData("PUT", CacheBypass.Method)]
    [InlineData("QUERY", CacheBypass.Method)]
    [InlineData("OPTIONS", CacheBypass.Method)]
    [InlineData("FOO", CacheBypass.Method)]
    public void Section_3_only_answers_to_GET_are_stored(string method, CacheBypass expected) =>
        Assert.Equal(expected, StoreRules.Decide(Said.Facts("", method), Said.Response("Cache-Control: max-age=60"), new CacheOptions(), Said.NowMs, Said.NowMs).Bypass);

    [Theory]
    [InlineData(200)]
    [InlineData(201)]
    [InlineData(203)]
    [InlineData(204)]
    [InlineData(299)]
    [InlineData(302)]
    [InlineData(307)]
    [InlineData(400)]
    [InlineData(404)]
    [InlineData(451)]
    [InlineData(499)]
    [InlineData(500)]
    [InlineData(503)]
    [InlineData(599)]
    public void Section_3_any_final_status_is_stored_that_states_its_freshness(int status)
    {
        Assert.Equal(CacheBypass.None, Said.Decide("Cache-Control: max-age=60", status: status).Bypass);
        Assert.Equal(CacheBypass.None, Said.Decide("Expires: Wed, 01 Jan 2025 01:00:00 GMT", status: status).Bypass);
    }

    [Theory]
    [InlineData(101)]
    [InlineData(103)]
    [InlineData(206)]
    [InlineData(304)]
    public void Section_3_what_does_not_stand_alone_is_not_stored(int status) => Assert.Equal(CacheBypass.Status, Said.Decide("Cache-Control: max-age=60", status: status).Bypass);

    [Theory]
    [InlineData(428)]
    [InlineData(429)]
    [InlineData(431)]
    [InlineData(511)]
    public void RFC_6585_what_is_about_one_client_is_not_stored_whatever_it_says(int status)
    {
        Assert.Equal(CacheBypass.Status, Said.Decide("Cache-Control: public, max-age=60", status: status).Bypass);
        Assert.Equal(CacheBypass.Status, Said.Decide("CDN-Cache-Control: max-age=60", status: status).Bypass);
        Assert.Equal(CacheBypass.Status, Said.Decide("Cache-Control: max-age=60, must-understand, no-store", status: status).Bypass);
    }

    [Theory]
    [InlineData(200, true)]
    [InlineData(404, true)]
    [InlineData(503, true)]
    [InlineData(299, false)]
    [InlineData(499, false)]
    [InlineData(599, false)]
    public void Section_5_2_2_3_must_understand_takes_the_place_of_no_store_where_the_status_is_understood(int status, bool isStored)
    {
        Assert.Equal(isStored, Said.Decide("Cache-Control: max-age=60, must-understand", status: status).IsStored);
        Assert.Equal(isStored, Said.Decide("Cache-Control: max-age=60, must-understand, no-store", status: status).IsStored);
    }

    [Theory]
    [InlineData("no-store", CacheBypass.Forbidden)]
    [InlineData("private", CacheBypass.Forbidden)]
    [InlineData("private, public", CacheBypass.Forbidden)]
    [InlineData("NO-STORE", CacheBypass.Forbidden)]
    [InlineData("private=\"Foo\"", CacheBypass.None)]
    [InlineData("no-cache=\"Foo\"", CacheBypass.None)]
    [InlineData("no-transform, immutable, foo=bar", CacheBypass.None)]
    public void Section_5_2_2_no_store_and_private_forbid(string directive, CacheBypass expected) =>
        Assert.Equal(expected, Said.Decide("Cache-Control: max-age=60, " + directive).Bypass);

    [Fact]
    public void Section_5_2_1_5_a_request_with_no_store_has_its_answer_not_stored() =>
        Assert.Equal(CacheBypass.RequestNoStore, Said.Decide("Cache-Control: max-age=60", "Cache-Control: no-store").Bypass);

    [Theory]
    [InlineData("max-age=60", CacheBypass.Authorization)]
    [InlineData("max-age=60, proxy-revalidate", CacheBypass.Authorization)]
    [InlineData("max-age=60, public", CacheBypass.None)]
    [InlineData("max-age=60, must-revalidate", CacheBypass.None)]
    [InlineData("s-maxage=60", CacheBypass.None)]
    [InlineData("public, private", CacheBypass.Forbidden)]
    public void Section_3_5_an_answer_to_credentials_is_stored_only_where_it_says_so(string control, CacheBypass expected) =>
        Assert.Equal(expected, Said.Decide("Cache-Control: " + control, "Authorization: Basic eDp5").Bypass);

    [Theory]
    [InlineData("Cache-Control: no-cache", CacheBypass.NoFreshness)]
    [InlineData("Cache-Control: no-cache\nETag: \"x\"", CacheBypass.None)]
    [InlineData("Cache-Control: max-age=0", CacheBypass.NoFreshness)]
    [InlineData("Cache-Control: max-age=0\nETag: \"x\"", CacheBypass.None)]
    [InlineData("Cache-Control: max-age=0\nLast-Modified: Sun, 06 Nov 1994 08:49:37 GMT", CacheBypass.None)]
    [InlineData("Cache-Control: max-age=0\nLast-Modified: yesterday", CacheBypass.NoFreshness)]
    [InlineData("Cache-Control: max-age=0, stale-while-revalidate=10", CacheBypass.None)]
    [InlineData("Cache-Control: max-age=0, stale-if-error=10", CacheBypass.None)]
    [InlineData("Cache-Control: max-age=0, stale-if-error=10, must-revalidate", CacheBypass.NoFreshness)]
    [InlineData("Cache-Control: max-age=60\nAge: 60", CacheBypass.NoFreshness)]
    [InlineData("Cache-Control: max-age=60\nAge: 59", CacheBypass.None)]
    [InlineData("Expires: 0", CacheBypass.NoFreshness)]
    public void What_could_never_be_used_is_not_stored(string lines, CacheBypass expected) => Assert.Equal(expected, Said.Decide(lines).Bypass);

    [Theory]
    [InlineData("max-age=60", StoredFlags.None)]
    [InlineData("max-age=60, must-revalidate", StoredFlags.MustRevalidate)]
    [InlineData("max-age=60, proxy-revalidate", StoredFlags.MustRevalidate)]
    [InlineData("s-maxage=60", StoredFlags.MustRevalidate)]
    [InlineData("max-age=60, no-cache", StoredFlags.NoCache)]
    [InlineData("max-age=60, no-cache=\"Foo\"", StoredFlags.OmitsFields)]
    [InlineData("max-age=60, private=\"Foo\"", StoredFlags.OmitsFields)]
    [InlineData("max-age=60, stale-if-error=0", StoredFlags.StatesStaleIfError)]
    public void Section_5_2_2_what_holds_for_a_response_is_kept_with_it(string control, object expected) =>
        Assert.Equal((StoredFlags)expected, Said.Decide($"Cache-Control: {control}\nETag: \"x\"").Flags);

    [Theory]
    [InlineData("Cache-Control: max-age=60", 60 + 60)]
    [InlineData("Cache-Control: max-age=60\nAge: 20", 40 + 60)]
    [InlineData("Cache-Control: max-age=60, stale-if-error=500, stale-while-revalidate=700", 60 + 700)]
    [InlineData("Cache-Control: max-age=60, must-revalidate", 60)]
    [InlineData("Cache-Control: max-age=60, must-revalidate\nETag: \"x\"", 60 + 86400)]
    public void It_is_kept_for_as_long_as_something_can_be_done_with_it(string lines, int seconds) =>
        Assert.Equal(Said.NowMs + (seconds * 1000L), Said.Decide(lines).KeepUntilMs);

    [Fact]
    public void A_confirmed_response_stays_whoever_asked_and_goes_where_the_origin_takes_it_back()
    {
        CacheOptions options = new();
        Assert.True(StoreRules.DecideUpdate(Said.Response("Cache-Control: max-age=60\nETag: \"x\""), options, Said.NowMs, Said.NowMs).IsStored);
        Assert.Equal(CacheBypass.Forbidden, StoreRules.DecideUpdate(Said.Response("Cache-Control: no-store\nETag: \"x\""), options, Said.NowMs, Said.NowMs).Bypass);
    }

    [Theory]
    [InlineData("If-Match: \"x\"", CacheBypass.Request)]
    [InlineData("If-Unmodified-Since: Sun, 06 Nov 1994 08:49:37 GMT", CacheBypass.Request)]
    [InlineData("If-None-Match: \"x\"", CacheBypass.None)]
    [InlineData("Cache-Control: no-store", CacheBypass.RequestNoStore)]
    [InlineData("Cache-Control: no-cache", CacheBypass.None)]
    public void Section_4_3_2_what_only_the_origin_may_evaluate_goes_there(string lines, CacheBypass expected) => Assert.Equal(expected, Said.Facts(lines).Bypass);

    [Fact]
    public void A_request_with_a_body_an_upgrade_or_no_path_goes_past_the_cache()
    {
        ProxyRequest body = Said.Request();
        body.Body = MessageBody.FromBytes(new byte[1]);
        ProxyRequest upgrade = Said.Request();
        upgrade.UpgradeProtocol = "websocket"u8.ToArray();
        foreach (ProxyRequest request in (ProxyRequest[])[body, upgrade, Said.Request(target: "*")])
        {
            Assert.Equal(CacheBypass.Request, RequestFacts.Read(request).Bypass);
        }
    }

    [Theory]
    [InlineData("POST", true)]
    [InlineData("DELETE", true)]
    [InlineData("FOO", true)]
    [InlineData("GET", false)]
    [InlineData("HEAD", false)]
    [InlineData("OPTIONS", false)]
    [InlineData("TRACE", false)]
    [InlineData("QUERY", false)]
    public void Section_4_4_a_method_that_is_not_known_to_be_safe_is_unsafe(string method, bool isUnsafe) => Assert.Equal(isUnsafe, Said.Facts("", method).IsUnsafe);
}

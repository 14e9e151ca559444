using System;
using System.Threading.Tasks;
using GoAround.Core.Tests.Wire;
using Xunit;

namespace GoAround.Core.Tests.Cache;

/// <summary>A full answer takes the place of what is stored, also where it is not stored itself (RFC 9111 §4.3.3); of two answers the more recent one counts (§4).</summary>
public sealed class SupersededTests
{
    private const string Renewable = "Cache-Control: max-age=1, stale-while-revalidate=86400, stale-if-error=86400";

    [Theory]
    [InlineData("Cache-Control: no-store", 200)]
    [InlineData("Cache-Control: private", 200)]
    [InlineData("Cache-Control: max-age=60|Vary: *", 200)]
    [InlineData("Cache-Control: max-age=0", 200)]
    [InlineData("Location: /login", 302)]
    [InlineData("", 404)]
    [InlineData("Cache-Control: no-store", 410)]
    public async Task A_refresh_whose_answer_is_not_stored_takes_what_is_stored_out_of_use(string fields, int status)
    {
        await using CacheStage stage = new();
        await stage.FillAsync("old", Renewable);
        stage.Advance(3);
        Assert.Equal("old", (await stage.AskAsync(fields: "X-Odd: 1")).Body);
        OriginCall call = await stage.CallAsync();
        call.Answer("gone", fields, status);
        await Until.TrueAsync(() => call.Disposals == 1, "the refresh did not end");
        Assert.Empty(((DictionaryCache)stage.Store).Keys);
    }

    [Theory]
    [InlineData(400)]
    [InlineData(401)]
    [InlineData(403)]
    [InlineData(429)]
    [InlineData(500)]
    [InlineData(503)]
    public async Task A_refresh_that_meets_an_error_leaves_what_is_stored(int status)
    {
        await using CacheStage stage = new();
        await stage.FillAsync("old", Renewable);
        stage.Advance(3);
        Assert.Equal("old", (await stage.AskAsync()).Body);
        OriginCall call = await stage.CallAsync();
        call.Answer("no", "Cache-Control: no-store", status);
        await Until.TrueAsync(() => call.Disposals == 1, "the refresh did not end");
        Assert.Equal("old", (await stage.AskAsync()).Body);
    }

    [Fact]
    public async Task A_validation_answered_in_full_leaves_nothing_for_an_error_to_come()
    {
        await using CacheStage stage = new();
        await stage.FillAsync("old", "Cache-Control: max-age=1, stale-if-error=86400|ETag: \"1\"");
        stage.Advance(3);
        Task<CacheReply> asking = stage.AskAsync();
        (await stage.CallAsync()).Answer("mine", "Cache-Control: private");
        Assert.Equal("mine", (await asking).Body);
        asking = stage.AskAsync();
        (await stage.CallAsync()).Answer("broken", "", 503);
        Assert.Equal(503, (await asking).StatusCode);
    }

    [Theory]
    [InlineData("Cache-Control: no-store", 200)]
    [InlineData("", 404)]
    public async Task A_plain_reload_whose_answer_is_not_stored_takes_even_what_is_fresh_out_of_use(string fields, int status)
    {
        await using CacheStage stage = new();
        await stage.FillAsync("old");
        Task<CacheReply> asking = stage.AskAsync(fields: "User-Agent: x|Accept: */*|Accept-Language: de|Sec-Fetch-Mode: navigate|Cache-Control: no-cache|If-None-Match: \"0\"");
        (await stage.CallAsync()).Answer("gone", fields, status);
        Assert.Equal("gone", (await asking).Body);
        Assert.Empty(((DictionaryCache)stage.Store).Keys);
    }

    [Theory]
    [InlineData("X-Odd: 1")]
    [InlineData("X-HTTP-Method-Override: POST")]
    [InlineData("X-Original-URL: /nothing")]
    [InlineData("Cookie: a=1")]
    [InlineData("Authorization: Basic x")]
    [InlineData("Range: bytes=0-0")]
    [InlineData("Origin: http://evil")]
    public async Task Nobody_who_asks_in_a_way_of_his_own_takes_from_others_what_is_fresh(string field)
    {
        await using CacheStage stage = new();
        await stage.FillAsync("old");
        foreach ((string fields, int status) in new[] { ("Cache-Control: private", 200), ("", 404) })
        {
            Task<CacheReply> asking = stage.AskAsync(fields: "Cache-Control: no-cache|" + field);
            (await stage.CallAsync()).Answer("gone", fields, status);
            Assert.Equal("gone", (await asking).Body);
            Assert.Equal("old", (await stage.AskAsync()).Body);
        }
    }

    [Theory]
    [InlineData("X-Odd: 1")]
    [InlineData("Cookie: a=1")]
    public async Task Nobody_who_asks_in_a_way_of_his_own_takes_from_others_what_is_fresh_by_a_confirmation(string field)
    {
        await using CacheStage stage = new();
        await stage.FillAsync("old", "Cache-Control: max-age=60|ETag: \"1\"");
        Task<CacheReply> asking = stage.AskAsync(fields: "Cache-Control: max-age=0|" + field);
        (await stage.CallAsync()).Answer(MessageBody.Empty, "Cache-Control: private|ETag: \"1\"", 304);
        Assert.Equal(("old", "private"), ((await asking).Body, (await asking).Field("Cache-Control")));
        await Until.TrueAsync(() => stage.Handler.IsIdle, "the fetch did not end");
        Assert.Equal("max-age=60", (await stage.AskAsync()).Field("Cache-Control"));
    }

    [Theory]
    [InlineData("", true)]
    [InlineData("X-Format: json", false)]
    public async Task A_head_that_contradicts_takes_what_is_fresh_only_where_it_was_asked_as_anybody_asks(string field, bool isTaken)
    {
        await using CacheStage stage = new();
        await stage.FillAsync("old", "Cache-Control: max-age=60|ETag: \"1\"");
        Task<CacheReply> asking = stage.AskAsync(fields: "Cache-Control: no-cache|" + field, method: "HEAD");
        (await stage.CallAsync()).Answer("longer", "Cache-Control: max-age=60|ETag: \"2\"");
        await asking;
        Assert.Equal(isTaken, ((DictionaryCache)stage.Store).Keys.Length == 0);
    }

    [Fact]
    public async Task A_head_that_contradicts_takes_what_is_stale_whoever_asked()
    {
        await using CacheStage stage = new();
        await stage.FillAsync("old", "Cache-Control: max-age=1|ETag: \"1\"");
        stage.Advance(3);
        Task<CacheReply> asking = stage.AskAsync(fields: "X-Format: json", method: "HEAD");
        (await stage.CallAsync()).Answer("longer", "Cache-Control: max-age=60|ETag: \"2\"");
        await asking;
        Assert.Empty(((DictionaryCache)stage.Store).Keys);
    }

    [Fact]
    public async Task What_one_with_credentials_is_told_leaves_what_is_stored()
    {
        await using CacheStage stage = new();
        await stage.FillAsync("old", Renewable);
        stage.Advance(3);
        Assert.Equal("old", (await stage.AskAsync(fields: "Authorization: Basic x")).Body);
        OriginCall call = await stage.CallAsync();
        call.Answer("", "", 404);
        await Until.TrueAsync(() => call.Disposals == 1, "the refresh did not end");
        Assert.Equal("old", (await stage.AskAsync()).Body);
    }

    [Fact]
    public async Task What_was_stored_meanwhile_is_not_superseded_by_an_answer_about_the_old()
    {
        await using CacheStage stage = new();
        await stage.FillAsync("old", Renewable);
        stage.Advance(3);
        Assert.Equal("old", (await stage.AskAsync()).Body);
        OriginCall refresh = await stage.CallAsync();
        Task<CacheReply> asking = stage.AskAsync(fields: "Cache-Control: no-cache");
        for (int i = 0; i < 6; i++)
        {
            stage.Advance(1);
        }

        (await stage.CallAsync()).Answer("newer");
        Assert.Equal("newer", (await asking).Body);
        refresh.Answer("gone", "", 404);
        await Until.TrueAsync(() => refresh.Disposals == 1, "the refresh did not end");
        Assert.Equal("newer", (await stage.AskAsync()).Body);
    }

    [Fact]
    public async Task An_older_answer_that_comes_later_does_not_take_the_place_of_a_newer_one()
    {
        await using CacheStage stage = new();
        string began = stage.Time.GetUtcNow().ToString("R");
        Task<CacheReply> leader = stage.AskAsync();
        OriginCall slow = await stage.CallAsync();
        Task<CacheReply> other = stage.AskAsync();
        for (int i = 0; i < 6; i++)
        {
            stage.Advance(1);
        }

        (await stage.CallAsync()).Answer("v2", "Cache-Control: max-age=60|Date: " + stage.Time.GetUtcNow().ToString("R"));
        Assert.Equal("v2", (await other).Body);
        slow.Answer("v1", "Cache-Control: max-age=60|Date: " + began);
        Assert.Equal("v1", (await leader).Body);
        Assert.Equal("v2", (await stage.AskAsync()).Body);
    }

    [Fact]
    public async Task A_newer_answer_that_comes_later_takes_the_place_of_an_older_one()
    {
        await using CacheStage stage = new();
        await stage.FillAsync("v0", "Cache-Control: max-age=60");
        Task<CacheReply> first = stage.AskAsync(fields: "Cache-Control: no-cache");
        OriginCall one = await stage.CallAsync();
        Task<CacheReply> second = stage.AskAsync(fields: "Cache-Control: no-cache");
        (await stage.CallAsync()).Answer("v1");
        await second;
        stage.Advance(1);
        one.Answer("v2");
        await first;
        Assert.Equal("v2", (await stage.AskAsync()).Body);
    }

    [Fact]
    public async Task What_is_stored_with_a_date_to_come_gives_way_to_its_own_renewal()
    {
        await using CacheStage stage = new();
        await stage.FillAsync("v1", "Cache-Control: max-age=1|ETag: \"1\"|Date: " + stage.Time.GetUtcNow().AddHours(1).ToString("R"));
        stage.Advance(5);
        Task<CacheReply> first = stage.AskAsync();
        OriginCall one = await stage.CallAsync();
        Task<CacheReply> second = stage.AskAsync();
        for (int i = 0; i < 6; i++)
        {
            stage.Advance(1);
        }

        OriginCall two = await stage.CallAsync();
        two.Answer("no", "", 403);
        Assert.Equal(403, (await second).StatusCode);
        await Until.TrueAsync(() => two.Disposals == 1, "it did not end");
        one.Answer("v2", "Cache-Control: max-age=60|Date: " + stage.Time.GetUtcNow().ToString("R"));
        Assert.Equal("v2", (await first).Body);
        Assert.Equal("v2", (await stage.AskAsync()).Body);
    }

    [Fact]
    public async Task A_date_to_come_makes_nothing_more_recent_than_it_is()
    {
        await using CacheStage stage = new();
        await stage.FillAsync("v0");
        Task<CacheReply> first = stage.AskAsync(fields: "Cache-Control: no-cache");
        OriginCall one = await stage.CallAsync();
        Task<CacheReply> second = stage.AskAsync(fields: "Cache-Control: no-cache");
        (await stage.CallAsync()).Answer("v1", "Cache-Control: max-age=60|Date: " + stage.Time.GetUtcNow().AddHours(1).ToString("R"));
        await second;
        stage.Advance(2);
        one.Answer("v2", "Cache-Control: max-age=60|Date: " + stage.Time.GetUtcNow().ToString("R"));
        await first;
        Assert.Equal("v2", (await stage.AskAsync()).Body);
    }

    [Fact]
    public async Task An_older_answer_that_varies_does_not_take_the_place_of_a_newer_one_that_does_not()
    {
        await using CacheStage stage = new();
        string began = stage.Time.GetUtcNow().ToString("R");
        Task<CacheReply> leader = stage.AskAsync();
        OriginCall slow = await stage.CallAsync();
        Task<CacheReply> other = stage.AskAsync();
        for (int i = 0; i < 6; i++)
        {
            stage.Advance(1);
        }

        (await stage.CallAsync()).Answer("v2", "Cache-Control: max-age=60|Date: " + stage.Time.GetUtcNow().ToString("R"));
        Assert.Equal("v2", (await other).Body);
        slow.Answer("v1", "Cache-Control: max-age=60|Vary: X-Tongue|Date: " + began);
        Assert.Equal("v1", (await leader).Body);
        await Until.TrueAsync(() => stage.Handler.IsIdle, "the fetch did not end");
        Assert.Equal(["http://h/a"], ((DictionaryCache)stage.Store).Keys);
        Assert.Equal("v2", (await stage.AskAsync()).Body);
    }

    [Theory]
    [InlineData("Cache-Control: max-age=60")]
    [InlineData("Cache-Control: max-age=60|Vary: X-Other")]
    public async Task An_older_answer_does_not_take_the_place_of_a_newer_one_that_varies_otherwise(string fields)
    {
        await using CacheStage stage = new();
        string began = stage.Time.GetUtcNow().ToString("R");
        Task<CacheReply> leader = stage.AskAsync();
        OriginCall slow = await stage.CallAsync();
        Task<CacheReply> other = stage.AskAsync();
        for (int i = 0; i < 6; i++)
        {
            stage.Advance(1);
        }

        (await stage.CallAsync()).Answer("v2", "Cache-Control: max-age=60|Vary: X-Tongue|Date: " + stage.Time.GetUtcNow().ToString("R"));
        Assert.Equal("v2", (await other).Body);
        await Until.TrueAsync(() => ((DictionaryCache)stage.Store).Keys.Length == 2, "it is not stored");
        slow.Answer("v1", fields + "|Date: " + began);
        Assert.Equal("v1", (await leader).Body);
        await Until.TrueAsync(() => stage.Handler.IsIdle, "the fetch did not end");
        Assert.Equal(["http://h/a", "http://h/a\0x-tongue"], ((DictionaryCache)stage.Store).Keys);
        Assert.Equal("v2", (await stage.AskAsync()).Body);
    }

    [Fact]
    public async Task An_older_answer_does_not_take_the_place_of_a_newer_one_of_several_that_vary()
    {
        await using CacheStage stage = new();
        await stage.FillAsync("v0", "Cache-Control: max-age=1|Vary: X-Tongue");
        stage.Advance(3);
        string began = stage.Time.GetUtcNow().ToString("R");
        Task<CacheReply> leader = stage.AskAsync();
        OriginCall slow = await stage.CallAsync();
        Task<CacheReply> other = stage.AskAsync();
        for (int i = 0; i < 6; i++)
        {
            stage.Advance(1);
        }

        OriginCall quick = await stage.CallAsync();
        quick.Answer("v2", "Cache-Control: max-age=60|Vary: X-Tongue|Date: " + stage.Time.GetUtcNow().ToString("R"));
        Assert.Equal("v2", (await other).Body);
        await Until.TrueAsync(() => quick.Disposals == 1, "it did not end");
        Assert.StartsWith("test; hit", (await stage.AskAsync()).Status, StringComparison.Ordinal);
        slow.Answer("v1", "Cache-Control: max-age=60|Date: " + began);
        Assert.Equal("v1", (await leader).Body);
        await Until.TrueAsync(() => stage.Handler.IsIdle, "the fetch did not end");
        Assert.Equal("v2", (await stage.AskAsync()).Body);
    }

    [Fact]
    public async Task A_newer_answer_takes_the_place_of_an_older_one_that_varies()
    {
        await using CacheStage stage = new();
        await stage.FillAsync("v0");
        Task<CacheReply> first = stage.AskAsync(fields: "Cache-Control: no-cache");
        OriginCall one = await stage.CallAsync();
        Task<CacheReply> second = stage.AskAsync(fields: "Cache-Control: no-cache");
        (await stage.CallAsync()).Answer("v1", "Cache-Control: max-age=60|Vary: X-Tongue");
        await second;
        stage.Advance(1);
        one.Answer("v2");
        await first;
        Assert.Equal("v2", (await stage.AskAsync()).Body);
    }

    [Fact]
    public async Task A_confirmation_that_comes_late_does_not_take_the_place_of_what_is_newer()
    {
        await using CacheStage stage = new();
        await stage.FillAsync("v1", "Cache-Control: max-age=60|ETag: \"1\"");
        Task<CacheReply> first = stage.AskAsync(fields: "Cache-Control: no-cache");
        OriginCall one = await stage.CallAsync();
        string began = stage.Time.GetUtcNow().ToString("R");
        stage.Advance(2);
        Task<CacheReply> second = stage.AskAsync(fields: "Cache-Control: no-cache");
        (await stage.CallAsync()).Answer("v2");
        Assert.Equal("v2", (await second).Body);
        one.Answer(MessageBody.Empty, "ETag: \"1\"|Date: " + began, 304);
        Assert.Equal("v1", (await first).Body);
        Assert.Equal("v2", (await stage.AskAsync()).Body);
    }
}

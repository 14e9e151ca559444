using System;
using System.Linq;
using System.Threading.Tasks;
using GoAround.Core.Tests.Wire;
using Xunit;

namespace GoAround.Core.Tests.Cache;

public sealed class CachingHandlerTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_fresh_response_answers_without_a_backend(bool isStoreSlow)
    {
        await using CacheStage stage = new(new DictionaryCache { IsSlow = isStoreSlow });
        CacheReply first = await stage.FillAsync("body", "Cache-Control: max-age=60|ETag: \"1\"|X-Mine: 1");
        await Until.TrueAsync(() => stage.Store.Usage.Responses == 1, "it was not stored");
        stage.Advance(10);
        CacheReply hit = await stage.AskAsync();
        Assert.Equal((200, "body", 4), (hit.StatusCode, hit.Body, hit.ContentLength));
        Assert.Equal(("10", "1", "\"1\""), (hit.Field("Age"), hit.Field("X-Mine"), hit.Field("ETag")));
        Assert.Equal("test; hit; ttl=50", hit.Status);
        Assert.Equal("test; fwd=uri-miss; stored", first.Status);
        Assert.Equal("", first.Field("Age"));
        Assert.Equal(1, stage.Calls);
        Assert.Equal([CacheOutcome.Miss, CacheOutcome.Hit], stage.Events.Answers.Select(answer => answer.Outcome));
        Assert.Equal(TimeSpan.FromSeconds(10), stage.Events.Answers.Last().Age);
    }

    [Fact]
    public async Task Head_is_answered_from_a_stored_get()
    {
        await using CacheStage stage = new();
        await stage.FillAsync("body");
        CacheReply head = await stage.AskAsync(method: "HEAD");
        Assert.Equal((200, "", 4), (head.StatusCode, head.Body, head.ContentLength));
        Assert.Equal(1, stage.Calls);
    }

    [Fact]
    public async Task Head_goes_on_as_head_where_nothing_is_stored_and_is_not_stored()
    {
        await using CacheStage stage = new();
        Task<CacheReply> head = stage.AskAsync(method: "HEAD");
        OriginCall call = await stage.CallAsync();
        Assert.StartsWith("HEAD /a", call.Head, StringComparison.Ordinal);
        call.Answer("");
        Assert.Equal(200, (await head).StatusCode);
        Assert.Empty(((DictionaryCache)stage.Store).Keys);
    }

    [Fact]
    public async Task A_200_to_head_brings_the_stored_get_up_to_date()
    {
        await using CacheStage stage = new();
        await stage.FillAsync("body", "Cache-Control: max-age=5|ETag: \"1\"|X-Mine: old");
        stage.Advance(10);
        Task<CacheReply> head = stage.AskAsync(method: "HEAD");
        PushedBody none = new(null); // HEAD says no length here
        none.End();
        (await stage.CallAsync()).Answer(none, "Cache-Control: max-age=60|ETag: \"1\"|X-Mine: new");
        await head;
        CacheReply hit = await stage.AskAsync();
        Assert.Equal(("body", "new"), (hit.Body, hit.Field("X-Mine")));
        Assert.Equal(2, stage.Calls);
    }

    [Fact]
    public async Task A_200_to_head_about_something_else_makes_the_stored_get_go()
    {
        await using CacheStage stage = new();
        await stage.FillAsync("body", "Cache-Control: max-age=5|ETag: \"1\"");
        stage.Advance(10);
        Task<CacheReply> head = stage.AskAsync(method: "HEAD");
        (await stage.CallAsync()).Answer("", "Cache-Control: max-age=60|ETag: \"2\"");
        await head;
        Assert.Empty(((DictionaryCache)stage.Store).Keys);
    }

    [Fact]
    public async Task A_304_brings_what_is_stored_up_to_date()
    {
        await using CacheStage stage = new();
        await stage.FillAsync("body", "Cache-Control: max-age=5|ETag: \"1\"|X-Mine: old");
        stage.Advance(10);
        Task<CacheReply>[] asking = [stage.AskAsync(), stage.AskAsync(fields: "If-None-Match: \"0\""), stage.AskAsync(fields: "If-None-Match: \"1\"")];
        OriginCall call = await stage.CallAsync();
        Assert.Contains("If-None-Match: \"1\"", call.Head, StringComparison.Ordinal);
        Assert.DoesNotContain("\"0\"", call.Head, StringComparison.Ordinal);
        call.Answer(MessageBody.Empty, "Cache-Control: max-age=60|ETag: \"1\"|X-Mine: new", 304);
        CacheReply[] replies = await Task.WhenAll(asking);
        Assert.Equal([200, 200, 304], replies.Select(reply => reply.StatusCode));
        Assert.Equal(["body", "body", ""], replies.Select(reply => reply.Body));
        Assert.Equal("new", replies[0].Field("X-Mine"));
        CacheReply hit = await stage.AskAsync();
        Assert.Equal(("body", "new", "test; hit; ttl=60"), (hit.Body, hit.Field("X-Mine"), hit.Status));
        Assert.Equal(2, stage.Calls);
        Assert.Equal(1, call.Disposals);
        Assert.Equal(1, stage.Events.Count(CacheOutcome.Revalidated));
        Assert.Equal(2, stage.Events.Count(CacheOutcome.Coalesced));
    }

    [Fact]
    public async Task A_304_about_something_else_is_asked_again_without_conditions()
    {
        await using CacheStage stage = new();
        await stage.FillAsync("old", "Cache-Control: max-age=5|ETag: \"1\"");
        stage.Advance(10);
        Task<CacheReply> asking = stage.AskAsync();
        (await stage.CallAsync()).Answer(MessageBody.Empty, "ETag: \"2\"", 304);
        OriginCall again = await stage.CallAsync();
        Assert.DoesNotContain("If-None-Match", again.Head, StringComparison.Ordinal);
        again.Answer("new", "Cache-Control: max-age=5|ETag: \"2\"");
        Assert.Equal("new", (await asking).Body);
        Assert.Equal("new", (await stage.AskAsync()).Body);
    }

    [Fact]
    public async Task Conditions_of_a_client_are_answered_from_the_store()
    {
        await using CacheStage stage = new();
        CacheReply cold = await stage.FillAsync("body", "Cache-Control: max-age=60|ETag: \"1\"", fields: "If-None-Match: \"1\"");
        Assert.Equal((304, ""), (cold.StatusCode, cold.Body));
        Assert.Equal(304, (await stage.AskAsync(fields: "If-None-Match: \"1\"")).StatusCode);
        Assert.Equal(200, (await stage.AskAsync(fields: "If-None-Match: \"2\"")).StatusCode);
        Assert.Equal(1, stage.Calls);
    }

    [Fact]
    public async Task Ranges_are_answered_from_the_store()
    {
        await using CacheStage stage = new();
        await stage.FillAsync("0123456789", "Cache-Control: max-age=60");
        CacheReply part = await stage.AskAsync(fields: "Range: bytes=2-4");
        Assert.Equal((206, "234", 3, "bytes 2-4/10"), (part.StatusCode, part.Body, part.ContentLength, part.Field("Content-Range")));
        CacheReply beyond = await stage.AskAsync(fields: "Range: bytes=20-");
        Assert.Equal((416, "", "bytes */10"), (beyond.StatusCode, beyond.Body, beyond.Field("Content-Range")));
        Assert.Equal(1, stage.Calls);
    }

    [Fact]
    public async Task A_range_of_what_is_being_fetched_waits_for_its_bytes_and_one_of_nothing_goes_on()
    {
        await using CacheStage stage = new();
        Task<CacheReply> cold = stage.AskAsync(fields: "Range: bytes=0-1");
        OriginCall range = await stage.CallAsync();
        Assert.Contains("Range: bytes=0-1", range.Head, StringComparison.Ordinal);
        range.Answer("01", "Content-Range: bytes 0-1/10|Cache-Control: max-age=60", 206);
        Assert.Equal((206, "01"), ((await cold).StatusCode, (await cold).Body));

        Task<CacheReply> whole = stage.AskAsync("/b");
        PushedBody body = new(10);
        (await stage.CallAsync()).Answer(body);
        body.Push("01234");
        Task<CacheReply> part = stage.AskAsync("/b", "Range: bytes=7-8");
        body.Push("56789");
        Assert.Equal((206, "78"), ((await part).StatusCode, (await part).Body));
        Assert.Equal("0123456789", (await whole).Body);
        Assert.Equal(2, stage.Calls);
    }

    [Theory]
    [InlineData("Cache-Control: only-if-cached, no-store", "GET")]
    [InlineData("Cache-Control: only-if-cached, no-store", "HEAD")]
    [InlineData("Cache-Control: only-if-cached|If-Match: \"1\"", "GET")]
    public async Task Only_if_cached_goes_to_no_backend_where_the_cache_is_not_asked_either(string fields, string method)
    {
        await using CacheStage stage = new();
        await stage.FillAsync("a");
        Assert.Equal(504, (await stage.AskAsync(fields: fields, method: method)).StatusCode);
        Assert.Equal(1, stage.Calls);
    }

    [Fact]
    public async Task Only_if_cached_gets_what_is_stored_or_504()
    {
        await using CacheStage stage = new();
        CacheReply refused = await stage.AskAsync(fields: "Cache-Control: only-if-cached");
        Assert.Equal((504, ProxyError.ProxyInternalResponse, "no-store"), (refused.StatusCode, refused.Error, refused.Field("Cache-Control")));
        await stage.FillAsync("body");
        Assert.Equal("body", (await stage.AskAsync(fields: "Cache-Control: only-if-cached")).Body);
        Assert.Equal(1, stage.Calls);
    }

    [Theory]
    [InlineData("GET", "")]
    [InlineData("GET", "Cache-Control: no-store")]
    [InlineData("GET", "Cache-Control: only-if-cached")]
    [InlineData("HEAD", "")]
    [InlineData("POST", "")]
    public async Task RFC_9211_section_2_an_error_of_our_own_has_no_Cache_Status(string method, string fields)
    {
        await using CacheStage stage = new();
        Task<CacheReply> asking = stage.AskAsync(fields: fields, method: method);
        if (!asking.IsCompleted)
        {
            (await stage.CallAsync()).Answer(ProxyResponse.FromError(502, ProxyError.ConnectionTerminated, "No.\n"));
        }

        CacheReply reply = await asking;
        Assert.NotEqual(ProxyError.None, reply.Error);
        Assert.Equal("", reply.Status);
    }

    [Theory]
    [InlineData("POST", "", CacheBypass.Method)]
    [InlineData("GET", "Cache-Control: no-store", CacheBypass.RequestNoStore)]
    [InlineData("GET", "If-Match: \"1\"", CacheBypass.Request)]
    public async Task What_is_not_for_the_cache_goes_past_it(string method, string fields, CacheBypass reason)
    {
        await using CacheStage stage = new();
        Task<CacheReply> asking = stage.AskAsync(fields: fields, method: method);
        (await stage.CallAsync()).Answer("body");
        Assert.Equal("body", (await asking).Body);
        Assert.Empty(((DictionaryCache)stage.Store).Keys);
        Assert.Equal([(CacheOutcome.Bypass, reason)], stage.Events.Answers.Select(answer => (answer.Outcome, answer.Bypass)));
    }

    [Fact]
    public async Task A_store_that_fails_is_done_without()
    {
        DictionaryCache store = new() { Fault = new InvalidOperationException("scripted") };
        await using CacheStage stage = new(store);
        Assert.Equal("one", (await stage.FillAsync("one")).Body);
        Assert.Equal("two", (await stage.FillAsync("two")).Body);
        store.Fault = null;
        await stage.FillAsync("three");
        Assert.Equal("three", (await stage.AskAsync()).Body);
    }

    [Fact]
    public async Task Two_methods_of_a_request_that_wants_it_anew_do_not_share()
    {
        await using CacheStage stage = new();
        await stage.FillAsync("old");
        Task<CacheReply> one = stage.AskAsync(fields: "Cache-Control: no-cache");
        Task<CacheReply> two = stage.AskAsync(fields: "Cache-Control: no-cache");
        OriginCall first = await stage.CallAsync();
        OriginCall second = await stage.CallAsync();
        first.Answer("1");
        second.Answer("2");
        Assert.Equal(["1", "2"], [(await one).Body, (await two).Body]);
    }

    [Fact]
    public async Task A_response_that_was_assumed_fresh_is_not_for_those_with_cookies()
    {
        await using CacheStage stage = new();
        await stage.FillAsync("anonymous", "X-Mine: 1");
        Assert.Equal("anonymous", (await stage.AskAsync()).Body);
        Assert.Equal("ann", (await stage.FillAsync("ann", "X-Mine: 1", fields: "Cookie: user=ann")).Body);
        Assert.Equal("anonymous", (await stage.AskAsync()).Body);
    }
}

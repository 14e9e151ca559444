using System;
using System.Threading.Tasks;
using GoAround.Core.Tests.Wire;
using Xunit;

namespace GoAround.Core.Tests.Cache;

/// <summary>What a stored response may not become while it is brought up to date.</summary>
public sealed class RenewalTests
{
    private const string Validated = "Cache-Control: max-age=1|ETag: \"1\"";

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task What_was_removed_while_head_asked_about_it_does_not_come_back(int how)
    {
        await using CacheStage stage = new();
        await stage.FillAsync("old", Validated + "|Surrogate-Key: red");
        stage.Advance(5);
        Task<CacheReply> asking = stage.AskAsync(method: "HEAD");
        OriginCall call = await stage.CallAsync();
        switch (how)
        {
            case 0:
                await stage.Handler.PurgeAsync("http://h/a", default);
                break;
            case 1:
                await stage.Handler.PurgeTagAsync("red", default);
                break;
            case 2:
                await stage.Handler.PurgeAllAsync(default);
                break;
            default:
                Task<CacheReply> changing = stage.AskAsync(method: "POST");
                (await stage.CallAsync()).Answer("done", "");
                await changing;
                break;
        }

        call.Answer(Head("Cache-Control: max-age=60|ETag: \"1\"|Content-Type: text/plain"));
        await asking;
        Assert.Empty(((DictionaryCache)stage.Store).Keys);
    }

    [Theory]
    [InlineData("Vary: X-User")]
    [InlineData("Vary: *")]
    public async Task A_confirmation_that_makes_it_vary_otherwise_is_for_nobody_else(string vary)
    {
        await using CacheStage stage = new();
        await stage.FillAsync("old", Validated);
        stage.Advance(5);
        Task<CacheReply> asking = stage.AskAsync(fields: "X-User: a");
        (await stage.CallAsync()).Answer(MessageBody.Empty, "Cache-Control: max-age=60|ETag: \"1\"|" + vary, 304);
        Assert.Equal(("old", vary), ((await asking).Body, "Vary: " + (await asking).Field("Vary")));
        Assert.Equal("of b", (await stage.FillAsync("of b", fields: "X-User: b")).Body);
    }

    [Fact]
    public async Task A_head_that_makes_it_vary_otherwise_removes_it()
    {
        await using CacheStage stage = new();
        await stage.FillAsync("old", Validated);
        stage.Advance(5);
        Task<CacheReply> asking = stage.AskAsync(method: "HEAD");
        (await stage.CallAsync()).Answer(Head("Cache-Control: max-age=60|ETag: \"1\"|Vary: X-User"));
        await asking;
        Assert.Empty(((DictionaryCache)stage.Store).Keys);
    }

    [Fact]
    public async Task A_confirmation_that_repeats_what_it_varies_by_keeps_it()
    {
        await using CacheStage stage = new();
        await stage.FillAsync("old", Validated + "|Vary: X-User, X-Tongue", fields: "X-User: a");
        stage.Advance(5);
        Task<CacheReply> asking = stage.AskAsync(fields: "X-User: a");
        (await stage.CallAsync()).Answer(MessageBody.Empty, "Cache-Control: max-age=60|ETag: \"1\"|Vary: x-tongue|Vary: X-USER", 304);
        Assert.Equal("old", (await asking).Body);
        Assert.Equal("old", (await stage.AskAsync(fields: "X-User: a")).Body);
        Assert.Equal(2, stage.Calls);
    }

    [Fact]
    public async Task A_confirmation_that_says_private_removes_what_is_stored()
    {
        await using CacheStage stage = new();
        await stage.FillAsync("old", Validated);
        stage.Advance(5);
        Task<CacheReply> asking = stage.AskAsync();
        (await stage.CallAsync()).Answer(MessageBody.Empty, "Cache-Control: private|ETag: \"1\"|X-New: 1", 304);
        CacheReply reply = await asking;
        Assert.Equal((200, "old", "private", "1"), (reply.StatusCode, reply.Body, reply.Field("Cache-Control"), reply.Field("X-New")));
        Assert.Equal("0", reply.Field("Age"));
        Assert.Equal(504, (await stage.AskAsync(fields: "Cache-Control: only-if-cached, max-stale")).StatusCode);
    }

    [Fact]
    public async Task A_confirmation_that_says_no_store_goes_to_the_one_who_reloads_with_its_fields()
    {
        await using CacheStage stage = new();
        await stage.FillAsync("old", "Cache-Control: max-age=3600|ETag: \"1\"");
        Task<CacheReply> asking = stage.AskAsync(fields: "Cache-Control: no-cache");
        (await stage.CallAsync()).Answer(MessageBody.Empty, "Cache-Control: no-store|ETag: \"1\"", 304);
        Assert.Equal(("old", "no-store"), ((await asking).Body, (await asking).Field("Cache-Control")));
        Assert.Equal("new", (await stage.FillAsync("new")).Body);
    }

    [Fact]
    public async Task A_confirmation_for_one_with_credentials_is_told_to_that_one_and_leaves_what_is_stored()
    {
        await using CacheStage stage = new();
        await stage.FillAsync("old", "Cache-Control: max-age=3600|ETag: \"1\"");
        Task<CacheReply> asking = stage.AskAsync(fields: "Cache-Control: no-cache|Authorization: x");
        (await stage.CallAsync()).Answer(MessageBody.Empty, "Cache-Control: private|ETag: \"1\"", 304);
        Assert.Equal(("old", "private"), ((await asking).Body, (await asking).Field("Cache-Control")));
        Assert.Equal("max-age=3600", (await stage.AskAsync()).Field("Cache-Control"));
    }

    [Theory]
    [InlineData("Cache-Control: max-age=60")]
    [InlineData("Cache-Control: private")]
    public async Task A_cookie_that_is_set_beside_a_confirmation_goes_to_the_one_who_asked_alone(string control)
    {
        await using CacheStage stage = new();
        await stage.FillAsync("old", Validated);
        stage.Advance(5);
        Task<CacheReply> one = stage.AskAsync();
        OriginCall call = await stage.CallAsync();
        Task<CacheReply> two = stage.AskAsync();
        call.Answer(MessageBody.Empty, control + "|ETag: \"1\"|Set-Cookie: s=1", 304);
        Assert.Equal(("old", "s=1"), ((await one).Body, (await one).Field("Set-Cookie")));
        if (control.EndsWith("private", StringComparison.Ordinal))
        {
            (await stage.CallAsync()).Answer("of two");
            Assert.Equal("of two", (await two).Body);
            return;
        }

        Assert.Equal(("old", ""), ((await two).Body, (await two).Field("Set-Cookie")));
        Assert.Equal(("old", ""), ((await stage.AskAsync()).Body, (await stage.AskAsync()).Field("Set-Cookie")));
    }

    [Fact]
    public async Task What_was_purged_while_somebody_waited_is_not_brought_back_by_a_confirmation()
    {
        await using CacheStage stage = new();
        await stage.FillAsync("old", Validated);
        stage.Advance(5);
        Task<CacheReply> leader = stage.AskAsync();
        OriginCall slow = await stage.CallAsync();
        Task<CacheReply> waiting = stage.AskAsync();
        await stage.Handler.PurgeAsync("http://h/a", default);
        for (int i = 0; i < 6; i++)
        {
            stage.Advance(1);
        }

        OriginCall call = await stage.CallAsync();
        Assert.DoesNotContain("If-None-Match", call.Head, StringComparison.Ordinal);
        call.Answer("new");
        Assert.Equal("new", (await waiting).Body);
        slow.Answer("late");
        Assert.Equal("late", (await leader).Body);
        Assert.Equal("new", (await stage.AskAsync()).Body);
    }

    [Fact]
    public async Task A_marker_is_kept_as_long_as_any_variant_that_it_leads_to()
    {
        await using CacheStage stage = new();
        DictionaryCache store = (DictionaryCache)stage.Store;
        await stage.FillAsync("de", "Cache-Control: max-age=1000|Vary: X-Tongue|ETag: \"1\"", fields: "X-Tongue: de");
        DateTimeOffset first = store.KeepUntil("http://h/a");
        await stage.FillAsync("fr", "Cache-Control: max-age=1|Vary: X-Tongue", fields: "X-Tongue: fr");
        Assert.Equal(first, store.KeepUntil("http://h/a"));
        stage.Advance(2000);
        Task<CacheReply> asking = stage.AskAsync(fields: "X-Tongue: de");
        (await stage.CallAsync()).Answer(MessageBody.Empty, "Cache-Control: max-age=10000|ETag: \"1\"", 304);
        await asking;
        Assert.Equal(first.AddSeconds(11000), store.KeepUntil("http://h/a"));
        stage.Advance(12000);
        asking = stage.AskAsync(fields: "X-Tongue: de", method: "HEAD");
        (await stage.CallAsync()).Answer(Head("Cache-Control: max-age=10000|ETag: \"1\"", length: 2));
        await asking;
        Assert.Equal(first.AddSeconds(23000), store.KeepUntil("http://h/a"));
    }

    [Fact]
    public async Task A_marker_that_several_variants_write_at_once_is_kept_no_shorter()
    {
        await using CacheStage stage = new();
        DictionaryCache store = (DictionaryCache)stage.Store;
        await stage.FillAsync("de", "Cache-Control: max-age=100000|Vary: X-Tongue", fields: "X-Tongue: de");
        DateTimeOffset first = store.KeepUntil("http://h/a");
        stage.Advance(1);
        Task<CacheReply> one = stage.AskAsync(fields: "X-Tongue: fr");
        Task<CacheReply> two = stage.AskAsync(fields: "X-Tongue: it");
        OriginCall fr = await stage.CallAsync();
        OriginCall it = await stage.CallAsync();
        fr.Answer("fr", "Cache-Control: max-age=60|Vary: X-Tongue");
        Assert.Equal("fr", (await one).Body);
        it.Answer("it", "Cache-Control: max-age=60|Vary: X-Tongue");
        Assert.Equal("it", (await two).Body);
        await Until.TrueAsync(() => stage.Handler.IsIdle, "the fetches did not end");
        Assert.Equal(4, store.Keys.Length);
        Assert.Equal(first, store.KeepUntil("http://h/a"));
    }

    [Fact]
    public async Task A_marker_is_not_written_at_each_confirmation()
    {
        await using CacheStage stage = new();
        DictionaryCache store = (DictionaryCache)stage.Store;
        await stage.FillAsync("de", "Cache-Control: max-age=60|Vary: X-Tongue|ETag: \"1\"", fields: "X-Tongue: de");
        DateTimeOffset first = store.KeepUntil("http://h/a");
        for (int i = 0; i < 3; i++)
        {
            stage.Advance(61);
            Task<CacheReply> asking = stage.AskAsync(fields: "X-Tongue: de");
            (await stage.CallAsync()).Answer(MessageBody.Empty, "Cache-Control: max-age=60|ETag: \"1\"", 304);
            await asking;
            Assert.Equal(first, store.KeepUntil("http://h/a"));
        }
    }

    [Fact]
    public async Task A_head_that_is_answered_late_does_not_replace_what_is_newer()
    {
        await using CacheStage stage = new();
        await stage.FillAsync("old", Validated);
        stage.Advance(5);
        Task<CacheReply> asking = stage.AskAsync(method: "HEAD");
        OriginCall call = await stage.CallAsync();
        await stage.FillAsync("new", "Cache-Control: max-age=60|ETag: \"2\"");
        call.Answer(Head("Cache-Control: max-age=60|ETag: \"1\""));
        await asking;
        Assert.Equal("new", (await stage.AskAsync()).Body);
    }

    /// <summary>What a backend answers to HEAD.</summary>
    private static ProxyResponse Head(string fields, int length = 3)
    {
        ProxyResponse response = new() { StatusCode = 200, ContentLength = length, Backend = Backend.Parse("http://127.0.0.1:1"), Attempts = 1 };
        foreach (string line in fields.Split('|'))
        {
            int colon = line.IndexOf(':', StringComparison.Ordinal);
            response.Fields.Add(line[..colon], line[(colon + 1)..].Trim());
        }

        return response;
    }
}

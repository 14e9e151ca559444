using System;
using System.Linq;
using System.Threading.Tasks;
using GoAround.Core.Tests.Wire;
using Xunit;

namespace GoAround.Core.Tests.Cache;

public sealed class InvalidationTests
{
    [Theory]
    [InlineData("POST")]
    [InlineData("PUT")]
    [InlineData("DELETE")]
    [InlineData("STRANGE")]
    public async Task A_good_answer_to_an_unsafe_method_removes_what_is_stored(string method)
    {
        await using CacheStage stage = new();
        await stage.FillAsync("old");
        Task<CacheReply> changing = stage.AskAsync(method: method);
        (await stage.CallAsync()).Answer("done", "");
        await changing;
        Assert.Equal("new", (await stage.FillAsync("new")).Body);
    }

    [Fact]
    public async Task An_error_to_an_unsafe_method_removes_nothing()
    {
        await using CacheStage stage = new();
        await stage.FillAsync("old");
        Task<CacheReply> changing = stage.AskAsync(method: "POST");
        (await stage.CallAsync()).Answer("no", "", 400);
        await changing;
        Assert.Equal("old", (await stage.AskAsync()).Body);
    }

    [Fact]
    public async Task Location_and_content_location_are_removed_too()
    {
        await using CacheStage stage = new();
        await stage.FillAsync("b", target: "/b");
        await stage.FillAsync("c", target: "/c");
        Task<CacheReply> changing = stage.AskAsync("/x", method: "POST");
        (await stage.CallAsync()).Answer("done", "Location: /b|Content-Location: http://h/c", 201);
        await changing;
        Assert.Empty(((DictionaryCache)stage.Store).Keys);
    }

    [Fact]
    public async Task What_was_being_fetched_while_it_changed_is_not_stored()
    {
        await using CacheStage stage = new();
        Task<CacheReply> asking = stage.AskAsync();
        OriginCall before = await stage.CallAsync();
        Task<CacheReply> changing = stage.AskAsync(method: "POST");
        (await stage.CallAsync()).Answer("done", "");
        await changing;
        Task<CacheReply> later = stage.AskAsync();
        OriginCall after = await stage.CallAsync();
        before.Answer("old");
        after.Answer("new");
        Assert.Equal(("old", "new"), ((await asking).Body, (await later).Body));
        Assert.Equal("new", (await stage.AskAsync()).Body);
    }

    [Fact]
    public async Task All_variants_go_with_their_url()
    {
        await using CacheStage stage = new();
        await stage.FillAsync("de", "Cache-Control: max-age=60|Vary: X-Tongue", fields: "X-Tongue: de");
        await stage.FillAsync("fr", "Cache-Control: max-age=60|Vary: X-Tongue", fields: "X-Tongue: fr");
        Assert.Equal("de", (await stage.AskAsync(fields: "X-Tongue: de")).Body);
        await stage.Handler.PurgeAsync("http://h/a", default);
        Assert.Empty(((DictionaryCache)stage.Store).Keys);
    }

    [Fact]
    public async Task A_purge_counts_what_it_removes_and_refuses_what_is_no_url()
    {
        await using CacheStage stage = new();
        await stage.FillAsync("a");
        await stage.FillAsync("b", "Cache-Control: max-age=60|Surrogate-Key: blue red", "/b");
        await stage.FillAsync("c", "Cache-Control: max-age=60|Cache-Tag: red,green", "/c");
        Assert.Equal(-1, await stage.Handler.PurgeAsync("/a", default));
        Assert.Equal(1, await stage.Handler.PurgeAsync("HTTP://H:80/a", default));
        Assert.Equal(0, await stage.Handler.PurgeAsync("http://h/a", default));
        Assert.Equal(2, await stage.Handler.PurgeTagAsync("red", default));
        await stage.FillAsync("b", target: "/b");
        Assert.Equal(1, await stage.Handler.PurgeAllAsync(default));
    }

    [Fact]
    public async Task What_bears_more_tags_than_can_be_removed_by_is_not_stored()
    {
        await using CacheStage stage = new();
        string many = string.Join(' ', Enumerable.Range(0, 257));
        Assert.Equal("test; fwd=uri-miss; detail=tags", (await stage.FillAsync("a", "Cache-Control: max-age=60|Surrogate-Key: " + many)).Status);
        Assert.Equal("b", (await stage.FillAsync("b", "Cache-Control: max-age=60|Surrogate-Key: x|ETag: \"b\"")).Body);

        // A confirmation, and an answer to HEAD, may bring them too.
        stage.Advance(61);
        Task<CacheReply> asking = stage.AskAsync();
        (await stage.CallAsync()).Answer("", "Cache-Control: max-age=60|ETag: \"b\"|Surrogate-Key: " + many, 304);
        Assert.Equal("b", (await asking).Body);
        asking = stage.AskAsync(method: "HEAD");
        (await stage.CallAsync()).Answer("", "Cache-Control: max-age=60|ETag: \"b\"|Surrogate-Key: " + many);
        await asking;
        Assert.Empty(((DictionaryCache)stage.Store).Keys);
    }

    [Fact]
    public async Task What_goes_under_one_form_of_the_host_leaves_the_other_forms_but_a_purge_takes_all()
    {
        await using CacheStage stage = new();
        async Task FillAsync(string host, string answer)
        {
            Task<CacheReply> filling = stage.AskAsync(CacheStage.Get(host: host));
            (await stage.CallAsync()).Answer(host, answer);
            Assert.Equal(host, (await filling).Body);
        }

        await FillAsync("WWW.h", "Cache-Control: max-age=60");
        await FillAsync("www.h", "Cache-Control: max-age=1");
        stage.Advance(3);
        Task<CacheReply> asking = stage.AskAsync(CacheStage.Get(host: "www.h"));
        (await stage.CallAsync()).Answer("gone", "", 404);
        Assert.Equal("gone", (await asking).Body);
        Assert.Equal("WWW.h", (await stage.AskAsync(CacheStage.Get(host: "WWW.h"))).Body);
        await FillAsync("www.h", "Cache-Control: max-age=60|Vary: X-Tongue");
        await FillAsync("www.h:80", "Cache-Control: max-age=60|Vary: X-Tongue");
        Assert.Equal(5, await stage.Handler.PurgeAsync("http://www.h/a", default)); // two of them lead to variants
        Assert.Empty(((DictionaryCache)stage.Store).Keys);
    }

    [Fact]
    public async Task A_removal_that_fails_leaves_no_other_form_of_the_host_behind()
    {
        DictionaryCache store = new();
        await using CacheStage stage = new(store);
        Task<CacheReply> filling = stage.AskAsync(CacheStage.Get(host: "WWW.h"));
        (await stage.CallAsync()).Answer("one", "Cache-Control: max-age=60");
        await filling;
        await Until.TrueAsync(() => stage.Handler.IsIdle, "the fetch did not end");
        Assert.Single(store.Keys);
        store.NextFault = new InvalidOperationException("scripted");
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await stage.Handler.PurgeAsync("http://www.h/a", default));
        Assert.Empty(store.Keys);
    }

    [Fact]
    public async Task Where_a_store_fails_what_is_being_fetched_of_anything_that_changed_is_not_stored()
    {
        DictionaryCache store = new();
        await using CacheStage stage = new(store);
        Task<CacheReply> asking = stage.AskAsync("/b");
        OriginCall before = await stage.CallAsync();
        Task<CacheReply> changing = stage.AskAsync("/x", method: "POST");
        OriginCall change = await stage.CallAsync();
        store.Fault = new InvalidOperationException("scripted");
        change.Answer("done", "Location: /b", 201);
        await changing;
        store.Fault = null;
        before.Answer("old");
        Assert.Equal("old", (await asking).Body);
        await Until.TrueAsync(() => stage.Handler.IsIdle, "the fetch did not end");
        Assert.Empty(store.Keys);
    }

    [Theory]
    [InlineData("red", 1)]
    [InlineData("blue", 0)]
    public async Task A_purge_by_tag_meets_what_is_being_received_only_where_it_bears_the_tag(string tag, int stored)
    {
        await using CacheStage stage = new();
        Task<ProxyResponse> asking = stage.Handler.HandleAsync(CacheStage.Get(), default).AsTask();
        PushedBody body = new(2);
        (await stage.CallAsync()).Answer(body, "Cache-Control: max-age=60|Surrogate-Key: green blue");
        body.Push("a");
        ProxyResponse response = await asking.WaitAsync(WireEnd.Patience);
        Assert.Equal(0, await stage.Handler.PurgeTagAsync(tag, default));
        body.Push("b");
        Assert.Equal("ab", (await CacheReply.ReadAsync(response)).Body);
        await Until.TrueAsync(() => stage.Handler.IsIdle, "the fetch did not end");
        Assert.Equal(stored, ((DictionaryCache)stage.Store).Keys.Length);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public async Task What_was_being_fetched_when_it_was_purged_is_not_stored(int how)
    {
        await using CacheStage stage = new();
        Task<CacheReply> asking = stage.AskAsync();
        OriginCall call = await stage.CallAsync();
        await (how switch
        {
            0 => stage.Handler.PurgeAsync("http://h/a", default),
            1 => stage.Handler.PurgeTagAsync("red", default),
            _ => stage.Handler.PurgeAllAsync(default),
        });
        call.Answer("old", "Cache-Control: max-age=60|Surrogate-Key: red");
        Assert.Equal("old", (await asking).Body);
        await Until.TrueAsync(() => call.Disposals == 1, "the fetch did not end");
        Assert.Equal("new", (await stage.FillAsync("new")).Body);
    }
}

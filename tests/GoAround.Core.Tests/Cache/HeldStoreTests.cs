using System;
using System.Threading;
using System.Threading.Tasks;
using GoAround.Core.Tests.Wire;
using Xunit;

namespace GoAround.Core.Tests.Cache;

/// <summary>A store that takes its time: what happens meanwhile is not undone, and nobody waits for ever.</summary>
public sealed class HeldStoreTests
{
    [Fact]
    public async Task Who_asks_for_itself_does_not_look_again_whenever_another_fetch_has_ended()
    {
        TaskCompletionSource held = new();
        DictionaryCache store = new();
        await using CacheStage stage = new(store);
        await stage.FillAsync("v0", "Cache-Control: max-age=60|ETag: \"0\"");
        store.HoldFound = held.Task;
        Task<CacheReply> first = stage.AskAsync(fields: "Cache-Control: no-cache");
        store.HoldFound = null;
        Task<CacheReply> second = stage.AskAsync(fields: "Cache-Control: no-cache");
        (await stage.CallAsync()).Answer("v1");
        Assert.Equal("v1", (await second).Body);
        await Until.TrueAsync(() => stage.Handler.IsIdle, "the fetch did not end");
        int finds = store.Finds;
        held.SetResult();
        OriginCall call = await stage.CallAsync();
        Assert.Equal(finds, store.Finds);
        stage.Advance(1);
        call.Answer("v2");
        Assert.Equal("v2", (await first).Body);
        Assert.Equal("v2", (await stage.AskAsync()).Body);
    }

    [Fact]
    public async Task Who_confirms_what_was_replaced_before_it_asked_does_not_bring_it_back()
    {
        TaskCompletionSource held = new();
        DictionaryCache store = new();
        await using CacheStage stage = new(store);
        await stage.FillAsync("v0", "Cache-Control: max-age=60|ETag: \"0\"");
        string began = stage.Time.GetUtcNow().ToString("R");
        stage.Advance(1);
        store.HoldFound = held.Task;
        Task<CacheReply> first = stage.AskAsync(fields: "Cache-Control: no-cache");
        store.HoldFound = null;
        Task<CacheReply> second = stage.AskAsync(fields: "Cache-Control: no-cache");
        (await stage.CallAsync()).Answer("v1");
        Assert.Equal("v1", (await second).Body);
        await Until.TrueAsync(() => stage.Handler.IsIdle, "the fetch did not end");
        held.SetResult();
        (await stage.CallAsync()).Answer(MessageBody.Empty, "ETag: \"0\"|Date: " + began, 304);
        Assert.Equal("v0", (await first).Body);
        Assert.Equal("v1", (await stage.AskAsync()).Body);
    }

    [Theory]
    [InlineData("url")]
    [InlineData("tag")]
    [InlineData("all")]
    [InlineData("POST")]
    public async Task What_is_being_removed_is_not_brought_back_by_one_who_found_it_still(string how)
    {
        TaskCompletionSource held = new();
        DictionaryCache store = new();
        await using CacheStage stage = new(store);
        await stage.FillAsync("old", "Cache-Control: max-age=60|ETag: \"0\"|Cache-Tag: t");
        store.Hold = held.Task;
        Task removing = how switch
        {
            "url" => stage.Handler.PurgeAsync("http://h/a", default).AsTask(),
            "tag" => stage.Handler.PurgeTagAsync("t", default).AsTask(),
            "all" => stage.Handler.PurgeAllAsync(default).AsTask(),
            _ => stage.AskAsync(method: how),
        };
        if (how == "POST")
        {
            (await stage.CallAsync()).Answer("done", "");
        }

        await Until.TrueAsync(() => store.Holding, "nothing is removed");
        Task<CacheReply> asking = stage.AskAsync(fields: "Cache-Control: no-cache");
        OriginCall call = await stage.CallAsync();
        store.Hold = null;
        held.SetResult();
        await removing.WaitAsync(WireEnd.Patience);
        call.Answer(MessageBody.Empty, "ETag: \"0\"", 304);
        Assert.Equal("old", (await asking).Body);
        await Until.TrueAsync(() => stage.Handler.IsIdle, "the fetch did not end");
        Assert.Empty(store.Keys);
    }

    [Fact]
    public async Task The_answer_to_an_unsafe_method_does_not_wait_for_ever_for_a_store_that_hangs()
    {
        TaskCompletionSource held = new();
        DictionaryCache store = new() { Hold = held.Task };
        await using CacheStage stage = new(store);
        Task<CacheReply> changing = stage.AskAsync(method: "POST");
        (await stage.CallAsync()).Answer("done", "");
        await Until.TrueAsync(() => store.Holding, "nothing is removed");
        stage.Advance(5);
        Assert.Equal("done", (await changing.WaitAsync(WireEnd.Patience)).Body);
    }

    [Fact]
    public async Task An_answer_that_is_not_stored_does_not_wait_for_ever_for_a_store_that_hangs()
    {
        TaskCompletionSource held = new();
        DictionaryCache store = new();
        await using CacheStage stage = new(store);
        await stage.FillAsync("old", "Cache-Control: max-age=1");
        stage.Advance(3);
        store.Hold = held.Task;
        Task<CacheReply> asking = stage.AskAsync();
        (await stage.CallAsync()).Answer("gone", "", 404);
        await Until.TrueAsync(() => store.Holding, "nothing is removed");
        stage.Advance(5);
        Assert.Equal("gone", (await asking.WaitAsync(WireEnd.Patience)).Body);
    }

    [Theory]
    [InlineData("Cache-Control: max-age=60|ETag: \"1\"")]
    [InlineData("Cache-Control: no-store|ETag: \"1\"")]
    public async Task The_answer_to_HEAD_does_not_wait_for_ever_for_a_store_that_hangs(string fields)
    {
        TaskCompletionSource held = new();
        DictionaryCache store = new();
        await using CacheStage stage = new(store);
        await stage.FillAsync("old", "Cache-Control: max-age=1|ETag: \"1\"");
        stage.Advance(3);
        store.Hold = held.Task;
        Task<CacheReply> asking = stage.AskAsync(method: "HEAD");
        (await stage.CallAsync()).Answer("old", fields);
        await Until.TrueAsync(() => store.Holding, "nothing is stored or removed");
        stage.Advance(5);
        Assert.Equal(200, (await asking.WaitAsync(WireEnd.Patience)).StatusCode);
    }

    [Fact]
    public async Task The_answer_to_HEAD_does_not_wait_for_ever_where_a_store_hangs_over_what_leads_to_a_variant()
    {
        TaskCompletionSource held = new();
        DictionaryCache store = new();
        await using CacheStage stage = new(store);
        await stage.FillAsync("old", "Cache-Control: max-age=1|ETag: \"1\"|Vary: X-Tongue");
        stage.Advance(3);
        Task<CacheReply> asking = stage.AskAsync(method: "HEAD");
        OriginCall call = await stage.CallAsync();
        int finds = store.Finds;
        store.HoldFound = held.Task;
        call.Answer("old", "Cache-Control: max-age=60|ETag: \"1\"|Vary: X-Tongue");
        await Until.TrueAsync(() => store.Finds > finds, "nothing is looked for");
        stage.Advance(5);
        Assert.Equal(200, (await asking.WaitAsync(WireEnd.Patience)).StatusCode);
    }

    [Fact]
    public async Task A_store_that_finds_nothing_for_5_s_has_nothing()
    {
        TaskCompletionSource held = new();
        DictionaryCache store = new();
        await using CacheStage stage = new(store);
        await stage.FillAsync("old");
        store.HoldFound = held.Task;
        Task<CacheReply> asking = stage.AskAsync();
        stage.Advance(4);
        stage.ExpectNoCall();
        stage.Advance(1);
        OriginCall call = await stage.CallAsync();
        store.HoldFound = null;
        call.Answer("new");
        Assert.Equal("new", (await asking.WaitAsync(WireEnd.Patience)).Body);
    }

    [Fact]
    public async Task Who_has_waited_5_s_for_a_store_that_hangs_does_not_ask_it_again()
    {
        TaskCompletionSource held = new();
        DictionaryCache store = new();
        await using CacheStage stage = new(store);
        store.HoldFound = held.Task;
        Task<CacheReply> asking = stage.AskAsync();
        await stage.Handler.PurgeAsync("http://h/a", default); // else a reason to look again
        stage.Advance(5);
        OriginCall call = await stage.CallAsync();
        Assert.Equal(1, store.Finds);
        store.HoldFound = null;
        Task<CacheReply> other = stage.AskAsync();
        call.Answer("new");
        Assert.Equal(("new", "new"), ((await asking.WaitAsync(WireEnd.Patience)).Body, (await other.WaitAsync(WireEnd.Patience)).Body)); // it is shared all the same
        Assert.Equal(1, stage.Calls);
    }

    [Fact]
    public async Task What_was_purged_is_not_brought_back_by_a_HEAD_whose_update_ends_too_late()
    {
        TaskCompletionSource held = new();
        DictionaryCache store = new() { IsLate = true };
        await using CacheStage stage = new(store);
        await stage.FillAsync("old", "Cache-Control: max-age=1|ETag: \"1\"");
        stage.Advance(3);
        store.Hold = held.Task;
        Task<CacheReply> asking = stage.AskAsync(method: "HEAD");
        (await stage.CallAsync()).Answer("old", "Cache-Control: max-age=60|ETag: \"1\"");
        await Until.TrueAsync(() => store.Holding, "nothing is stored");
        store.Hold = null;
        Assert.Equal(1, await stage.Handler.PurgeAsync("http://h/a", default));
        stage.Advance(5);
        Assert.Equal(200, (await asking.WaitAsync(WireEnd.Patience)).StatusCode);
        Assert.Empty(store.Keys);
    }

    [Fact]
    public async Task Who_leaves_while_the_store_is_looked_into_waits_no_longer()
    {
        TaskCompletionSource held = new();
        DictionaryCache store = new() { HoldFound = held.Task };
        await using CacheStage stage = new(store);
        using CancellationTokenSource leaving = new();
        Task<CacheReply> asking = stage.AskAsync(token: leaving.Token);
        await leaving.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asking.WaitAsync(WireEnd.Patience));
        stage.ExpectNoCall();
    }

    [Fact]
    public async Task An_answer_that_is_not_stored_goes_out_although_the_cache_is_being_stopped()
    {
        TaskCompletionSource held = new();
        DictionaryCache store = new();
        CacheStage stage = new(store);
        await stage.FillAsync("old", "Cache-Control: max-age=1");
        stage.Advance(3);
        store.Hold = held.Task;
        Task<CacheReply> asking = stage.AskAsync();
        (await stage.CallAsync()).Answer("gone", "", 404);
        await Until.TrueAsync(() => store.Holding, "nothing is removed");
        await stage.DisposeAsync();
        Assert.Equal("gone", (await asking.WaitAsync(WireEnd.Patience)).Body);
    }

    [Fact]
    public async Task What_was_changed_is_removed_although_the_cache_was_stopped_meanwhile()
    {
        TaskCompletionSource held = new();
        DictionaryCache store = new();
        CacheStage stage = new(store);
        await stage.FillAsync("old");
        store.Hold = held.Task;
        Task<CacheReply> changing = stage.AskAsync(method: "POST");
        (await stage.CallAsync()).Answer("done", "");
        await Until.TrueAsync(() => store.Holding, "nothing is removed");
        await stage.DisposeAsync();
        held.SetResult();
        Assert.Equal("done", (await changing.WaitAsync(WireEnd.Patience)).Body);
        Assert.Empty(store.Keys);
    }

    [Fact]
    public async Task What_has_come_whole_and_is_only_stored_still_takes_no_place_of_those_that_are_fetched_for_nobody()
    {
        TaskCompletionSource held = new();
        DictionaryCache store = new();
        await using CacheStage stage = new(store);
        store.Hold = held.Task;
        for (int i = 0; i < 4; i++)
        {
            Assert.Equal("whole", (await stage.FillAsync("whole", target: $"/{i}")).Body);
        }

        Task<CacheReply> asking = stage.AskAsync(fields: "If-None-Match: \"a\"");
        OriginCall call = await stage.CallAsync();
        PushedBody body = new(10);
        call.Answer(body, "Cache-Control: max-age=60|ETag: \"a\"");
        Assert.Equal(304, (await asking).StatusCode);
        body.Push("0123456789");
        held.SetResult();
        await Until.TrueAsync(() => stage.Handler.IsIdle, "the fetches did not end");
        Assert.Contains("http://h/a", store.Keys);
    }

    [Fact]
    public async Task Who_has_looked_in_vain_several_times_fetches_for_itself()
    {
        const int Looks = 4; // the first one, and three more
        DictionaryCache store = new();
        await using CacheStage stage = new(store);
        await stage.FillAsync("old", "Cache-Control: max-age=1|ETag: \"0\"");
        stage.Advance(5);
        TaskCompletionSource held = new();
        store.HoldFound = held.Task;
        int finds = store.Finds;
        Task<CacheReply> asking = stage.AskAsync();
        for (int look = 1; look <= Looks; look++)
        {
            await Until.TrueAsync(() => store.Finds == finds + look, "it does not look");
            await stage.Handler.PurgeAsync("http://h/a", default);
            TaskCompletionSource last = held;
            held = new TaskCompletionSource();
            store.HoldFound = look < Looks ? held.Task : null;
            last.SetResult();
        }

        OriginCall call = await stage.CallAsync();
        Assert.Equal(finds + Looks, store.Finds);
        Assert.DoesNotContain("If-None-Match", call.Head, System.StringComparison.Ordinal); // it was purged
        call.Answer("new");
        Assert.Equal("new", (await asking).Body);
        await Until.TrueAsync(() => stage.Handler.IsIdle, "the fetch did not end");
        Assert.Equal("new", (await stage.AskAsync()).Body);
    }
}

using System.Threading.Tasks;
using GoAround.Core.Tests.Wire;
using Xunit;

namespace GoAround.Core.Tests.Cache;

/// <summary>A client that has all it wants of a fetch does not end it; one that leaves does.</summary>
public sealed class SatisfiedReaderTests
{
    private const string Tagged = "Cache-Control: max-age=60|ETag: \"a\"";

    [Fact]
    public async Task A_client_that_has_the_body_already_does_not_end_its_fetch()
    {
        await using CacheStage stage = new();
        Task<CacheReply> asking = stage.AskAsync(fields: "If-None-Match: \"a\"");
        OriginCall call = await stage.CallAsync();
        PushedBody body = new(10);
        call.Answer(body, Tagged);
        Assert.Equal(304, (await asking).StatusCode);
        await ExpectStoredAsync(stage, call, body, "0123456789");
    }

    [Theory]
    [InlineData("bytes=0-1", 206, "01")]
    [InlineData("bytes=50-", 416, "")]
    public async Task A_client_that_wants_a_part_does_not_end_the_fetch_of_the_whole(string range, int status, string part)
    {
        await using CacheStage stage = new();
        await stage.FillAsync("old", "Cache-Control: max-age=1|ETag: \"0\"");
        stage.Advance(5);
        Task<CacheReply> asking = stage.AskAsync(fields: "Range: " + range);
        OriginCall call = await stage.CallAsync();
        PushedBody body = new(10);
        call.Answer(body, Tagged);
        body.Push("01234");
        CacheReply reply = await asking;
        Assert.Equal((status, part), (reply.StatusCode, reply.Body));
        await ExpectStoredAsync(stage, call, body, "56789");
    }

    [Fact]
    public async Task One_that_leaves_after_one_that_had_all_does_not_end_it_either()
    {
        await using CacheStage stage = new();
        Task<CacheReply> asking = stage.AskAsync(fields: "If-None-Match: \"a\"");
        OriginCall call = await stage.CallAsync();
        PushedBody body = new(10);
        call.Answer(body, Tagged);
        Assert.Equal(304, (await asking).StatusCode);
        body.Push("01234");
        ProxyResponse leaving = await stage.Handler.HandleAsync(CacheStage.Get(), default).AsTask().WaitAsync(WireEnd.Patience);
        await leaving.DisposeAsync();
        await ExpectStoredAsync(stage, call, body, "56789");
    }

    [Fact]
    public async Task A_body_that_may_be_endless_is_not_fetched_for_nobody()
    {
        await using CacheStage stage = new();
        Task<CacheReply> asking = stage.AskAsync(fields: "If-None-Match: \"a\"");
        OriginCall call = await stage.CallAsync();
        call.Answer(new PushedBody(null), Tagged);
        Assert.Equal(304, (await asking).StatusCode);
        await Until.TrueAsync(() => call.Disposals == 1, "the fetch went on");
        Assert.Empty(((DictionaryCache)stage.Store).Keys);
    }

    [Fact]
    public async Task What_was_purged_meanwhile_is_not_fetched_for_nobody()
    {
        await using CacheStage stage = new();
        Task<CacheReply> asking = stage.AskAsync(fields: "If-None-Match: \"a\"");
        OriginCall call = await stage.CallAsync();
        await stage.Handler.PurgeAllAsync(default);
        call.Answer(new PushedBody(10), Tagged);
        Assert.Equal(304, (await asking).StatusCode);
        await Until.TrueAsync(() => call.Disposals == 1, "the fetch went on");
    }

    [Fact]
    public async Task What_is_purged_while_it_is_fetched_for_nobody_is_given_up()
    {
        await using CacheStage stage = new();
        Task<CacheReply> asking = stage.AskAsync(fields: "If-None-Match: \"a\"");
        OriginCall call = await stage.CallAsync();
        PushedBody body = new(10);
        call.Answer(body, Tagged);
        Assert.Equal(304, (await asking).StatusCode);
        await stage.Handler.PurgeAllAsync(default);
        body.Push("0");
        await Until.TrueAsync(() => call.Disposals == 1, "the fetch went on");
    }

    [Theory]
    [InlineData("If-None-Match: *")]
    [InlineData("If-None-Match: \"b\"|If-None-Match: *")]
    [InlineData("If-Modified-Since: Mon, 23 Nov 2026 12:00:00 GMT")]
    public async Task A_client_that_names_nothing_it_has_is_not_fetched_for(string condition)
    {
        await using CacheStage stage = new();
        Task<CacheReply> asking = stage.AskAsync(fields: condition);
        OriginCall call = await stage.CallAsync();
        call.Answer(new PushedBody(10), Tagged);
        Assert.Equal(304, (await asking).StatusCode);
        await Until.TrueAsync(() => call.Disposals == 1, "the fetch went on");
    }

    [Fact]
    public async Task A_client_that_names_a_modification_has_the_body_already()
    {
        await using CacheStage stage = new();
        Task<CacheReply> asking = stage.AskAsync(fields: "If-Modified-Since: Mon, 23 Nov 2026 12:00:00 GMT");
        OriginCall call = await stage.CallAsync();
        PushedBody body = new(10);
        call.Answer(body, "Cache-Control: max-age=60|Last-Modified: Mon, 23 Nov 2026 11:00:00 GMT");
        Assert.Equal(304, (await asking).StatusCode);
        await ExpectStoredAsync(stage, call, body, "0123456789");
    }

    [Fact]
    public async Task Only_few_are_fetched_for_nobody_at_a_time()
    {
        const int Most = 4;
        await using CacheStage stage = new();
        OriginCall[] calls = new OriginCall[Most];
        PushedBody[] bodies = new PushedBody[Most];
        for (int round = 0; round < 2; round++) // what has ended makes room
        {
            for (int i = 0; i < Most; i++)
            {
                (calls[i], bodies[i]) = await LeaveBehindAsync(stage, $"/{round}/{i}");
            }

            (OriginCall tooMany, _) = await LeaveBehindAsync(stage, "/more");
            await Until.TrueAsync(() => tooMany.Disposals == 1, "one more goes on");
            for (int i = 0; i < Most; i++)
            {
                Assert.Equal(0, calls[i].Disposals);
                bodies[i].Push("0123456789");
            }

            await Until.TrueAsync(() => stage.Handler.IsIdle, "they did not end");
        }

        Assert.Equal(2 * Most, ((DictionaryCache)stage.Store).Keys.Length);
    }

    [Fact]
    public async Task Nobody_who_leaves_keeps_a_confirmed_response_from_being_stored()
    {
        TaskCompletionSource held = new();
        DictionaryCache store = new();
        await using CacheStage stage = new(store);
        await stage.FillAsync("old", "Cache-Control: max-age=1|ETag: \"0\"");
        stage.Advance(5);
        store.Hold = held.Task;
        Task<CacheReply> asking = stage.AskAsync();
        (await stage.CallAsync()).Answer(MessageBody.Empty, "Cache-Control: max-age=60|ETag: \"0\"", 304);
        Assert.Equal("old", (await asking).Body);
        store.Hold = null;
        held.SetResult();
        await Until.TrueAsync(() => stage.Handler.IsIdle, "the fetch did not end");
        Assert.Equal("old", (await stage.AskAsync(fields: "Cache-Control: only-if-cached")).Body);
    }

    [Fact]
    public async Task Nobody_who_leaves_keeps_what_was_changed_from_being_removed()
    {
        TaskCompletionSource held = new();
        DictionaryCache store = new();
        await using CacheStage stage = new(store);
        await stage.FillAsync("old");
        store.Hold = held.Task;
        using System.Threading.CancellationTokenSource left = new();
        Task<CacheReply> changing = stage.AskAsync(CacheStage.Get(method: "POST"), left.Token);
        OriginCall call = await stage.CallAsync();
        call.Answer("done", "");
        await Until.TrueAsync(() => store.Holding, "nothing is removed");
        await left.CancelAsync();
        held.SetResult();
        await Until.TrueAsync(() => store.Keys.Length == 0, "what was changed is still there");
        await changing.ContinueWith(_ => { }, TaskScheduler.Default);
    }

    private static async Task<(OriginCall Call, PushedBody Body)> LeaveBehindAsync(CacheStage stage, string target)
    {
        Task<CacheReply> asking = stage.AskAsync(target, "If-None-Match: \"a\"");
        OriginCall call = await stage.CallAsync();
        PushedBody body = new(10);
        call.Answer(body, Tagged);
        Assert.Equal(304, (await asking).StatusCode);
        return (call, body);
    }

    private static async Task ExpectStoredAsync(CacheStage stage, OriginCall call, PushedBody body, string rest)
    {
        body.Push(rest);
        body.End();
        await Until.TrueAsync(() => call.Disposals == 1 && stage.Handler.IsIdle, "the fetch did not end");
        CacheReply reply = await stage.AskAsync(fields: "Cache-Control: only-if-cached");
        Assert.Equal((200, "0123456789"), (reply.StatusCode, reply.Body));
    }
}

using System;
using System.Threading.Tasks;
using GoAround.Core.Tests.Wire;
using Xunit;

namespace GoAround.Core.Tests.Cache;

public sealed class StaleAnswerTests
{
    [Fact]
    public async Task While_it_is_refreshed_a_stale_response_answers_at_once_and_is_asked_for_once()
    {
        await using CacheStage stage = new();
        await stage.FillAsync("old", "Cache-Control: max-age=5, stale-while-revalidate=60");
        stage.Advance(10);
        for (int i = 0; i < 5; i++)
        {
            Assert.Equal("old", (await stage.AskAsync()).Body);
        }

        OriginCall call = await stage.CallAsync();
        Assert.Equal(2, stage.Calls);
        call.Answer("new", "Cache-Control: max-age=5, stale-while-revalidate=60");
        await Until.TrueAsync(() => call.Disposals == 1, "the refresh did not end");
        await Until.TrueAsync(() => stage.AskAsync().GetAwaiter().GetResult().Body == "new", "it was not stored");
        Assert.Equal(2, stage.Calls);
    }

    [Fact]
    public async Task A_refresh_that_fails_leaves_the_stale_response()
    {
        await using CacheStage stage = new();
        await stage.FillAsync("old", "Cache-Control: max-age=5, stale-while-revalidate=60");
        stage.Advance(10);
        Assert.Equal("old", (await stage.AskAsync()).Body);
        OriginCall call = await stage.CallAsync();
        call.Answer("broken", "", 500);
        await Until.TrueAsync(() => call.Disposals == 1, "the refresh did not end");
        Assert.Equal("old", (await stage.AskAsync()).Body);
    }

    [Theory]
    [InlineData(500)]
    [InlineData(502)]
    [InlineData(503)]
    [InlineData(504)]
    public async Task On_an_error_a_stale_response_answers_where_the_origin_allows_it(int status)
    {
        await using CacheStage stage = new();
        await stage.FillAsync("old", "Cache-Control: max-age=5, stale-if-error=60");
        stage.Advance(10);
        Task<CacheReply>[] asking = [stage.AskAsync(), stage.AskAsync()];
        OriginCall call = await stage.CallAsync();
        call.Answer("broken", "", status);
        Assert.All(await Task.WhenAll(asking), reply => Assert.Equal((200, "old"), (reply.StatusCode, reply.Body)));
        Assert.Equal(2, stage.Calls);
        Assert.Equal(1, call.Disposals);
        Assert.Equal(2, stage.Events.Count(CacheOutcome.Stale));
    }

    [Fact]
    public async Task When_no_backend_answers_a_stale_response_does_for_as_long_as_is_configured()
    {
        await using CacheStage stage = new(configure: options => options.StaleTime = TimeSpan.FromSeconds(20));
        await stage.FillAsync("old", "Cache-Control: max-age=5");
        stage.Advance(10);
        Task<CacheReply> asking = stage.AskAsync();
        (await stage.CallAsync()).Answer(ProxyResponse.Unavailable("No backend is available.\n", TimeSpan.FromSeconds(1)));
        Assert.Equal("old", (await asking).Body);
        stage.Advance(30);
        asking = stage.AskAsync();
        (await stage.CallAsync()).Answer(ProxyResponse.Unavailable("No backend is available.\n", TimeSpan.FromSeconds(1)));
        Assert.Equal(503, (await asking).StatusCode);
    }

    [Fact]
    public async Task An_error_is_passed_on_where_stale_is_not_allowed()
    {
        await using CacheStage stage = new();
        await stage.FillAsync("old", "Cache-Control: max-age=5, must-revalidate|ETag: \"1\"");
        stage.Advance(10);
        Task<CacheReply> asking = stage.AskAsync();
        (await stage.CallAsync()).Answer("broken", "", 503);
        Assert.Equal((503, "broken"), ((await asking).StatusCode, (await asking).Body));
    }

    [Fact]
    public async Task A_head_gets_the_stale_response_too()
    {
        await using CacheStage stage = new();
        await stage.FillAsync("old", "Cache-Control: max-age=5, stale-if-error=60");
        stage.Advance(10);
        Task<CacheReply> asking = stage.AskAsync(method: "HEAD");
        (await stage.CallAsync()).Answer("", "", 503);
        Assert.Equal((200, 3), ((await asking).StatusCode, (await asking).ContentLength));
    }
}

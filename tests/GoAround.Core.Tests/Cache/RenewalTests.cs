using System;
using System.Threading.Tasks;
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
        Assert.Equal("old", (await asking).Body);
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
        (await stage.CallAsync()).Answer(MessageBody.Empty, "Cache-Control: private|ETag: \"1\"", 304);
        Assert.Equal("old", (await asking).Body);
        Assert.Equal(504, (await stage.AskAsync(fields: "Cache-Control: only-if-cached, max-stale")).StatusCode);
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

    /// <summary>What a backend answers to HEAD about a body of three bytes.</summary>
    private static ProxyResponse Head(string fields)
    {
        ProxyResponse response = new() { StatusCode = 200, ContentLength = 3, Backend = Backend.Parse("http://127.0.0.1:1"), Attempts = 1 };
        foreach (string line in fields.Split('|'))
        {
            int colon = line.IndexOf(':', StringComparison.Ordinal);
            response.Fields.Add(line[..colon], line[(colon + 1)..].Trim());
        }

        return response;
    }
}

using System;
using System.Threading.Tasks;
using GoAround.Core.Tests.Wire;
using Xunit;

namespace GoAround.Core.Tests.Cache;

/// <summary>Parts that an origin sends (RFC 9111 §3.3, RFC 9110 §15.3.7).</summary>
public class PartialContentTests
{
    private const string Part = "Content-Range: bytes 4-7/10|ETag: \"1\"|Cache-Control: max-age=60";

    [Fact]
    public async Task A_part_serves_the_ranges_within_it()
    {
        await using CacheStage stage = new();
        CacheReply cold = await stage.FillAsync("4567", Part, fields: "Range: bytes=4-7", status: 206);
        Assert.Equal((206, "4567", "bytes 4-7/10"), (cold.StatusCode, cold.Body, cold.Field("Content-Range")));
        foreach ((string asked, string body, string range) in new[] { ("4-7", "4567", "4-7"), ("5-6", "56", "5-6"), ("7-7", "7", "7-7") })
        {
            CacheReply warm = await stage.AskAsync(fields: $"Range: bytes={asked}");
            Assert.Equal((206, body, body.Length, $"bytes {range}/10"), (warm.StatusCode, warm.Body, warm.ContentLength, warm.Field("Content-Range")));
        }

        Assert.Equal(206, (await stage.AskAsync(fields: "Range: bytes=4-5|If-Range: \"1\"")).StatusCode);
        Assert.Equal(304, (await stage.AskAsync(fields: "Range: bytes=4-5|If-None-Match: \"1\"")).StatusCode);
        Assert.Equal(1, stage.Calls);
    }

    [Theory]
    [InlineData("")]
    [InlineData("Range: bytes=3-4")]
    [InlineData("Range: bytes=7-8")]
    [InlineData("Range: bytes=4-")]
    [InlineData("Range: bytes=-3")]
    [InlineData("Range: bytes=20-")]
    [InlineData("Range: bytes=4-4,6-6")]
    [InlineData("Range: bytes=4-5|If-Range: \"2\"")]
    public async Task A_part_is_nothing_to_who_asks_for_more(string fields)
    {
        await using CacheStage stage = new();
        await stage.FillAsync("4567", Part, fields: "Range: bytes=4-7", status: 206);
        Task<CacheReply> asking = stage.AskAsync(fields: fields);
        OriginCall call = await stage.CallAsync();
        Assert.Equal($"GET /a\r\n{fields.Replace("|", "\r\n", StringComparison.Ordinal)}{(fields.Length > 0 ? "\r\n" : "")}", call.Head);
        call.Answer("0123456789", "Cache-Control: max-age=60|ETag: \"2\"");
        CacheReply reply = await asking;
        Assert.Contains("fwd=partial", reply.Field("Cache-Status"), StringComparison.Ordinal);
        Assert.Equal("0123456789", (await stage.AskAsync()).Body); // the whole has taken its place
        Assert.Equal(2, stage.Calls);
    }

    [Fact]
    public async Task A_part_never_takes_the_place_of_the_whole()
    {
        await using CacheStage stage = new();
        Task<CacheReply> part = stage.AskAsync(fields: "Range: bytes=4-7");
        OriginCall range = await stage.CallAsync();
        await stage.FillAsync("0123456789");
        range.Answer("4567", Part, 206);
        Assert.Equal("4567", (await part).Body);
        await Until.TrueAsync(() => stage.Handler.IsIdle, "the fetch has not ended");
        Assert.Equal("0123456789", (await stage.AskAsync()).Body);
        Assert.Equal(2, stage.Calls);
    }

    [Theory]
    [InlineData("Range: bytes=0-")]
    [InlineData("Range: bytes=0-9")]
    [InlineData("Range: bytes=-10")]
    public async Task A_part_that_is_all_there_is_is_the_whole(string fields)
    {
        await using CacheStage stage = new();
        CacheReply cold = await stage.FillAsync("0123456789", "Content-Range: bytes 0-9/10|ETag: \"1\"|Cache-Control: max-age=60, stale-while-revalidate=60|Vary: X", fields: fields, status: 206);
        Assert.Equal((206, "bytes 0-9/10"), (cold.StatusCode, cold.Field("Content-Range")));
        await Until.TrueAsync(() => stage.Handler.IsIdle, "the fetch has not ended");
        CacheReply whole = await stage.AskAsync();
        Assert.Equal((200, "0123456789", 10, ""), (whole.StatusCode, whole.Body, whole.ContentLength, whole.Field("Content-Range")));
        Assert.Equal("\"1\"", whole.Field("ETag"));
        CacheReply part = await stage.AskAsync(fields: "Range: bytes=4-5");
        Assert.Equal((206, "45", "bytes 4-5/10"), (part.StatusCode, part.Body, part.Field("Content-Range")));
        Assert.Equal(416, (await stage.AskAsync(fields: "Range: bytes=10-")).StatusCode);
        Assert.Equal(10, (await stage.AskAsync(method: "HEAD")).ContentLength);
        Assert.Equal(1, stage.Calls);
        stage.Advance(61);
        Assert.Equal("0123456789", (await stage.AskAsync().WaitAsync(WireEnd.Patience)).Body); // and is refreshed meanwhile
        (await stage.CallAsync()).Answer("new", "Cache-Control: max-age=60");
    }

    [Fact]
    public async Task A_range_of_what_is_stale_as_it_comes_is_asked_for_as_a_range_each_time()
    {
        await using CacheStage stage = new();
        await stage.FillAsync("0123456789", "Cache-Control: max-age=60|Age: 90");
        for (int i = 0; i < 2; i++)
        {
            Task<CacheReply> asking = stage.AskAsync(fields: "Range: bytes=4-7");
            OriginCall call = await stage.CallAsync();
            Assert.Equal("GET /a\r\nRange: bytes=4-7\r\n", call.Head);
            call.Answer("4567", "Content-Range: bytes 4-7/10|Cache-Control: max-age=60|Age: 90", 206);
            Assert.Equal((206, "4567"), ((await asking).StatusCode, (await asking).Body));
        }
    }

    [Theory]
    [InlineData("0123456789", "bytes 0-9/10", "bytes=0-")]
    [InlineData("4567", "bytes 4-7/10", "bytes=4-7")]
    public async Task A_part_that_leaves_out_what_its_client_has_is_for_that_one_alone(string body, string part, string range)
    {
        await using CacheStage stage = new();
        CacheReply cold = await stage.FillAsync(body, $"Content-Range: {part}|ETag: \"1\"|Cache-Control: max-age=60", fields: $"Range: {range}|If-Range: \"1\"", status: 206);
        Assert.Equal((206, body), (cold.StatusCode, cold.Body));
        await Until.TrueAsync(() => stage.Handler.IsIdle, "the fetch has not ended");
        Assert.Empty(((DictionaryCache)stage.Store).Keys);
        CacheReply next = await stage.FillAsync(body, $"Content-Range: {part}|ETag: \"1\"|Content-Encoding: gzip|Cache-Control: max-age=60", fields: $"Range: {range}", status: 206);
        Assert.Equal("gzip", next.Field("Content-Encoding"));
        await Until.TrueAsync(() => stage.Handler.IsIdle, "the fetch has not ended");
        Assert.Equal("gzip", (await stage.AskAsync(fields: $"Range: {range}|If-Range: \"1\"")).Field("Content-Encoding"));
        Assert.Equal(2, stage.Calls);
    }

    [Theory]
    [InlineData("Content-Range: bytes 4-8/10", "Range: bytes=4-7")]
    [InlineData("Content-Range: bytes 4-7/*", "Range: bytes=4-7")]
    [InlineData("Content-Range: bytes 4-7/7", "Range: bytes=4-7")]
    [InlineData("Content-Range: bytes 4-7/10|Content-Range: bytes 4-7/10", "Range: bytes=4-7")]
    [InlineData("Content-Type: multipart/byteranges; boundary=x", "Range: bytes=4-7")]
    [InlineData("Content-Range: bytes 4-7/10", "")]
    public async Task A_part_that_is_not_what_it_says_is_not_stored(string answer, string fields)
    {
        await using CacheStage stage = new();
        Assert.Equal("4567", (await stage.FillAsync("4567", answer + "|Cache-Control: max-age=60", fields: fields, status: 206)).Body);
        await Until.TrueAsync(() => stage.Handler.IsIdle, "the fetch has not ended");
        Assert.Empty(((DictionaryCache)stage.Store).Keys);
    }

    [Fact]
    public async Task A_chunked_part_of_another_length_than_it_says_is_not_stored()
    {
        await using CacheStage stage = new();
        Task<CacheReply> asking = stage.AskAsync(fields: "Range: bytes=4-7");
        PushedBody body = new(null);
        (await stage.CallAsync()).Answer(body, Part, 206);
        body.Push("456");
        body.End();
        Assert.Equal("456", (await asking).Body);
        await Until.TrueAsync(() => stage.Handler.IsIdle, "the fetch has not ended");
        Assert.Empty(((DictionaryCache)stage.Store).Keys);
    }

    [Fact]
    public async Task A_stale_part_is_confirmed_and_serves_its_range_again()
    {
        await using CacheStage stage = new();
        await stage.FillAsync("4567", Part + ", stale-while-revalidate=60", fields: "Range: bytes=4-7", status: 206);
        stage.Advance(61);
        Task<CacheReply> asking = stage.AskAsync(fields: "Range: bytes=5-6");
        OriginCall call = await stage.CallAsync();
        Assert.Equal("GET /a\r\nIf-None-Match: \"1\"\r\n", call.Head); // without its range: if it has changed, the whole is worth having
        call.Answer("", "ETag: \"1\"|Cache-Control: max-age=60", 304);
        Assert.Equal((206, "56", "bytes 5-6/10"), ((await asking).StatusCode, (await asking).Body, (await asking).Field("Content-Range")));
        Assert.Equal("45", (await stage.AskAsync(fields: "Range: bytes=4-5")).Body);
        Assert.Equal(2, stage.Calls);
    }
}

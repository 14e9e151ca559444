using System;
using System.Collections.Generic;
using System.IO;
using System.Net.Http;
using System.Net.Http.Json;
using System.Text;
using System.Threading.Tasks;
using GoAround.Core.Outgoing;
using GoAround.Core.Tests.Wire;
using Xunit;

namespace GoAround.Core.Tests.Outgoing;

public sealed class OutgoingBodyTests
{
    private static readonly string Large = new('x', 100_000);

    private static readonly Dictionary<string, Func<HttpContent>> Contents = new()
    {
        ["bytes"] = () => new ByteArrayContent(Encoding.ASCII.GetBytes(Large)),
        ["string"] = () => new StringContent(Large),
        ["form"] = () => new FormUrlEncodedContent([new("a", Large)]),
        ["memory"] = () => new ReadOnlyMemoryContent(Encoding.ASCII.GetBytes(Large)),
        ["small json"] = () => JsonContent.Create("small"),
        ["small stream"] = () => new StreamContent(new MemoryStream(new byte[5000])),
        ["small multipart"] = () => new MultipartFormDataContent { { new StringContent("a"), "b" } },
    };

    public static TheoryData<string> Names => [.. Contents.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Content_that_was_read_in_part_or_to_its_end_is_read_once_more(string name)
    {
        byte[] expected = await Contents[name]().ReadAsByteArrayAsync();
        for (int pieces = 0; pieces < 3; pieces++)
        {
            OutgoingBody body = new(Contents[name](), null, 64 * 1024, isHeldBack: false, TimeProvider.System);
            for (int i = 0; i < pieces; i++)
            {
                await body.ReadAsync(default);
            }

            Assert.True(body.TryRewind());
            byte[] first = await ReadToEndAsync(body);
            Assert.True(body.TryRewind());
            byte[] second = await ReadToEndAsync(body);
            body.End();
            if (name != "small multipart") // its boundary is another each time
            {
                Assert.Equal(expected, first);
            }

            Assert.Equal(first, second);
        }
    }

    [Fact]
    public async Task Stream_larger_than_the_replay_buffer_is_read_once()
    {
        OutgoingBody body = new(new StreamContent(new MemoryStream(new byte[70_000])), null, 64 * 1024, isHeldBack: false, TimeProvider.System);
        Assert.True(body.TryRewind());
        Assert.Equal(70_000, (await ReadToEndAsync(body)).Length);
        Assert.False(body.TryRewind());
        body.End();
    }

    [Theory]
    [InlineData(0, 10L)]
    [InlineData(64, 65L)]
    public async Task Stream_that_will_not_fit_is_not_kept_from_the_start(int replayLimit, long length)
    {
        OutgoingBody body = new(new StreamContent(new MemoryStream(new byte[length])), length, replayLimit, isHeldBack: false, TimeProvider.System);
        Assert.Equal(length, (await body.ReadAsync(default)).Length);
        Assert.False(body.TryRewind());
        body.End();
    }

    [Fact]
    public async Task Put_over_a_stale_socket_is_sent_once_more_and_post_is_not()
    {
        using ScriptedBackend backend = new();
        await using OutgoingFixture fixture = new(backend);
        foreach (HttpMethod method in new[] { HttpMethod.Put, HttpMethod.Post })
        {
            Task<HttpResponseMessage> first = fixture.Client.GetAsync("/");
            using WireEnd link = await backend.AcceptAsync();
            await link.ReadHeadAsync();
            await link.SendAsync(WireEnd.Response("ok"));
            (await first.WaitAsync(WireEnd.Patience)).Dispose();
            await fixture.UntilNothingIsInFlightAsync(); // its socket is idle
            using HttpRequestMessage request = new(method, "/") { Content = JsonContent.Create("abc") };
            Task<HttpResponseMessage> send = fixture.Client.SendAsync(request);
            await link.ReadUntilAsync("0\r\n\r\n");
            link.Dispose(); // just as the server had decided to close
            if (method == HttpMethod.Post)
            {
                HttpRequestException fault = await Assert.ThrowsAsync<HttpRequestException>(() => send.WaitAsync(WireEnd.Patience));
                Assert.Equal(HttpRequestError.ResponseEnded, fault.HttpRequestError);
                continue;
            }

            using WireEnd next = await backend.AcceptAsync();
            Assert.Contains("\"abc\"", await next.ReadUntilAsync("0\r\n\r\n"), StringComparison.Ordinal);
            await next.SendAsync(WireEnd.Response("ok", fields: "Connection: close\r\n"));
            (await send.WaitAsync(WireEnd.Patience)).Dispose();
        }
    }

    private static async Task<byte[]> ReadToEndAsync(OutgoingBody body)
    {
        List<byte> all = [];
        while (await body.ReadAsync(default).AsTask().WaitAsync(WireEnd.Patience) is { IsEmpty: false } piece)
        {
            all.AddRange(piece.ToArray());
        }

        return [.. all];
    }
}

using System;
using System.Threading.Tasks;
using GoAround.Core.Tests.Wire;
using Xunit;

namespace GoAround.Core.Tests.Server;

public sealed class FramingTests
{
    private const string Get = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";

    [Fact]
    public async Task Chunked_request_reaches_the_backend_with_its_trailers()
    {
        using ScriptedBackend backend = new();
        await using ProxyFixture proxy = await ProxyFixture.OpenAsync(backend);
        using WireEnd client = await proxy.ConnectAsync();
        await client.SendAsync("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n");
        using WireEnd link = await backend.AcceptAsync();
        Assert.Contains("Transfer-Encoding: chunked\r\n", await link.ReadHeadAsync());
        await link.ExpectAsync("5\r\nhello\r\n");
        await client.SendAsync("6;ext=1\r\n world\r\n0\r\nChecksum: 42\r\n\r\n");
        await link.ExpectAsync("6\r\n world\r\n0\r\nChecksum: 42\r\n\r\n");
        await link.SendAsync(WireEnd.Response("ok"));
        await client.ExpectAsync(WireEnd.Response("ok"));
        await client.SendAsync(Get);
        await link.ReadHeadAsync();
        await link.SendAsync(WireEnd.Response("again"));
        await client.ExpectAsync(WireEnd.Response("again"));
    }

    [Fact]
    public async Task Chunked_response_reaches_the_client_with_its_trailers()
    {
        using ScriptedBackend backend = new();
        await using ProxyFixture proxy = await ProxyFixture.OpenAsync(backend);
        using WireEnd client = await proxy.ConnectAsync();
        await client.SendAsync("GET / HTTP/1.1\r\nHost: h\r\nTE: trailers\r\n\r\n");
        using WireEnd link = await backend.AcceptAsync();
        Assert.Contains("TE: trailers\r\n", await link.ReadHeadAsync());
        await link.SendAsync("HTTP/1.1 200 OK\r\nDate: D\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n");
        await client.ExpectAsync("HTTP/1.1 200 OK\r\nDate: D\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n");
        await link.SendAsync("2\r\nde\r\n0\r\nChecksum: 42\r\n\r\n");
        await client.ExpectAsync("2\r\nde\r\n0\r\nChecksum: 42\r\n\r\n");
        await client.SendAsync(Get);
        await link.ReadHeadAsync();
        await link.SendAsync(WireEnd.Response("again"));
        await client.ExpectAsync(WireEnd.Response("again"));
    }

    [Fact]
    public async Task Chunked_response_goes_to_http_1_0_without_framing_and_ends_with_the_connection()
    {
        using ScriptedBackend backend = new ScriptedBackend().Answer(
            "HTTP/1.1 200 OK\r\nDate: D\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n");
        await using ProxyFixture proxy = await ProxyFixture.OpenAsync(backend);
        string answer = await proxy.AskOnceAsync("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
        Assert.Equal("HTTP/1.1 200 OK\r\nDate: D\r\nConnection: close\r\n\r\nabcde", answer);
    }

    [Fact]
    public async Task Close_delimited_response_is_chunked_for_http_1_1()
    {
        using ScriptedBackend backend = new();
        await using ProxyFixture proxy = await ProxyFixture.OpenAsync(backend);
        using WireEnd client = await proxy.ConnectAsync();
        for (int i = 0; i < 2; i++)
        {
            await client.SendAsync(Get);
            using WireEnd link = await backend.AcceptAsync();
            await link.ReadHeadAsync();
            await link.SendAsync("HTTP/1.1 200 OK\r\nDate: D\r\n\r\nabc");
            await client.ExpectAsync("HTTP/1.1 200 OK\r\nDate: D\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n");
            link.ShutdownSend();
            await client.ExpectAsync("0\r\n\r\n");
        }
    }

    [Fact]
    public async Task Close_delimited_response_goes_to_http_1_0_as_it_is()
    {
        using ScriptedBackend backend = new ScriptedBackend().Serve(async link =>
        {
            await link.ReadHeadAsync();
            await link.SendAsync("HTTP/1.0 200 OK\r\nDate: D\r\n\r\nabc");
            link.ShutdownSend();
        });
        await using ProxyFixture proxy = await ProxyFixture.OpenAsync(backend);
        Assert.Equal("HTTP/1.1 200 OK\r\nDate: D\r\nConnection: close\r\n\r\nabc", await proxy.AskOnceAsync("GET / HTTP/1.0\r\n\r\n"));
    }

    [Theory]
    [InlineData(4000)]
    [InlineData(4060)]
    [InlineData(4096)]
    [InlineData(8192)]
    public async Task Chunked_upload_behind_a_head_that_fills_the_buffer_gets_through(int headBytes)
    {
        using ScriptedBackend backend = new();
        await using ProxyFixture proxy = await ProxyFixture.OpenAsync(backend);
        using WireEnd client = await proxy.ConnectAsync();
        string start = "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nX-Fill: ";
        await client.SendAsync(start + new string('f', headBytes - start.Length - 4) + "\r\n\r\n");
        using WireEnd link = await backend.AcceptAsync();
        await link.ReadHeadAsync();
        await client.SendAsync("5\r\nhello\r\n0\r\n\r\n");
        await link.ExpectAsync("5\r\nhello\r\n0\r\n\r\n");
        await link.SendAsync(WireEnd.Response("ok"));
        await client.ExpectAsync(WireEnd.Response("ok"));
    }

    [Theory]
    [InlineData(7000)]
    [InlineData(8150)]
    [InlineData(8192)]
    [InlineData(16384)]
    public async Task Chunked_response_behind_a_head_that_fills_the_buffer_gets_through(int headBytes)
    {
        using ScriptedBackend backend = new();
        await using ProxyFixture proxy = await ProxyFixture.OpenAsync(backend);
        using WireEnd client = await proxy.ConnectAsync();
        await client.SendAsync(Get);
        using WireEnd link = await backend.AcceptAsync();
        await link.ReadHeadAsync();
        string start = "HTTP/1.1 200 OK\r\nDate: D\r\nTransfer-Encoding: chunked\r\nX-Fill: ";
        await link.SendAsync(start + new string('f', headBytes - start.Length - 4) + "\r\n\r\n");
        await client.ReadHeadAsync();
        await link.SendAsync("5\r\nhello\r\n0\r\n\r\n");
        await client.ExpectAsync("5\r\nhello\r\n0\r\n\r\n");
    }

    [Fact]
    public async Task Response_leaves_piece_by_piece_as_it_comes()
    {
        using ScriptedBackend backend = new();
        await using ProxyFixture proxy = await ProxyFixture.OpenAsync(backend);
        using WireEnd client = await proxy.ConnectAsync();
        await client.SendAsync(Get);
        using WireEnd link = await backend.AcceptAsync();
        await link.ReadHeadAsync();
        await link.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n");
        await client.ReadHeadAsync();
        foreach (string piece in new[] { "one", "two", "six" })
        {
            await link.SendAsync(piece);
            await client.ExpectAsync(piece);
        }
    }

    [Fact]
    public async Task Date_is_added_where_it_is_missing_and_only_there()
    {
        using ScriptedBackend backend = new ScriptedBackend().Answer("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        await using ProxyFixture proxy = await ProxyFixture.OpenAsync(backend);
        using WireEnd client = await proxy.ConnectAsync();
        await client.SendAsync(Get);
        string head = await client.ReadHeadAsync();
        int at = head.IndexOf("Date: ", StringComparison.Ordinal) + 6;
        Assert.True(DateTimeOffset.TryParseExact(head[at..head.IndexOf('\r', at)], "r", null, default, out DateTimeOffset date));
        Assert.InRange((DateTimeOffset.UtcNow - date).TotalSeconds, -5, 60);
    }
}

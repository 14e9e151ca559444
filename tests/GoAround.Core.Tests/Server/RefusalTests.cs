using System;
using System.Threading.Tasks;
using GoAround.Core.Tests.Wire;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace GoAround.Core.Tests.Server;

public sealed class RefusalTests
{
    [Theory]
    [InlineData(400, "GET / HTTP/1.1\r\n\r\n")]
    [InlineData(400, "GET / HTTP/1.1\r\nHost : h\r\n\r\n")]
    [InlineData(400, "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n")]
    [InlineData(501, "CONNECT h:80 HTTP/1.1\r\nHost: h\r\n\r\n")]
    [InlineData(501, "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip\r\n\r\n")]
    [InlineData(505, "GET / HTTP/3.0\r\nHost: h\r\n\r\n")]
    public async Task Request_that_is_refused_is_answered_and_the_connection_closed(int status, string request)
    {
        await using ProxyFixture proxy = await ProxyFixture.OpenAsync();
        ExpectRefusal(status, await proxy.AskOnceAsync(request));
    }

    [Fact]
    public async Task Line_and_head_that_are_too_long_are_answered_while_the_client_still_sends()
    {
        await using ProxyFixture proxy = await ProxyFixture.OpenAsync(new ProxyFixture.Setup { Time = new FakeTimeProvider() }); // in which nobody lingers too long
        await ExpectRefusalWhileSendingAsync(proxy, 414, "GET /" + new string('a', 3_000_000));
        await ExpectRefusalWhileSendingAsync(proxy, 431, "GET / HTTP/1.1\r\nHost: h\r\nX: " + new string('a', 3_000_000));
    }

    [Fact]
    public async Task Body_that_is_too_large_is_answered_while_the_client_still_sends()
    {
        ProxyFixture.Setup setup = new() { Time = new FakeTimeProvider(), Server = { MaxBodyBytes = 1000 } };
        using ScriptedBackend backend = new ScriptedBackend().Serve(link => link.ReadToCloseAsync());
        await using ProxyFixture proxy = await ProxyFixture.OpenAsync(setup, backend);
        string body = new('b', 6_000_000);
        await ExpectRefusalWhileSendingAsync(proxy, 413, $"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: {body.Length}\r\n\r\n{body}");
        await ExpectRefusalWhileSendingAsync(proxy, 413, $"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n{body.Length:x}\r\n{body}\r\n0\r\n\r\n");
        await proxy.UntilNothingIsInFlightAsync();
        proxy.ExpectNoErrors();
    }

    [Fact]
    public async Task Body_whose_chunks_are_malformed_is_answered_400()
    {
        using ScriptedBackend backend = new ScriptedBackend().Serve(link => link.ReadToCloseAsync());
        await using ProxyFixture proxy = await ProxyFixture.OpenAsync(backend);
        using WireEnd client = await proxy.ConnectAsync();
        await client.SendAsync("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n");
        await client.SendAsync("zz\r\n");
        ExpectRefusal(400, await client.ReadToEndAsync());
        await proxy.UntilNothingIsInFlightAsync();
        proxy.ExpectNoErrors();
    }

    [Fact]
    public async Task Head_that_does_not_come_in_time_is_answered_408()
    {
        FakeTimeProvider time = new();
        ProxyFixture.Setup setup = ProxyFixture.Setup.Unhurried(time);
        setup.Server.HeadTimeout = TimeSpan.FromSeconds(30);
        await using ProxyFixture proxy = await ProxyFixture.OpenAsync(setup);
        using WireEnd client = await proxy.ConnectAsync();
        await client.SendAsync("GET / HT");
        ExpectRefusal(408, await Until.EndedAsync(client.ReadToEndAsync(), time));
    }

    [Fact]
    public async Task Answer_408_reaches_a_client_that_still_sends()
    {
        FakeTimeProvider time = new();
        ProxyFixture.Setup setup = ProxyFixture.Setup.Unhurried(time);
        setup.Server.HeadTimeout = TimeSpan.FromSeconds(30);
        await using ProxyFixture proxy = await ProxyFixture.OpenAsync(setup);
        using WireEnd client = await proxy.ConnectAsync();
        await client.SendAsync("GET / HT");
        await Until.TrueAsync(
            () =>
            {
                time.Advance(TimeSpan.FromSeconds(proxy.Events.Ended.IsEmpty ? 1 : 0));
                return !proxy.Events.Ended.IsEmpty;
            },
            "no answer");
        for (int i = 0; i < 50; i++) // the time stands still: what the client sends is read for some seconds yet
        {
            await client.SendAsync("T");
        }

        string answer = await client.ReadUntilAsync("time.\n");
        ExpectRefusal(408, answer);
    }

    [Fact]
    public async Task Idle_connection_is_closed_in_order_without_a_word()
    {
        FakeTimeProvider time = new();
        await using ProxyFixture proxy = await ProxyFixture.OpenAsync(new ProxyFixture.Setup { Time = time });
        using WireEnd client = await proxy.ConnectAsync();
        Assert.Equal("", await Until.EndedAsync(client.ReadToEndAsync(), time));
    }

    [Fact]
    public async Task Body_that_stalls_is_answered_408()
    {
        FakeTimeProvider time = new();
        using ScriptedBackend backend = new();
        ProxyFixture.Setup setup = ProxyFixture.Setup.Unhurried(time);
        setup.Server.BodyTimeout = TimeSpan.FromSeconds(60);
        await using ProxyFixture proxy = await ProxyFixture.OpenAsync(setup, backend);
        using WireEnd client = await proxy.ConnectAsync();
        await client.SendAsync("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nhalf");
        using WireEnd link = await backend.AcceptAsync();
        await link.ReadUntilAsync("half");
        ExpectRefusal(408, await Until.EndedAsync(client.ReadToEndAsync(), time));
        await link.ReadToCloseAsync();
        await proxy.UntilNothingIsInFlightAsync();
        proxy.ExpectNoErrors();
    }

    [Fact]
    public async Task Refused_request_is_counted_without_the_words_of_the_one_before()
    {
        using ScriptedBackend backend = new ScriptedBackend().Answer(WireEnd.Response("ok"));
        await using ProxyFixture proxy = await ProxyFixture.OpenAsync(backend);
        using WireEnd client = await proxy.ConnectAsync();
        await client.SendAsync("DELETE /secret HTTP/1.1\r\nHost: h\r\n\r\n");
        await client.ExpectAsync(WireEnd.Response("ok"));
        await client.SendAsync("what is this\r\n\r\n");
        ExpectRefusal(400, await client.ReadToEndAsync());
        await Until.TrueAsync(() => proxy.Events.Ended.Count == 2, "not counted");
        Assert.Equal([("DELETE", "/secret", 200), ("GET", "/", 400)], proxy.Events.Ended);
    }

    private static void ExpectRefusal(int status, string answer)
    {
        Assert.StartsWith($"HTTP/1.1 {status} ", answer);
        Assert.Contains("Connection: close\r\n", answer);
        Assert.Contains("Cache-Control: no-store\r\n", answer);
        Assert.EndsWith("\n", answer);
        Assert.False(answer.EndsWith("\r\n\r\n", StringComparison.Ordinal), "it says nothing");
    }

    // As a client does that writes all it has before it reads: neither its writing nor the answer may be lost to a reset.
    private static async Task ExpectRefusalWhileSendingAsync(ProxyFixture proxy, int status, string request)
    {
        using WireEnd client = await proxy.ConnectAsync();
        await client.SendAsync(request);
        client.ShutdownSend();
        ExpectRefusal(status, await client.ReadToEndAsync());
    }
}

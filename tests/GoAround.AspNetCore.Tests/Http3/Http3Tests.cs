using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using GoAround.Core;
using GoAround.Core.Tests.Wire;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace GoAround.AspNetCore.Tests.Http3;

/// <summary>Kestrel's HTTP/3 over streams in memory: all of it but QUIC, which needs a library of the machine's.</summary>
public sealed class Http3Tests
{
    private const long InternalError = 0x102; // H3_INTERNAL_ERROR
    private const int LargePieces = 1600; // 100 MiB: many times what is on its way at most, in the buffers of the system too
    private const int Often = 400; // looks, of a millisecond or more each

    private static readonly byte[] Large = new byte[64 * 1024];

    private readonly MemoryMultiplexer _quic = new();

    [Fact]
    public async Task Request_becomes_one_of_http11_and_its_answer_one_of_http3()
    {
        using ScriptedBackend backend = new ScriptedBackend().Answer(
            "HTTP/1.1 404 Odd phrase\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\nKeep-Alive: 5\r\nConnection: keep-alive, X-Drop\r\nX-Drop: 1\r\nUpgrade: h2c\r\nX-Long: "
            + new string('x', 300) + "\r\nContent-Length: 2\r\n\r\nno");
        await using Gateway gateway = await OpenAsync(backend);
        Http3Client client = _quic.Connect();
        Http3Answer answer = await client.AskAsync("GET", "/a%2Fb?c=%20", ("cookie", "x=1"), ("cookie", "y=2"), ("te", "trailers"), ("x-long", new string('y', 300)));
        Assert.Equal(
            "GET /a%2Fb?c=%20 HTTP/1.1\nConnection: TE\nCookie: x=1; y=2\nHost: shop.example\nTE: trailers\nVia: 3 goaround\n"
            + "X-Forwarded-For: 127.0.0.1\nX-Forwarded-Host: shop.example\nX-Forwarded-Proto: https\nx-long: " + new string('y', 300),
            HeadText.Sorted(Assert.Single(backend.Heads)));
        Assert.Equal(("404", "no", "2", "a=1 | b=2", new string('x', 300)), (answer.Status, answer.Body, answer.Field("content-length"), answer.Field("set-cookie"), answer.Field("x-long")));
        Assert.Equal([":status", "content-length", "date", "set-cookie", "x-long"], answer.Head.Select(line => line.Split(": ")[0]).Distinct().Order());
        Assert.Empty(answer.Trailers);
        await client.ExpectSettingsAsync();
        await gateway.UntilIdleAsync(1);
        gateway.ExpectNoErrors();
    }

    [Fact]
    public async Task Bodies_stream_both_ways_at_once_and_trailers_of_both_follow()
    {
        using ScriptedBackend backend = new();
        await using Gateway gateway = await OpenAsync(backend);
        Http3Request request = _quic.Connect().Begin("POST", "/");
        request.Send("a");
        using WireEnd link = await backend.AcceptAsync();
        Assert.Equal("chunked", HeadText.Field(await link.ReadHeadAsync(), "Transfer-Encoding"));
        await link.ExpectAsync("1\r\na\r\n");
        await link.SendAsync("HTTP/1.1 200 OK\r\nTrailer: X-Sum\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nA\r\n");
        List<string> head = await request.ReadHeadAsync();
        Assert.Contains(":status: 200", head);
        Assert.Equal("A", await request.ReadBodyAsync(1));
        request.Send("b");
        await link.ExpectAsync("1\r\nb\r\n");
        request.End(("x-asked", "2"), ("content-length", "9"));
        await link.ExpectAsync("0\r\nx-asked: 2\r\n\r\n");
        await link.SendAsync("1\r\nB\r\n0\r\nX-Sum: 7\r\n\r\n");
        Http3Answer answer = await request.ReadRestAsync(head);
        Assert.Equal(("B", "x-sum: 7"), (answer.Body, Assert.Single(answer.Trailers).ToLowerInvariant()));
        await gateway.UntilIdleAsync(1);
        gateway.ExpectNoErrors();
    }

    [Fact]
    public async Task Body_of_a_known_length_keeps_it()
    {
        using ScriptedBackend backend = new();
        await using Gateway gateway = await OpenAsync(backend);
        Http3Request request = _quic.Connect().Begin("PUT", "/", ("content-length", "6"));
        request.Send("abc");
        using WireEnd link = await backend.AcceptAsync();
        Assert.Equal("6", HeadText.Field(await link.ReadHeadAsync(), "Content-Length"));
        await link.ExpectAsync("abc");
        request.Send("def");
        request.End();
        await link.ExpectAsync("def");
        await link.SendAsync(WireEnd.Response("ok"));
        Assert.Equal("ok", (await request.ReadAnswerAsync()).Body);
        await gateway.UntilIdleAsync(1);
        gateway.ExpectNoErrors();
    }

    [Fact]
    public async Task Body_is_asked_for_when_the_backend_asks_for_it()
    {
        using ScriptedBackend backend = new();
        await using Gateway gateway = await OpenAsync(backend);
        Http3Request request = _quic.Connect().Begin("POST", "/", ("expect", "100-continue"), ("content-length", "3"));
        using WireEnd link = await backend.AcceptAsync();
        Assert.Equal("100-continue", HeadText.Field(await link.ReadHeadAsync(), "Expect"));
        await link.SendAsync("HTTP/1.1 100 Continue\r\n\r\n");
        Assert.Equal([":status: 100"], await request.ReadHeadAsync());
        request.Send("abc");
        request.End();
        await link.ExpectAsync("abc");
        await link.SendAsync(WireEnd.Response("ok"));
        Assert.Equal("ok", (await request.ReadAnswerAsync()).Body);
        await gateway.UntilIdleAsync(1);
        gateway.ExpectNoErrors();
    }

    [Theory]
    [InlineData("HEAD", "200 OK", "Content-Length: 5\r\n", "200", "5")]
    [InlineData("GET", "204 No Content", "", "204", "")]
    [InlineData("GET", "304 Not Modified", "Content-Length: 5\r\n", "304", "5")]
    public async Task Answer_without_a_body_ends_behind_its_head(string method, string status, string fields, string code, string length)
    {
        using ScriptedBackend backend = new ScriptedBackend().Answer($"HTTP/1.1 {status}\r\n{fields}\r\n");
        await using Gateway gateway = await OpenAsync(backend);
        Http3Answer answer = await _quic.Connect().AskAsync(method, "/");
        Assert.Equal((code, length, "", 0), (answer.Status, answer.Field("content-length"), answer.Body, answer.Trailers.Count));
        await gateway.UntilIdleAsync(1);
        gateway.ExpectNoErrors();
    }

    [Theory]
    [InlineData("Content-Length: 5\r\n\r\nhello", "hello", "")]
    [InlineData("Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", "hello", "")]
    [InlineData("Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX-Sum: 7\r\n\r\n", "hello", "x-sum: 7")]
    [InlineData("Connection: close\r\n\r\nhello", "hello", "")]
    [InlineData("Content-Length: 0\r\n\r\n", "", "")]
    public async Task Answer_that_is_at_hand_at_once_arrives_to_its_last_byte(string rest, string body, string trailers)
    {
        using ScriptedBackend backend = new ScriptedBackend().Serve(async link =>
        {
            await link.ReadHeadAsync();
            await link.SendAsync("HTTP/1.1 200 OK\r\n" + rest);
            link.ShutdownSend();
        });
        await using Gateway gateway = await OpenAsync(backend);
        Http3Answer answer = await _quic.Connect().AskAsync("GET", "/");
        Assert.Equal((body, trailers), (answer.Body, string.Join('|', answer.Trailers).ToLowerInvariant()));
        await gateway.UntilIdleAsync(1);
        gateway.ExpectNoErrors();
    }

    [Fact]
    public async Task Answer_of_the_balancers_own_has_its_text()
    {
        using ScriptedBackend backend = new ScriptedBackend().Answer("HTTP/1.1 no\r\n\r\n");
        await using Gateway gateway = await OpenAsync(backend);
        Http3Answer answer = await _quic.Connect().AskAsync("POST", "/");
        Assert.Equal(("502", answer.Field("content-length")), (answer.Status, answer.Body.Length.ToString(CultureInfo.InvariantCulture)));
        Assert.NotEmpty(answer.Body);
        gateway.ExpectNoErrors();
    }

    [Theory]
    [InlineData("Content-Length: 9\r\n\r\nabc", "", ProxyError.HttpResponseIncomplete)]
    [InlineData("Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n", "", ProxyError.HttpResponseIncomplete)]
    [InlineData("Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n", "z\r\n", ProxyError.HttpResponseTransferCoding)]
    public async Task Answer_that_breaks_off_resets_its_stream_and_the_connection_goes_on(string beginning, string end, ProxyError error)
    {
        using ScriptedBackend backend = new();
        await using Gateway gateway = await OpenAsync(backend);
        Http3Client client = _quic.Connect();
        Http3Request request = client.Begin("GET", "/");
        request.End();
        using WireEnd link = await backend.AcceptAsync();
        await link.ReadHeadAsync();
        await link.SendAsync("HTTP/1.1 200 OK\r\n" + beginning);
        List<string> head = await request.ReadHeadAsync();
        Assert.Contains(":status: 200", head);
        Assert.Equal("abc", await request.ReadBodyAsync(3));
        await link.SendAsync(end);
        link.ShutdownSend();
        Assert.Equal(InternalError, (await Assert.ThrowsAsync<StreamResetException>(() => request.ReadRestAsync(head))).Code);
        await gateway.UntilIdleAsync(1);
        Assert.Equal((error, 200), Assert.Single(gateway.Events.Errors));
        Http3Request next = client.Begin("GET", "/next");
        next.End();
        using WireEnd other = await backend.AcceptAsync();
        Assert.StartsWith("GET /next ", await other.ReadHeadAsync(), StringComparison.Ordinal);
        await other.SendAsync(WireEnd.Response("ok"));
        Assert.Equal("ok", (await next.ReadAnswerAsync()).Body);
        gateway.ExpectNoErrors();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Client_that_cancels_ends_the_exchange_before_its_answer_and_within(bool hasBegun)
    {
        using ScriptedBackend backend = new();
        await using Gateway gateway = await OpenAsync(backend);
        Http3Request request = _quic.Connect().Begin("GET", "/");
        request.End();
        using WireEnd link = await backend.AcceptAsync();
        await link.ReadHeadAsync();
        if (hasBegun)
        {
            await link.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc");
            await request.ReadHeadAsync();
            Assert.Equal("abc", await request.ReadBodyAsync(3));
        }

        request.Cancel();
        Assert.Equal("", await link.ReadToCloseAsync());
        await gateway.UntilIdleAsync(1);
        Assert.Equal((ProxyError.ClientLeft, hasBegun ? 200 : 499), Assert.Single(gateway.Events.Errors));
        gateway.ExpectNoErrors();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Upload_that_its_client_cancels_or_whose_connection_goes_never_looks_whole(bool isConnection)
    {
        using ScriptedBackend backend = new();
        await using Gateway gateway = await OpenAsync(backend);
        Http3Client client = _quic.Connect();
        Http3Request request = client.Begin("POST", "/");
        request.Send("abc");
        using WireEnd link = await backend.AcceptAsync();
        await link.ReadHeadAsync();
        await link.ExpectAsync("3\r\nabc\r\n");
        if (isConnection)
        {
            client.Leave();
        }
        else
        {
            request.Cancel();
        }

        Assert.Equal("", await link.ReadToCloseAsync()); // no last chunk
        await gateway.UntilIdleAsync(1);
        Assert.Equal(("POST", "/", 499), Assert.Single(gateway.Events.Ended));
        gateway.ExpectNoErrors();
    }

    [Fact]
    public async Task Many_at_once_over_one_connection_each_get_their_own_answer()
    {
        using ScriptedBackend backend = new ScriptedBackend().Serve(async link =>
        {
            while (await ReceivedRequest.TryReadAsync(link) is { } request)
            {
                string body = request.Target + request.Body;
                await link.SendAsync(Encoding.Latin1.GetBytes($"HTTP/1.1 200 OK\r\nContent-Length: {body.Length}\r\n\r\n{body}"));
            }
        });
        await using Gateway gateway = await OpenAsync(backend);
        Http3Client client = _quic.Connect();
        await Task.WhenAll(Enumerable.Range(0, 50).Select(async i =>
        {
            string body = new((char)('a' + (i % 26)), i * 700);
            Http3Request request = client.Begin("PUT", $"/{i}");
            request.Send(body);
            request.End();
            Assert.Equal($"/{i}{body}", (await request.ReadAnswerAsync()).Body);
        }));
        await gateway.UntilIdleAsync(50);
        gateway.ExpectNoErrors();
    }

    [Fact]
    public async Task Backend_waits_for_a_client_that_does_not_read()
    {
        using ScriptedBackend backend = new();
        await using Gateway gateway = await OpenAsync(backend);
        Http3Request request = _quic.Connect().Begin("GET", "/");
        request.End();
        using WireEnd link = await backend.AcceptAsync();
        await link.ReadHeadAsync();
        await link.SendAsync($"HTTP/1.1 200 OK\r\nContent-Length: {Large.Length * LargePieces}\r\n\r\n");
        Task sending = Task.Run(async () =>
        {
            for (int i = 0; i < LargePieces; i++)
            {
                await link.SendAsync(Large);
            }
        });
        int full = 0;
        await Until.TrueAsync(() => sending.IsCompleted || (full = link.Socket.Poll(0, SelectMode.SelectWrite) ? 0 : full + 1) == Often, "it neither waits nor ends");
        Assert.False(sending.IsCompleted, "all was taken for a client that reads nothing");
        await request.ReadHeadAsync();
        await request.SkipBodyAsync((long)Large.Length * LargePieces);
        await sending;
        await gateway.UntilIdleAsync(1);
        gateway.ExpectNoErrors();
    }

    [Fact]
    public async Task Client_waits_for_a_backend_that_does_not_read()
    {
        using ScriptedBackend backend = new();
        await using Gateway gateway = await OpenAsync(backend);
        Http3Request request = _quic.Connect().Begin("PUT", "/", ("content-length", $"{Large.Length * LargePieces}"));
        using WireEnd link = await backend.AcceptAsync();
        await link.ReadHeadAsync();
        int sent = 0;
        Task sending = Task.Run(async () =>
        {
            for (; sent < LargePieces; sent++)
            {
                await request.SendAsync(Large);
            }
        });
        int before = 0;
        int same = 0;
        await Until.TrueAsync(
            () =>
            {
                int now = Volatile.Read(ref sent);
                same = now == before ? same + 1 : 0;
                before = now;
                return sending.IsCompleted || same == Often;
            },
            "it neither waits nor ends");
        Assert.False(sending.IsCompleted, "all was taken for a backend that reads nothing");
        for (int i = 0; i < LargePieces; i++)
        {
            await link.ReadAsync(Large.Length);
        }

        await sending;
        request.End();
        await link.SendAsync(WireEnd.Response("ok"));
        Assert.Equal("ok", (await request.ReadAnswerAsync()).Body);
        await gateway.UntilIdleAsync(1);
        gateway.ExpectNoErrors();
    }

    [Fact]
    public async Task WebSocket_by_http3_is_answered_501_since_Kestrel_has_none()
    {
        using ScriptedBackend backend = new();
        await using Gateway gateway = await OpenAsync(backend);
        Http3Request request = _quic.Connect().Begin("CONNECT", "/", (":protocol", "websocket"), ("sec-websocket-version", "13"));
        Assert.Equal("501", (await request.ReadAnswerAsync()).Status);
        Assert.False(backend.IsAsked);
    }

    private Task<Gateway> OpenAsync(ScriptedBackend backend) => Gateway.OpenAsync(
        new Gateway.Setup
        {
            Services = services => services.AddSingleton<IMultiplexedConnectionListenerFactory>(_quic),
            Kestrel = kestrel =>
            {
                kestrel.Limits.MaxRequestBodySize = null;
                kestrel.Limits.MinResponseDataRate = null; // a test may read nothing for as long as it likes
                kestrel.Listen(IPAddress.Loopback, 443, listen =>
                {
                    listen.Protocols = HttpProtocols.Http3;
                    listen.UseHttps(TestCertificates.Local); // Kestrel asks for one, the transport does not
                });
            },
        },
        backend);
}

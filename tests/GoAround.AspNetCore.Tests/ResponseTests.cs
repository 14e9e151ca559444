using System;
using System.IO;
using System.Net.Http;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using GoAround.Core;
using GoAround.Core.Tests.Wire;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace GoAround.AspNetCore.Tests;

public sealed class ResponseTests
{
    [Fact]
    public async Task Fields_arrive_once_each_with_their_duplicates_in_order()
    {
        string head = (await AskAsync(
            "HTTP/1.1 200 Fine\r\nSet-Cookie: a=1\r\nX-B: 1\r\nServer: mine\r\nSet-Cookie: b=2\r\nDate: D\r\nX-B: 2\r\nKeep-Alive: 5\r\nConnection: X-Drop\r\nX-Drop: 1\r\nX-T: a\tb\r\nX-E:\r\n"
            + "Content-Type: text/x\r\nContent-Length: 2\r\n\r\nok")).Head;
        Assert.Equal(
            "HTTP/1.1 200 Fine\nContent-Length: 2\nContent-Type: text/x\nDate: D\nServer: mine\nSet-Cookie: a=1\nSet-Cookie: b=2\nX-B: 1\nX-B: 2\nX-E: \nX-T: a b",
            HeadText.Sorted(head));
    }

    [Fact]
    public async Task Fields_of_the_application_stay_and_date_server_and_type_are_the_backends()
    {
        Gateway.Setup setup = new()
        {
            Map = app =>
            {
                app.Use((HttpContext context, RequestDelegate next) =>
                {
                    context.Response.Headers.SetCookie = "mine=1";
                    context.Response.Headers.Server = "me";
                    context.Response.Headers.Date = "now";
                    context.Response.ContentType = "text/mine";
                    return next(context);
                });
                app.UseGoAround(Gateway.Pool);
            },
        };
        ReceivedAnswer answer = await AskAsync("HTTP/1.1 200 OK\r\nSet-Cookie: a=1\r\nServer: its\r\nDate: D\r\nContent-Type: text/its\r\nContent-Length: 0\r\n\r\n", setup: setup);
        Assert.Equal(
            "HTTP/1.1 200 OK\nContent-Length: 0\nContent-Type: text/its\nDate: D\nServer: its\nSet-Cookie: mine=1\nSet-Cookie: a=1", HeadText.Sorted(answer.Head));
    }

    [Theory]
    [InlineData("HEAD", "HTTP/1.1 200 OK\r\nDate: D\r\nContent-Length: 5\r\n\r\n", "HTTP/1.1 200 OK\nContent-Length: 5\nDate: D")]
    [InlineData("HEAD", "HTTP/1.1 200 OK\r\nDate: D\r\nTransfer-Encoding: chunked\r\n\r\n", "HTTP/1.1 200 OK\nDate: D")]
    [InlineData("GET", "HTTP/1.1 204 No Content\r\nDate: D\r\nX-A: 1\r\n\r\n", "HTTP/1.1 204 No Content\nDate: D\nX-A: 1")]
    [InlineData("GET", "HTTP/1.1 304 Not Modified\r\nDate: D\r\nETag: \"x\"\r\nContent-Length: 9\r\n\r\n", "HTTP/1.1 304 Not Modified\nContent-Length: 9\nDate: D\nETag: \"x\"")]
    [InlineData("GET", "HTTP/1.1 299 Odd thing\r\nDate: D\r\nContent-Length: 0\r\n\r\n", "HTTP/1.1 299 Odd thing\nContent-Length: 0\nDate: D")]
    public async Task Answer_without_a_body_has_the_head_that_the_backend_sent(string method, string response, string expected)
    {
        Assert.Equal(expected, HeadText.Sorted((await AskAsync(response, method)).Head));
    }

    [Fact]
    public async Task Content_of_a_205_goes_no_further()
    {
        ReceivedAnswer answer = await AskAsync("HTTP/1.1 205 Reset Content\r\nContent-Length: 2\r\n\r\nno");
        Assert.Equal((205, ""), (answer.StatusCode, answer.Body));
    }

    [Theory]
    [InlineData("Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\n3\r\ncde\r\n0\r\n\r\n", "chunked")]
    [InlineData("\r\nabcde", "chunked")]
    [InlineData("Content-Length: 5\r\n\r\nabcde", "")]
    public async Task Body_of_every_framing_arrives_whole(string rest, string coding)
    {
        ReceivedAnswer answer = await AskAsync("HTTP/1.1 200 OK\r\n" + rest, closes: true);
        Assert.Equal(("abcde", coding), (answer.Body, HeadText.Field(answer.Head, "Transfer-Encoding")));
    }

    [Fact]
    public async Task Head_goes_out_before_the_body_and_each_piece_as_it_comes()
    {
        using ScriptedBackend backend = new();
        await using Gateway gateway = await Gateway.OpenAsync(backend);
        using WireEnd client = await gateway.ConnectAsync();
        await client.SendAsync("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
        using WireEnd link = await backend.AcceptAsync();
        await link.ReadHeadAsync();
        await link.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n");
        Assert.Equal("4", HeadText.Field(await client.ReadHeadAsync(), "Content-Length"));
        foreach (string piece in (string[])["a", "b", "cd"])
        {
            await link.SendAsync(piece);
            await client.ExpectAsync(piece);
        }

        await gateway.UntilIdleAsync(1);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Large_body_waits_for_its_client(bool isHttp2)
    {
        const int Pieces = 64;
        byte[] piece = new byte[1024 * 1024];
        WatchedFlushes flushes = new();
        int ahead = 0;
        Gateway.Setup setup = new()
        {
            Options = options => options.Use((_, next) => new WatchingStep(next, () => ahead += flushes.IsWaiting ? 1 : 0)),
            Map = app =>
            {
                app.Use((HttpContext context, RequestDelegate next) =>
                {
                    flushes.Watch(context);
                    return next(context);
                });
                app.UseGoAround(Gateway.Pool);
            },
        };
        using ScriptedBackend backend = new ScriptedBackend().Serve(async link =>
        {
            await link.ReadHeadAsync();
            await link.SendAsync($"HTTP/1.1 200 OK\r\nContent-Length: {Pieces * piece.Length}\r\n\r\n");
            for (int sent = 0; sent < Pieces; sent++)
            {
                await link.SendAsync(piece);
            }
        });
        await using Gateway gateway = await Gateway.OpenAsync(setup, backend);
        using HttpClient client = gateway.Client(isHttp2);
        using HttpResponseMessage answer = await client.GetAsync("/", HttpCompletionOption.ResponseHeadersRead);
        await flushes.Waited.WaitAsync(WireEnd.Patience); // it must come: no buffers on the way hold that much
        using Stream body = await answer.Content.ReadAsStreamAsync();
        long count = 0;
        for (int more; (more = await body.ReadAsync(piece).AsTask().WaitAsync(WireEnd.Patience)) > 0;)
        {
            count += more;
        }

        Assert.Equal((long)Pieces * piece.Length, count);
        Assert.Equal(0, ahead);
        await gateway.UntilIdleAsync(1);
        gateway.ExpectNoErrors();
    }

    [Fact]
    public async Task Bytes_that_are_not_ascii_go_out_where_the_application_says_how_and_are_an_error_where_not()
    {
        const string Response = "HTTP/1.1 200 OK\r\nX-V: gr\u00fcezi \u0080\u00ff\r\nContent-Length: 2\r\n\r\nok";
        ReceivedAnswer answer = await AskAsync(Response, setup: new() { Kestrel = kestrel => kestrel.ResponseHeaderEncodingSelector = _ => Encoding.Latin1 });
        Assert.Equal("gr\u00fcezi \u0080\u00ff", HeadText.Field(answer.Head, "X-V"));

        using ScriptedBackend backend = new ScriptedBackend().Answer(Response);
        await using Gateway gateway = await Gateway.OpenAsync(backend);
        string refusal = await gateway.AskOnceAsync("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 502 ", refusal, StringComparison.Ordinal);
        Assert.Equal("goaround; error=proxy_internal_error", HeadText.Field(refusal, "Proxy-Status"));
        Assert.Contains(gateway.Logs.Lines, line => line.Id == 7103 && line.Text.Contains("X-V", StringComparison.Ordinal) && line.Text.Contains("ResponseHeaderEncodingSelector", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Answer_of_the_balancers_own_is_the_listeners()
    {
        await using Gateway gateway = await Gateway.OpenAsync();
        string answer = await gateway.AskOnceAsync("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 503 Service Unavailable\r\n", answer, StringComparison.Ordinal);
        Assert.EndsWith("\r\n\r\nNo backend is available.\n", answer, StringComparison.Ordinal);
        Assert.Equal("goaround; error=destination_unavailable", HeadText.Field(answer, "Proxy-Status"));
        Assert.Equal("1", HeadText.Field(answer, "Retry-After"));
        Assert.Equal("no-store", HeadText.Field(answer, "Cache-Control"));
        Assert.Equal("text/plain; charset=utf-8", HeadText.Field(answer, "Content-Type"));
        await gateway.UntilIdleAsync(1);
        Assert.Equal((ProxyError.DestinationUnavailable, 503), Assert.Single(gateway.Events.Errors));
    }

    [Fact]
    public async Task Step_that_fails_is_answered_500_and_logged()
    {
        Gateway.Setup setup = new() { Options = options => options.Use((_, _) => new FailingStep()) };
        await using Gateway gateway = await Gateway.OpenAsync(setup, Array.Empty<Backend>());
        string answer = await gateway.AskOnceAsync("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 500 ", answer, StringComparison.Ordinal);
        Assert.EndsWith("\r\n\r\nThis balancer failed.\n", answer, StringComparison.Ordinal);
        Assert.Contains(gateway.Logs.Lines, line => line.Id == 7100 && line.Text.Contains("as a test has it", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Upgrade_that_a_backend_requires_is_told()
    {
        ReceivedAnswer answer = await AskAsync("HTTP/1.1 426 Upgrade Required\r\nUpgrade: tls/1.3\r\nConnection: Upgrade\r\nContent-Length: 0\r\n\r\n");
        Assert.Equal(("tls/1.3", "Upgrade"), (HeadText.Field(answer.Head, "Upgrade"), HeadText.Field(answer.Head, "Connection")));
    }

    private static async Task<ReceivedAnswer> AskAsync(string response, string method = "GET", Gateway.Setup? setup = null, bool closes = false)
    {
        using ScriptedBackend backend = new ScriptedBackend().Serve(async link =>
        {
            await link.ReadHeadAsync();
            await link.SendAsync(response);
            if (closes)
            {
                link.ShutdownSend();
            }

            await link.ReadToCloseAsync();
        });
        await using Gateway gateway = await Gateway.OpenAsync(setup ?? new(), backend);
        using WireEnd client = await gateway.ConnectAsync();
        await client.SendAsync($"{method} / HTTP/1.1\r\nHost: h\r\n\r\n");
        ReceivedAnswer answer = await ReceivedAnswer.ReadAsync(client, method == "HEAD");
        await gateway.UntilIdleAsync(1);
        Assert.Equal([(method, "/", answer.StatusCode)], gateway.Events.Ended);
        Assert.Empty(gateway.Events.Errors);
        gateway.ExpectNoErrors();
        return answer;
    }

    private sealed class FailingStep : ProxyHandler
    {
        public override ValueTask<ProxyResponse> HandleAsync(ProxyRequest request, CancellationToken cancellationToken) => throw new NotSupportedException("as a test has it");
    }

    /// <summary>Tells of every read of the answer's body, before it begins.</summary>
    private sealed class WatchingStep(ProxyHandler next, Action reading) : ProxyHandler
    {
        public override async ValueTask<ProxyResponse> HandleAsync(ProxyRequest request, CancellationToken cancellationToken)
        {
            ProxyResponse response = await next.HandleAsync(request, cancellationToken);
            response.Body = new WatchedBody(response.Body, reading);
            return response;
        }
    }

    private sealed class WatchedBody(MessageBody inner, Action reading) : MessageBody
    {
        public override long? Length => inner.Length;

        public override ValueTask<ReadOnlyMemory<byte>> ReadAsync(CancellationToken cancellationToken)
        {
            reading();
            return inner.ReadAsync(cancellationToken);
        }
    }
}

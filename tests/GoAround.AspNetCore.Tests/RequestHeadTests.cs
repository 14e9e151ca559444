using System;
using System.Diagnostics;
using System.Linq;
using System.Text;
using System.Threading.Tasks;
using GoAround.Core.Server;
using GoAround.Core.Tests.Wire;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.HttpOverrides;
using Microsoft.Extensions.Primitives;
using Xunit;

namespace GoAround.AspNetCore.Tests;

public sealed class RequestHeadTests
{
    [Fact]
    public async Task End_to_end_fields_arrive_with_their_duplicates_and_those_of_the_connection_do_not()
    {
        string head = await SendAsync(
            "GET /a HTTP/1.1\r\nHost: h:81\r\nX-B: 1\r\nAccept: */*\r\nx-b: 2\r\nKeep-Alive: 5\r\nProxy-Connection: keep-alive\r\nTE: trailers, deflate\r\n"
            + "Connection: X-Drop, Accept\r\nX-Drop: 1\r\nX-Drop-Not: 1\r\nCookie: a=1\r\nCookie: b=2\r\nX-B: 3\r\nAuthorization: Basic x\r\nTrailer: X-T\r\n\r\n");
        Assert.Equal(
            "GET /a HTTP/1.1\nAuthorization: Basic x\nConnection: TE\nCookie: a=1; b=2\nHost: h:81\nTE: trailers\nTrailer: X-T\nVia: 1.1 goaround\nX-B: 1\nX-B: 2\nX-B: 3\nX-Drop-Not: 1\n"
            + "X-Forwarded-For: 127.0.0.1\nX-Forwarded-Host: h:81\nX-Forwarded-Proto: http",
            HeadText.Sorted(head));
    }

    [Theory]
    [InlineData("gr\u00c3\u00bcezi", false)] // UTF-8, as the wire has it
    [InlineData("gr\u00fcezi \u0080\u00ff", true)] // any bytes
    [InlineData("a\tb", false)]
    public async Task Bytes_of_a_value_arrive_as_they_are_so_far_as_Kestrel_takes_them(string value, bool isLatin1)
    {
        Gateway.Setup setup = new()
        {
            Kestrel = kestrel => kestrel.RequestHeaderEncodingSelector = name => isLatin1 ? Encoding.Latin1 : null!,
        };
        Assert.Equal(value, HeadText.Field(await SendAsync($"GET / HTTP/1.1\r\nHost: h\r\nX-V: {value}\r\n\r\n", setup), "X-V"));
    }

    [Theory]
    [InlineData("GET / HTTP/1.1\r\nHost: h\r\nX-C: a\u0001b\r\n\r\n", 400, "A field value has a control byte.")]
    [InlineData("GET / HTTP/1.1\r\nHost: h\r\nContent_Length: 1\r\n\r\n", 400, "Some would take a field name with an underscore for one that frames the body.")]
    [InlineData("CONNECT h:1 HTTP/1.1\r\nHost: h:1\r\n\r\n", 501, "CONNECT is not supported.")]
    [InlineData("TRACE / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\nx", 400, "TRACE has no body.")]
    [InlineData("GET https://h/ HTTP/1.1\r\nHost: h\r\n\r\n", 421, "A request for https needs TLS.")]
    public async Task What_the_balancer_would_refuse_itself_is_refused_with_its_answer(string request, int status, string why)
    {
        using ScriptedBackend backend = new ScriptedBackend().Answer(WireEnd.Response("ok"));
        await using Gateway gateway = await Gateway.OpenAsync(backend);
        using WireEnd client = await gateway.ConnectAsync();
        await client.SendAsync(request);
        ReceivedAnswer answer = await ReceivedAnswer.ReadAsync(client);
        Assert.Equal((status, why + "\n"), (answer.StatusCode, answer.Body));
        Assert.Equal("no-store", HeadText.Field(answer.Head, "Cache-Control"));
        Assert.Equal($"goaround; error=http_request_error; details=\"{why}\"", HeadText.Field(answer.Head, "Proxy-Status"));
        Assert.Equal(0, backend.Accepted);
        await gateway.UntilIdleAsync(1);
        Assert.Equal((Core.ProxyError.HttpRequestError, status), Assert.Single(gateway.Events.Errors));
    }

    [Fact]
    public async Task Trusted_proxy_is_believed_and_via_and_the_fields_follow_the_options()
    {
        Gateway.Setup setup = new()
        {
            Options = options =>
            {
                options.Server.TrustedProxies.Add("127.0.0.0/8");
                options.Server.Forwarded = ForwardedFormat.Both;
                options.Server.Via = ViaMode.Both;
                options.Server.ProxyName = "edge";
            },
        };
        using ScriptedBackend backend = new ScriptedBackend().Answer(WireEnd.Response("ok"));
        await using Gateway gateway = await Gateway.OpenAsync(setup, backend);
        string answer = await gateway.AskOnceAsync("GET / HTTP/1.1\r\nHost: h\r\nX-Forwarded-For: 9.9.9.9\r\nForwarded: for=9.9.9.9\r\nX_Forwarded_For: 8.8.8.8\r\nConnection: close\r\n\r\n");
        string head = Assert.Single(backend.Heads);
        Assert.Equal("9.9.9.9, 127.0.0.1", HeadText.Field(head, "X-Forwarded-For"));
        Assert.Equal("for=9.9.9.9, for=127.0.0.1;host=h;proto=http", HeadText.Field(head, "Forwarded"));
        Assert.Equal("", HeadText.Field(head, "X_Forwarded_For"));
        Assert.Equal("1.1 edge", HeadText.Field(head, "Via"));
        Assert.Equal("1.1 edge", HeadText.Field(answer, "Via"));
    }

    [Fact]
    public async Task Client_is_whom_the_application_takes_for_it()
    {
        Gateway.Setup setup = new()
        {
            Map = app =>
            {
                app.UseForwardedHeaders(new ForwardedHeadersOptions { ForwardedHeaders = ForwardedHeaders.XForwardedFor | ForwardedHeaders.XForwardedProto });
                app.MapGoAround("/{**rest}", Gateway.Pool);
            },
        };
        string head = await SendAsync("GET / HTTP/1.1\r\nHost: h\r\nX-Forwarded-For: 9.9.9.9\r\nX-Forwarded-Proto: https\r\n\r\n", setup);
        Assert.Equal("9.9.9.9", HeadText.Field(head, "X-Forwarded-For"));
        Assert.Equal("https", HeadText.Field(head, "X-Forwarded-Proto"));
    }

    [Fact]
    public async Task Circle_is_found_and_max_forwards_is_kept()
    {
        using ScriptedBackend backend = new ScriptedBackend().Answer(WireEnd.Response("ok"));
        await using Gateway gateway = await Gateway.OpenAsync(backend);
        string circle = string.Join(", ", Enumerable.Repeat("1.1 goaround", 10));
        Assert.StartsWith("HTTP/1.1 502 ", await gateway.AskOnceAsync($"GET / HTTP/1.1\r\nHost: h\r\nVia: {circle}\r\nConnection: close\r\n\r\n"), StringComparison.Ordinal);
        Assert.EndsWith(
            "\r\n\r\nTRACE /x%20y?z HTTP/1.1\r\nHost: h\r\nMax-Forwards: 0\r\nX-A: 1\r\n\r\n",
            await gateway.AskOnceAsync("TRACE /x%20y?z HTTP/1.1\r\nHost: h\r\nMax-Forwards: 0\r\nConnection: close\r\nAuthorization: a\r\nX-A: 1\r\n\r\n"),
            StringComparison.Ordinal);
        Assert.Equal(0, backend.Accepted);
        await gateway.AskOnceAsync("OPTIONS * HTTP/1.1\r\nHost: h\r\nMax-Forwards: 2\r\nConnection: close\r\n\r\n");
        Assert.StartsWith("OPTIONS * HTTP/1.1\r\n", Assert.Single(backend.Heads), StringComparison.Ordinal);
        Assert.Equal("1", HeadText.Field(backend.Heads.Single(), "Max-Forwards"));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Span_that_is_sampled_is_handed_on_and_another_leaves_what_the_client_said(bool isSampled)
    {
        const string Said = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00";
        string? id = null;
        Gateway.Setup setup = new()
        {
            Map = app =>
            {
                app.Use(async (HttpContext context, RequestDelegate next) =>
                {
                    using Activity span = new Activity("test").SetParentId(Said).Start();
                    span.ActivityTraceFlags = isSampled ? ActivityTraceFlags.Recorded : ActivityTraceFlags.None;
                    id = span.Id;
                    await next(context);
                });
                app.UseGoAround(Gateway.Pool);
            },
        };
        string head = await SendAsync($"GET / HTTP/1.1\r\nHost: h\r\ntraceparent: {Said}\r\n\r\n", setup);
        Assert.Equal(isSampled ? id : Said, HeadText.Field(head, "traceparent"));
    }

    [Fact]
    public void Crumbs_of_a_cookie_are_joined_and_pseudo_fields_are_no_fields()
    {
        DefaultHttpContext context = new();
        context.Request.Method = "GET";
        context.Request.Protocol = "HTTP/2";
        context.Request.Headers[":path"] = "/";
        context.Request.Headers.Cookie = new StringValues(["a=1", "b=2", "c=3"]);
        ContextRequest request = new(new ServerOptions(), TimeProvider.System);
        request.Accept(context, "");
        Assert.Equal("Cookie: a=1; b=2; c=3\r\n", request.Fields.ToString());
        request.Forget();
        Assert.Equal("", request.Fields.ToString());
    }

    private static async Task<string> SendAsync(string request, Gateway.Setup? setup = null)
    {
        using ScriptedBackend backend = new ScriptedBackend().Answer(WireEnd.Response("ok"));
        await using Gateway gateway = await Gateway.OpenAsync(setup ?? new(), backend);
        using WireEnd client = await gateway.ConnectAsync();
        await client.SendAsync(request);
        Assert.Equal(200, (await ReceivedAnswer.ReadAsync(client)).StatusCode);
        gateway.ExpectNoErrors();
        return Assert.Single(backend.Heads);
    }
}

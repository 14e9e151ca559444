using System;
using System.Collections.Concurrent;
using System.Linq;
using System.Threading.Tasks;
using GoAround.Core.Tests.Wire;
using Xunit;

namespace GoAround.Core.Tests.Server;

/// <summary>What a client may send and what becomes of it, byte by byte on both sides; a well-formed request stands behind each.</summary>
public sealed class RequestConformanceTests
{
    private const string Next = "GET /next HTTP/1.1\r\nHost: next\r\nConnection: close\r\n\r\n";
    private const string ChunkedPost = "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n";

    [Theory]
    [InlineData(400, "GET / HTTP/1.1\nHost: h\n\n")]
    [InlineData(400, "\nGET / HTTP/1.1\r\nHost: h\r\n\r\n")]
    [InlineData(400, "GET / HTTP/1.1\r\nHost: h\r\nX: a\rb\r\n\r\n")]
    [InlineData(400, "GET / HTTP/1.1\r\nHost: h\r\nX: a\u0000b\r\n\r\n")]
    [InlineData(400, "GET / HTTP/1.1\r\nHost: h\r\nX: a\r\n b\r\n\r\n")]
    [InlineData(400, "GET / HTTP/1.1\r\n X: a\r\nHost: h\r\n\r\n")]
    [InlineData(400, "GET / HTTP/1.1\r\nHost: h\r\nX : a\r\n\r\n")]
    [InlineData(400, "GET / HTTP/1.1\r\nHost: h\r\n: a\r\n\r\n")]
    [InlineData(400, "GET / HTTP/1.1\r\nHost: h\r\nX\u00e9: a\r\n\r\n")]
    [InlineData(400, "GET / HTTP/1.1\r\nHost: h\r\nX: \u007f\r\n\r\n")]
    [InlineData(400, "GE(T / HTTP/1.1\r\nHost: h\r\n\r\n")]
    [InlineData(400, "GET / http/1.1\r\nHost: h\r\n\r\n")]
    [InlineData(400, "GET /\r\nHost: h\r\n\r\n")]
    [InlineData(400, "GET /#f HTTP/1.1\r\nHost: h\r\n\r\n")]
    [InlineData(400, "GET /a b HTTP/1.1\r\nHost: h\r\n\r\n")]
    [InlineData(400, "GET * HTTP/1.1\r\nHost: h\r\n\r\n")]
    [InlineData(400, "GET h:80 HTTP/1.1\r\nHost: h\r\n\r\n")]
    [InlineData(400, "GET http://u@h/ HTTP/1.1\r\nHost: h\r\n\r\n")]
    [InlineData(400, "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n")]
    [InlineData(400, "GET / HTTP/1.1\r\nHost:\r\n\r\n")]
    [InlineData(400, "GET / HTTP/1.1\r\nHost: [::1::2]\r\n\r\n")]
    [InlineData(505, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")]
    [InlineData(505, "GET / HTTP/0.9\r\nHost: h\r\n\r\n")]
    [InlineData(501, "CONNECT h:80 HTTP/1.1\r\nHost: h:80\r\n\r\n")]
    [InlineData(421, "GET https://h/ HTTP/1.1\r\nHost: h\r\n\r\n")]
    public async Task Malformed_head_is_refused_and_no_byte_reaches_a_backend(int status, string request) =>
        await ExpectRefusalAsync(status, request);

    [Theory]
    [InlineData(400, "Content-Length: 5\r\nContent-Length: 5")]
    [InlineData(400, "Content-Length: 0\r\nContent-Length: 5")]
    [InlineData(400, "Content-Length: 5, 5")]
    [InlineData(400, "Content-Length: +5")]
    [InlineData(400, "Content-Length: -5")]
    [InlineData(400, "Content-Length: 0x5")]
    [InlineData(400, "Content-Length: 5 0")]
    [InlineData(400, "Content-Length: 18446744073709551621")]
    [InlineData(400, "Content-Length : 5")]
    [InlineData(400, "Content_Length: 5")]
    [InlineData(400, "Content-Length: 5\r\nTransfer-Encoding: chunked")]
    [InlineData(400, "Transfer-Encoding: chunked\r\nContent-Length: 5")]
    [InlineData(400, "Connection: Content-Length\r\nTransfer-Encoding: chunked\r\nContent-Length: 5")]
    [InlineData(400, "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked")]
    [InlineData(400, "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity")]
    [InlineData(400, "Transfer-Encoding: chunked, gzip")]
    [InlineData(400, "Transfer-Encoding: chunked;q=1")]
    [InlineData(400, "Transfer-Encoding: \"chunked\"")]
    [InlineData(400, "Transfer-Encoding: \u000bchunked")]
    [InlineData(400, "Transfer-Encoding: chunked\u00a0")]
    [InlineData(400, "Transfer-Encoding:")]
    [InlineData(400, "Transfer-Encoding:\r\n chunked")]
    [InlineData(400, "Transfer-Encoding\t: chunked")]
    [InlineData(400, "Transfer_Encoding: chunked")]
    [InlineData(501, "Transfer-Encoding: gzip, chunked")]
    [InlineData(501, "Transfer-Encoding: identity")]
    [InlineData(501, "Transfer-Encoding: xchunked")]
    public async Task Framing_that_could_be_read_in_two_ways_is_refused_and_no_byte_reaches_a_backend(int status, string fields) =>
        await ExpectRefusalAsync(status, $"POST / HTTP/1.1\r\nHost: h\r\n{fields}\r\n\r\n5\r\nhello\r\n0\r\n\r\n");

    [Fact]
    public async Task Transfer_coding_in_http_1_0_is_refused() =>
        await ExpectRefusalAsync(400, "POST / HTTP/1.0\r\nHost: h\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n");

    [Theory]
    [InlineData("\r\n5\r\nhello\r\n0\r\n\r\n")]
    [InlineData("5 \r\nhello\r\n0\r\n\r\n")]
    [InlineData("0x5\r\nhello\r\n0\r\n\r\n")]
    [InlineData("+5\r\nhello\r\n0\r\n\r\n")]
    [InlineData("5\nhello\n0\n\n")]
    [InlineData("5\r\nhello0\r\n\r\n")]
    [InlineData("5\r\nhelloXX0\r\n\r\n")]
    [InlineData("5\r\nhello\n0\r\n\r\n")]
    [InlineData("10000000000000005\r\nhello\r\n0\r\n\r\n")]
    [InlineData("ffffffffffffffff\r\nhello\r\n0\r\n\r\n")]
    [InlineData("5;a\nhello\r\n0\r\n\r\n")]
    [InlineData("5;a\rb\r\nhello\r\n0\r\n\r\n")]
    [InlineData("5\r\nhello\r\n0\n\n")]
    [InlineData("5\r\nhello\r\n0\r\nX Y: z\r\n\r\n")]
    [InlineData("5\r\nhello\r\n0\r\nX: a\r\n b\r\n\r\n")]
    [InlineData("5\r\nhello\r\n0\r\nGET /evil HTTP/1.1\r\n\r\n")]
    public async Task Chunks_that_could_be_read_in_two_ways_never_end_at_the_backend(string body)
    {
        ConcurrentBag<string> seen = [];
        using ScriptedBackend backend = new ScriptedBackend().Serve(async link => seen.Add(await link.ReadToCloseAsync()));
        await using ProxyFixture proxy = await ProxyFixture.OpenAsync(backend);
        string answer = await proxy.AskOnceAsync(ChunkedPost + body + Next);
        ExpectOneAnswer(400, answer);
        await proxy.UntilNothingIsInFlightAsync();
        await Until.TrueAsync(() => seen.Count == backend.Accepted, "a connection to the backend stays open");
        Assert.All(seen, bytes => Assert.False(bytes.EndsWith("0\r\n\r\n", StringComparison.Ordinal), bytes));
        Assert.All(seen, bytes => Assert.DoesNotContain("/next", bytes, StringComparison.Ordinal));
        proxy.ExpectNoErrors();
    }

    [Theory]
    [InlineData("GET /a/../%2e%2F?x=%zz&y='{}|\\ HTTP/1.1\r\nHost: h\r\n\r\n", "GET /a/../%2e%2F?x=%zz&y='{}|\\ HTTP/1.1\r\nHost: h\r\n\r\n")]
    [InlineData("\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n", "GET / HTTP/1.1\r\nHost: h\r\n\r\n")]
    [InlineData("GET / HTTP/1.2\r\nHost: h\r\n\r\n", "GET / HTTP/1.1\r\nHost: h\r\n\r\n")]
    [InlineData("GET / HTTP/1.0\r\nHost: h\r\nConnection: keep-alive\r\n\r\n", "GET / HTTP/1.1\r\nHost: h\r\n\r\n")]
    [InlineData("OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n", "OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n")]
    [InlineData("OPTIONS http://other HTTP/1.1\r\nHost: h\r\n\r\n", "OPTIONS * HTTP/1.1\r\nHost: other\r\n\r\n")]
    [InlineData("GET http://Other:81?q HTTP/1.1\r\nHost: h\r\n\r\n", "GET /?q HTTP/1.1\r\nHost: Other:81\r\n\r\n")]
    [InlineData("GET / HTTP/1.1\r\nA: 1\r\nhost:\t[::1]:80 \r\na: 2\r\n\r\n", "GET / HTTP/1.1\r\nHost: [::1]:80\r\nA: 1\r\na: 2\r\n\r\n")]
    [InlineData("m-search! / HTTP/1.1\r\nHost: h\r\nContent-Length: 00\r\n\r\n", "m-search! / HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n")]
    [InlineData("GET / HTTP/1.1\r\nHost: h\r\nX: \u00e9\u00ff \t\"a, b\"\r\nx: 2\r\nX: 1\r\n\r\n", "GET / HTTP/1.1\r\nHost: h\r\nX: \u00e9\u00ff \t\"a, b\"\r\nx: 2\r\nX: 1\r\n\r\n")]
    [InlineData("GET / HTTP/1.1\r\nHost: h\r\nX-A: 1\r\nConnection: x-a, X-B\r\nX-B: 2\r\nKeep-Alive: 5\r\nUpgrade: a\r\n\r\n", "GET / HTTP/1.1\r\nHost: h\r\n\r\n")]
    [InlineData("GET / HTTP/1.1\r\nHost: h\r\nConnection: Cookie, Host, Authorization\r\nCookie: c\r\nAuthorization: a\r\n\r\n", "GET / HTTP/1.1\r\nHost: h\r\nCookie: c\r\nAuthorization: a\r\n\r\n")]
    [InlineData("GET / HTTP/1.1\r\nHost: h\r\nTE: gzip;q=0.1, trailers\r\nConnection: TE\r\n\r\n", "GET / HTTP/1.1\r\nHost: h\r\nConnection: TE\r\nTE: trailers\r\n\r\n")]
    [InlineData("GET / HTTP/1.1\r\nHost: h\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AA\r\n\r\n", "GET / HTTP/1.1\r\nHost: h\r\n\r\n")]
    [InlineData("GET / HTTP/1.1\r\nHost: h\r\nExpect: something\r\n\r\n", "GET / HTTP/1.1\r\nHost: h\r\nExpect: something\r\n\r\n")]
    public async Task Request_reaches_the_backend_as_it_was_meant_and_so_does_the_next(string request, string expected)
    {
        using ScriptedBackend backend = new ScriptedBackend().Answer(WireEnd.Response(""));
        await using ProxyFixture proxy = await ProxyFixture.OpenAsync(backend);
        string answer = await proxy.AskOnceAsync(request + Next);
        Assert.Equal(2, CountOf("HTTP/1.1 200 OK\r\n", answer));
        Assert.Equal([expected, "GET /next HTTP/1.1\r\nHost: next\r\n\r\n"], backend.Heads.Select(WithoutOurFields));
    }

    [Theory]
    [InlineData("Content-Length: 5\r\n\r\nhello", "Content-Length: 5\r\n\r\nhello")]
    [InlineData("content-length:\t0005 \r\n\r\nhello", "Content-Length: 5\r\n\r\nhello")]
    [InlineData("Transfer-Encoding: ChunKed\t\r\n\r\n0005;a=\"b\";c\r\nhello\r\n00;x\r\n\r\n", "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n")]
    [InlineData("Transfer-Encoding: chunked\r\n\r\n0\r\nX: 1\r\nContent-Length: 5\r\nhost: a\r\nX: 2\r\n\r\n", "Transfer-Encoding: chunked\r\n\r\n0\r\nX: 1\r\nX: 2\r\n\r\n")]
    [InlineData("Transfer-Encoding: chunked\r\nConnection: X-Hop\r\n\r\n0\r\nX-Hop: 1\r\n\r\n", "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n")]
    [InlineData("Content-Length: 49\r\n\r\nGET /evil HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r", "Content-Length: 49\r\n\r\nGET /evil HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r")]
    public async Task Body_reaches_the_backend_as_it_was_meant_and_the_next_request_behind_it(string fieldsAndBody, string expected)
    {
        ConcurrentQueue<string> seen = [];
        string body = expected[(expected.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4)..];
        using ScriptedBackend backend = new ScriptedBackend().Serve(async link =>
        {
            while (await link.TryReadHeadAsync() is { } head)
            {
                seen.Enqueue(WithoutOurFields(head) + (head.StartsWith("POST", StringComparison.Ordinal) ? await link.ReadAsync(body.Length) : ""));
                await link.SendAsync(WireEnd.Response(""));
            }
        });
        await using ProxyFixture proxy = await ProxyFixture.OpenAsync(backend);
        string answer = await proxy.AskOnceAsync($"POST / HTTP/1.1\r\nHost: h\r\n{fieldsAndBody}{Next}");
        Assert.Equal(2, CountOf("HTTP/1.1 200 OK\r\n", answer));
        Assert.Equal(["POST / HTTP/1.1\r\nHost: h\r\n" + expected, "GET /next HTTP/1.1\r\nHost: next\r\n\r\n"], seen);
    }

    [Fact]
    public async Task Target_of_https_without_tls_is_believed_of_a_trusted_proxy_only()
    {
        ProxyFixture.Setup setup = new();
        setup.Server.TrustedProxies.Add("127.0.0.0/8");
        using ScriptedBackend backend = new ScriptedBackend().Answer(WireEnd.Response("ok"));
        await using ProxyFixture proxy = await ProxyFixture.OpenAsync(setup, backend);
        string answer = await proxy.AskOnceAsync("GET https://other/x HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 200 ", answer, StringComparison.Ordinal);
        Assert.Equal("GET /x HTTP/1.1\r\nHost: other\r\n\r\n", WithoutOurFields(Assert.Single(backend.Heads)));
        await ExpectRefusalAsync(421, "GET https://other/x HTTP/1.1\r\nHost: h\r\n\r\n");
    }

    [Fact]
    public async Task Request_of_http_1_0_without_a_host_is_for_the_backends_own()
    {
        using ScriptedBackend backend = new ScriptedBackend().Answer(WireEnd.Response("ok"));
        await using ProxyFixture proxy = await ProxyFixture.OpenAsync(backend);
        Assert.EndsWith("\r\n\r\nok", await proxy.AskOnceAsync("GET /x HTTP/1.0\r\n\r\n"), StringComparison.Ordinal);
        Assert.Equal($"GET /x HTTP/1.1\r\nHost: 127.0.0.1:{backend.Port}\r\n\r\n", WithoutOurFields(Assert.Single(backend.Heads)));
    }

    [Fact]
    public async Task Refusal_in_a_pipeline_comes_behind_the_answers_before_it_and_ends_it()
    {
        using ScriptedBackend backend = new ScriptedBackend().Answer(WireEnd.Response("ok"));
        await using ProxyFixture proxy = await ProxyFixture.OpenAsync(backend);
        string answer = await proxy.AskOnceAsync("GET / HTTP/1.1\r\nHost: h\r\n\r\nGET /bad HTTP/1.1\r\nHost: h\r\nX : y\r\n\r\n" + Next);
        Assert.StartsWith(WireEnd.Response("ok") + "HTTP/1.1 400 ", answer, StringComparison.Ordinal);
        Assert.Equal(2, CountOf("HTTP/1.1 ", answer));
        Assert.Single(backend.Heads);
    }

    private static async Task ExpectRefusalAsync(int status, string request)
    {
        using ScriptedBackend backend = new ScriptedBackend().Answer(WireEnd.Response("ok"));
        await using ProxyFixture proxy = await ProxyFixture.OpenAsync(backend);
        ExpectOneAnswer(status, await proxy.AskOnceAsync(request + Next));
        Assert.Equal(0, backend.Accepted);
        proxy.ExpectNoErrors();
    }

    private static void ExpectOneAnswer(int status, string answer)
    {
        Assert.StartsWith($"HTTP/1.1 {status} ", answer, StringComparison.Ordinal);
        Assert.Contains("Connection: close\r\n", answer, StringComparison.Ordinal);
        Assert.Equal(1, CountOf("HTTP/1.1 ", answer));
    }

    private static int CountOf(string part, string text) => text.Split(part).Length - 1;

    /// <summary>The head without what this balancer adds: who asked, and by whom it was passed on.</summary>
    private static string WithoutOurFields(string head) => string.Join("\r\n", head.Split("\r\n").Where(line =>
        !line.StartsWith("X-Forwarded-", StringComparison.Ordinal) && !line.StartsWith("Via:", StringComparison.Ordinal)));
}

using System;
using System.Threading.Tasks;
using GoAround.Core.Tests.Wire;
using Xunit;

namespace GoAround.Core.Tests.Upstream;

/// <summary>What a backend may send and what the client gets of it, byte by byte; the next request follows on the same client connection.</summary>
public sealed class ResponseConformanceTests
{
    private const string Ok = "HTTP/1.1 200 OK\r\nDate: D\r\n";
    private const string Upgrade = "Connection: Upgrade\r\nUpgrade: websocket\r\n";

    [Theory]
    [InlineData("", Ok + "Content-Length: 5\r\n\r\nhello", Ok + "Content-Length: 5\r\n\r\nhello")]
    [InlineData("", Ok + "Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello", Ok + "Content-Length: 5\r\n\r\nhello")]
    [InlineData("", Ok + "Content-Length: 5, 5\r\n\r\nhello", Ok + "Content-Length: 5\r\n\r\nhello")]
    [InlineData("", Ok + "X \t: a\r\nContent-Length : 5\r\n\r\nhello", Ok + "X: a\r\nContent-Length: 5\r\n\r\nhello")]
    [InlineData("", Ok + "transfer-encoding: CHUNKED\r\n\r\n05;x\r\nhello\r\n0;y\r\n\r\n", Ok + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n")]
    [InlineData("", "HTTP/1.0 200 OK\r\nDate: D\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nok", Ok + "Content-Length: 2\r\n\r\nok")]
    [InlineData("", "HTTP/1.9 404 \u00e9t\u00e9\r\nDate: D\r\nContent-Length: 0\r\n\r\n", "HTTP/1.1 404 \u00e9t\u00e9\r\nDate: D\r\nContent-Length: 0\r\n\r\n")]
    [InlineData("", "HTTP/1.1 404\r\nDate: D\r\nContent-Length: 0\r\n\r\n", "HTTP/1.1 404 Not Found\r\nDate: D\r\nContent-Length: 0\r\n\r\n")]
    [InlineData("", "HTTP/1.1 299 \r\nDate: D\r\nContent-Length: 0\r\n\r\n", "HTTP/1.1 299 \r\nDate: D\r\nContent-Length: 0\r\n\r\n")]
    [InlineData("", Ok + "Set-Cookie: a=1\r\nX: y\r\nset-cookie: b=2, c\r\nSet-Cookie: a=3\r\nServer: s\r\nContent-Length: 0\r\n\r\n", Ok + "Set-Cookie: a=1\r\nX: y\r\nset-cookie: b=2, c\r\nSet-Cookie: a=3\r\nServer: s\r\nContent-Length: 0\r\n\r\n")]
    [InlineData("", Ok + "X: \u00ff\u00fe \t\u0080\r\nContent-Length: 0\r\n\r\n", Ok + "X: \u00ff\u00fe \t\u0080\r\nContent-Length: 0\r\n\r\n")]
    [InlineData("", Ok + "Connection: X-Hop, Set-Cookie\r\nX-Hop: 1\r\nKeep-Alive: 5\r\nSet-Cookie: a\r\nUpgrade: x\r\nContent-Length: 0\r\n\r\n", Ok + "Set-Cookie: a\r\nContent-Length: 0\r\n\r\n")]
    [InlineData("", Ok + "Connection: X-Hop\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX-Hop: 1\r\n\r\n", Ok + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n")]
    [InlineData("", Ok + "Transfer-Encoding: chunked\r\n\r\n0\r\nX: 1\r\nContent-Length: 5\r\nSet-Cookie: a\r\n\r\n", Ok + "Transfer-Encoding: chunked\r\n\r\n0\r\nX: 1\r\n\r\n")]
    [InlineData(Upgrade, "HTTP/1.1 426 Upgrade Required\r\nDate: D\r\n" + Upgrade + "Content-Length: 0\r\n\r\n", "HTTP/1.1 426 Upgrade Required\r\nDate: D\r\nContent-Length: 0\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n")]
    [InlineData(Upgrade, Ok + "Content-Length: 2\r\n\r\nno", Ok + "Content-Length: 2\r\n\r\nno")]
    public async Task Response_reaches_the_client_as_it_was_meant(string fields, string response, string expected) =>
        await ExpectAsync("GET", fields, response, expected);

    [Theory]
    [InlineData("GET", "HTTP/1.1 204 No Content\r\nDate: D\r\nContent-Length: 5\r\n\r\nhello", "HTTP/1.1 204 No Content\r\nDate: D\r\n\r\n")]
    [InlineData("GET", "HTTP/1.1 204 No Content\r\nDate: D\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", "HTTP/1.1 204 No Content\r\nDate: D\r\n\r\n")]
    [InlineData("GET", "HTTP/1.1 304 Not Modified\r\nDate: D\r\nContent-Length: 5\r\n\r\n", "HTTP/1.1 304 Not Modified\r\nDate: D\r\nContent-Length: 5\r\n\r\n")]
    [InlineData("GET", "HTTP/1.1 304 Not Modified\r\nDate: D\r\n\r\nhello", "HTTP/1.1 304 Not Modified\r\nDate: D\r\n\r\n")]
    [InlineData("GET", "HTTP/1.1 205 Reset Content\r\nDate: D\r\nContent-Length: 0\r\n\r\n", "HTTP/1.1 205 Reset Content\r\nDate: D\r\nContent-Length: 0\r\n\r\n")]
    [InlineData("HEAD", Ok + "Content-Length: 5\r\n\r\n", Ok + "Content-Length: 5\r\n\r\n")]
    [InlineData("HEAD", Ok + "Content-Length: 5\r\n\r\nhello", Ok + "Content-Length: 5\r\n\r\n")]
    [InlineData("HEAD", Ok + "Transfer-Encoding: chunked\r\n\r\n", Ok + "\r\n")]
    [InlineData("HEAD", Ok + "\r\n", Ok + "\r\n")]
    public async Task Response_that_has_no_body_ends_with_its_head_and_what_follows_is_nobodys(string method, string response, string expected) =>
        await ExpectAsync(method, "", response, expected);

    [Theory]
    [InlineData("HTTP/1.1 100 Go on\r\n\r\n", "HTTP/1.1 100 Continue\r\n\r\n")]
    [InlineData("HTTP/1.1 102 Processing\r\nConnection: X-Hop\r\nX-Hop: 1\r\nA: b\r\n\r\n", "HTTP/1.1 102 Processing\r\nA: b\r\n\r\n")]
    [InlineData("HTTP/1.1 103 Early Hints\r\nLink: <a>\r\nLink: <b>\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: <c>\r\n\r\n", "HTTP/1.1 103 Early Hints\r\nLink: <a>\r\nLink: <b>\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: <c>\r\n\r\n")]
    [InlineData("HTTP/1.1 199 \r\n\r\n", "HTTP/1.1 199 \r\n\r\n")]
    public async Task Interim_responses_come_before_the_final_one(string interim, string expected) =>
        await ExpectAsync("GET", "", interim + Ok + "Content-Length: 2\r\n\r\nok", expected + Ok + "Content-Length: 2\r\n\r\nok");

    [Theory]
    [InlineData("<html>\r\n\r\n")]
    [InlineData("http/1.1 200 OK\r\n\r\n")]
    [InlineData("HTTP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n")]
    [InlineData("HTTP/1.1 600 X\r\nContent-Length: 0\r\n\r\n")]
    [InlineData("HTTP/1.1 200OK\r\nContent-Length: 0\r\n\r\n")]
    [InlineData("\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\nContent-Length: 0\n\n")]
    [InlineData("HTTP/1.1 200 OK\r\nX: a\r\n b\r\nContent-Length: 0\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nX: a\u0000\r\nContent-Length: 0\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nX: a\rb\r\nContent-Length: 0\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 5, 6\r\n\r\nhello")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: +5\r\n\r\nhello")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n")]
    [InlineData("HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")]
    [InlineData("HTTP/1.1 103 Early Hints\r\nA B\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")]
    [InlineData("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")]
    public async Task Response_that_could_be_read_in_two_ways_is_a_bad_gateway(string response) =>
        await ExpectBadGatewayAsync("", response);

    [Theory]
    [InlineData("HTTP/1.1 101 Switching Protocols\r\n\r\n")]
    [InlineData("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n")]
    [InlineData("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: evil\r\n\r\n")]
    [InlineData("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket, evil\r\n\r\n")]
    [InlineData("HTTP/1.0 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")]
    public async Task Switch_to_what_was_not_offered_is_a_bad_gateway(string response) =>
        await ExpectBadGatewayAsync(Upgrade, response);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Response_that_ends_with_its_tls_connection_is_whole_only_with_a_closure_alert(bool alert)
    {
        TaskCompletionSource isThere = new(TaskCreationOptions.RunContinuationsAsynchronously);
        using ScriptedBackend backend = new ScriptedBackend("https").Serve(async link =>
        {
            await link.StartTlsAsServerAsync(TestCertificates.Local);
            await link.ReadHeadAsync();
            await link.SendAsync(Ok + "\r\nhello");
            await isThere.Task;
            if (alert)
            {
                await link.SendClosureAlertAsync();
            }

            link.ShutdownSend();
            await link.ReadToCloseAsync();
        });
        ProxyFixture.Setup setup = new();
        setup.Upstream.TrustedRoots.Add(TestCertificates.Root);
        await using ProxyFixture proxy = await ProxyFixture.OpenAsync(setup, backend);
        using WireEnd client = await proxy.ConnectAsync();
        await client.SendAsync("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
        await client.ReadUntilAsync("5\r\nhello\r\n");
        isThere.SetResult();
        Assert.Equal(alert ? "0\r\n\r\n" : "", alert ? await client.ReadToEndAsync() : await client.ReadToResetAsync());

        proxy.ExpectNoErrors();
    }

    private static async Task ExpectAsync(string method, string fields, string response, string expected)
    {
        using ScriptedBackend backend = Script(response);
        await using ProxyFixture proxy = await ProxyFixture.OpenAsync(backend);
        using WireEnd client = await proxy.ConnectAsync();
        await client.SendAsync($"{method} / HTTP/1.1\r\nHost: h\r\n{fields}\r\n");
        await client.ExpectAsync(expected);
        await client.SendAsync("GET /next HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
        await client.ExpectAsync("HTTP/1.1 200 OK\r\nDate: D\r\nContent-Length: 4\r\nConnection: close\r\n\r\nnext");
        await client.ExpectEndAsync();
        proxy.ExpectNoErrors();
    }

    private static async Task ExpectBadGatewayAsync(string fields, string response)
    {
        using ScriptedBackend backend = Script(response);
        await using ProxyFixture proxy = await ProxyFixture.OpenAsync(backend);
        string answer = await proxy.AskOnceAsync($"GET / HTTP/1.1\r\nHost: h\r\nConnection: {(fields.Length > 0 ? "Upgrade, " : "")}close\r\n{fields[(fields.IndexOf('\n') + 1)..]}\r\n");
        Assert.StartsWith("HTTP/1.1 502 ", answer, StringComparison.Ordinal);
        Assert.Equal(2, answer.Split("HTTP/1.1 ").Length);
        await Until.TrueAsync(() => proxy.Connections.CountSockets(backend.Backend).Open == 0, "the socket is still open");
        proxy.ExpectNoErrors();
    }

    /// <summary>Answers with these bytes, and the next request well.</summary>
    private static ScriptedBackend Script(string response) => new ScriptedBackend().Serve(async link =>
    {
        while (await link.TryReadHeadAsync() is { } head)
        {
            await link.SendAsync(head.Contains(" /next ", StringComparison.Ordinal) ? WireEnd.Response("next") : response);
        }
    });
}

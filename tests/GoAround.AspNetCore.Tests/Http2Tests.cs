using System;
using System.IO;
using System.Linq;
using System.Net;
using System.Net.Http;
using System.Text;
using System.Threading.Tasks;
using GoAround.Core;
using GoAround.Core.Tests.Wire;
using Xunit;

namespace GoAround.AspNetCore.Tests;

public sealed class Http2Tests
{
    [Fact]
    public async Task Request_becomes_one_of_http11_and_its_answer_one_of_http2()
    {
        using ScriptedBackend backend = new ScriptedBackend().Answer(
            "HTTP/1.1 404 Odd phrase\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\nKeep-Alive: 5\r\nConnection: keep-alive, X-Drop\r\nX-Drop: 1\r\nUpgrade: h2c\r\nContent-Length: 2\r\n\r\nno");
        await using Gateway gateway = await Gateway.OpenAsync(backend);
        using HttpClient client = gateway.Client();
        using HttpRequestMessage request = new(HttpMethod.Get, "/a%2Fb?c=%20") { Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact };
        request.Headers.Add("Cookie", "x=1; y=2");
        request.Headers.Add("TE", "trailers");
        request.Headers.Host = "shop.example:8443";
        using HttpResponseMessage response = await client.SendAsync(request);
        Assert.Equal(
            "GET /a%2Fb?c=%20 HTTP/1.1\nConnection: TE\nCookie: x=1; y=2\nHost: shop.example:8443\nTE: trailers\nVia: 2 goaround\n"
            + "X-Forwarded-For: 127.0.0.1\nX-Forwarded-Host: shop.example:8443\nX-Forwarded-Proto: http",
            HeadText.Sorted(Assert.Single(backend.Heads)));
        Assert.Equal((HttpVersion.Version20, HttpStatusCode.NotFound, "no"), (response.Version, response.StatusCode, await response.Content.ReadAsStringAsync()));
        Assert.Equal(["a=1", "b=2"], response.Headers.GetValues("Set-Cookie"));
        Assert.Equal(["Date", "Set-Cookie"], response.Headers.Select(header => header.Key).Order());
        await gateway.UntilIdleAsync(1);
        gateway.ExpectNoErrors();
    }

    [Fact]
    public async Task Bodies_stream_both_ways_at_once_and_trailers_follow()
    {
        using ScriptedBackend backend = new();
        await using Gateway gateway = await Gateway.OpenAsync(backend);
        using HttpClient client = gateway.Client();
        using PushedContent content = new();
        using HttpRequestMessage request = new(HttpMethod.Post, "/") { Content = content, Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact };
        Task<HttpResponseMessage> answering = client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        Stream upload = await content.Stream.WaitAsync(WireEnd.Patience);
        await upload.WriteAsync("a"u8.ToArray());
        await upload.FlushAsync();
        using WireEnd link = await backend.AcceptAsync();
        Assert.Equal("chunked", HeadText.Field(await link.ReadHeadAsync(), "Transfer-Encoding"));
        await link.ExpectAsync("1\r\na\r\n");
        await link.SendAsync("HTTP/1.1 200 OK\r\nTrailer: X-Sum\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nA\r\n");
        using HttpResponseMessage response = await answering.WaitAsync(WireEnd.Patience);
        Assert.Equal("X-Sum", Assert.Single(response.Headers.Trailer));
        Stream download = await response.Content.ReadAsStreamAsync();
        byte[] piece = new byte[1];
        await download.ReadExactlyAsync(piece).AsTask().WaitAsync(WireEnd.Patience);
        Assert.Equal("A"u8.ToArray(), piece);
        await upload.WriteAsync("b"u8.ToArray());
        await upload.FlushAsync();
        await link.ExpectAsync("1\r\nb\r\n");
        content.End();
        await link.ExpectAsync("0\r\n\r\n");
        await link.SendAsync("0\r\nX-Sum: 7\r\n\r\n");
        Assert.Equal(0, await download.ReadAsync(piece).AsTask().WaitAsync(WireEnd.Patience));
        Assert.Equal(["7"], response.TrailingHeaders.GetValues("X-Sum"));
        await gateway.UntilIdleAsync(1);
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
        await using Gateway gateway = await Gateway.OpenAsync(backend);
        using HttpClient client = gateway.Client();
        await Task.WhenAll(Enumerable.Range(0, 100).Select(async i =>
        {
            string body = new((char)('a' + (i % 26)), i * 700);
            using HttpResponseMessage response = await client.PutAsync($"/{i}", new StringContent(body));
            Assert.Equal($"/{i}{body}", await response.Content.ReadAsStringAsync());
        }));
        await gateway.UntilIdleAsync(100);
        gateway.ExpectNoErrors();
    }

    [Fact]
    public async Task Client_that_cancels_ends_the_exchange()
    {
        using ScriptedBackend backend = new();
        await using Gateway gateway = await Gateway.OpenAsync(backend);
        using HttpClient client = gateway.Client();
        using System.Threading.CancellationTokenSource cancel = new();
        Task<HttpResponseMessage> asking = client.GetAsync("/", cancel.Token);
        using WireEnd link = await backend.AcceptAsync();
        await link.ReadHeadAsync();
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asking);
        Assert.Equal("", await link.ReadToCloseAsync());
        await gateway.UntilIdleAsync(1);
        Assert.Equal((ProxyError.ClientLeft, 499), Assert.Single(gateway.Events.Errors));
        gateway.ExpectNoErrors();
    }
}

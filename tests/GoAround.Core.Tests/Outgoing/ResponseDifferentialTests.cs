using System.Net.Http;
using System.Threading.Tasks;
using GoAround.Core.Tests.Wire;
using Xunit;

namespace GoAround.Core.Tests.Outgoing;

/// <summary>The same bytes of a backend mean the same to an application as over SocketsHttpHandler.</summary>
public sealed class ResponseDifferentialTests
{
    [Theory]
    [InlineData("GET", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")]
    [InlineData("GET", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")]
    [InlineData("GET", "HTTP/1.1 200 Fine by me\r\nContent-Length: 2\r\n\r\nok")]
    [InlineData("GET", "HTTP/1.1 200 \r\nContent-Length: 2\r\n\r\nok")]
    [InlineData("GET", "HTTP/1.1 413 Request Entity Too Large\r\nContent-Length: 0\r\n\r\n")]
    [InlineData("GET", "HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\n\r\n")]
    [InlineData("GET", "HTTP/1.1 599 Gr\u00fc\u00df Gott\r\nContent-Length: 0\r\n\r\n")]
    [InlineData("GET", "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 7\r\nContent-Length: 4\r\n\r\nbusy")]
    [InlineData("GET", "HTTP/1.1 204 No Content\r\nX-A: 1\r\n\r\n")]
    [InlineData("GET", "HTTP/1.1 304 Not Modified\r\nETag: \"a\"\r\nContent-Length: 99\r\n\r\n")]
    [InlineData("HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 12345\r\nContent-Type: text/plain\r\n\r\n")]
    [InlineData("HEAD", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")]
    [InlineData("GET", "HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n")]
    [InlineData("GET", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n3\r\n ok\r\n0\r\n\r\n")]
    [InlineData("GET", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n2\r\nok\r\n0\r\nX-Sum: 7\r\nX-Sum: 8\r\nX-Other: \u00e9\r\n\r\n")]
    [InlineData("GET", "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nuntil the end")]
    [InlineData("GET", "HTTP/1.0 200 OK\r\n\r\nold")]
    [InlineData("GET", "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 3\r\n\r\nold")]
    [InlineData("GET", "HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\nHTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")]
    [InlineData("GET", "HTTP/1.1 200 OK\r\nSet-Cookie: a=1, b\r\nSet-Cookie: c=2\r\nVary: A\r\nVary: B, C\r\nContent-Length: 0\r\n\r\n")]
    [InlineData("GET", "HTTP/1.1 200 OK\r\nDate: Sun, 22 Nov 2026 12:00:00 GMT\r\nserver: Some/1 (thing)\r\nWarning: 110 - \"old, really\"\r\nContent-Length: 0\r\n\r\n")]
    [InlineData("GET", "HTTP/1.1 200 OK\r\ncontent-TYPE: text/html; charset=utf-8\r\nContent-Encoding: gzip\r\nContent-Language: de\r\nContent-Language: en\r\nLast-Modified: yesterday\r\nExpires: 0\r\nAllow: GET, PUT\r\nContent-Location: /a\r\nContent-Range: bytes 0-1/9\r\nContent-MD5: Q2hlY2s=\r\nContent-Disposition: attachment\r\nContent-Length: 2\r\n\r\nok")]
    [InlineData("GET", "HTTP/1.1 200 OK\r\nContent-Security-Policy: none\r\nX-Empty:\r\nX-Bytes: \u00e4\u00ff\r\nAccept-Charset: odd\r\nContent-Length: 0\r\n\r\n")]
    [InlineData("GET", "HTTP/1.1 426 Upgrade Required\r\nContent-Length: 0\r\n\r\n")]
    [InlineData("GET", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf")]
    [InlineData("GET", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nhalf")]
    [InlineData("GET", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n")]
    [InlineData("GET", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nok")]
    [InlineData("GET", "HTTP/1.1 200 OK\r\nContent-")]
    [InlineData("GET", "garbage\r\n\r\n")]
    [InlineData("POST", "")]
    public async Task Answer_is_seen_as_over_the_frameworks_handler(string method, string bytes)
    {
        using ScriptedBackend backend = new ScriptedBackend().Serve(async link =>
        {
            await link.ReadHeadAsync();
            await link.SendAsync(bytes);
            link.ShutdownSend();
            await link.ReadToCloseAsync();
        });
        using HttpClient plain = new(new SocketsHttpHandler { AllowAutoRedirect = false, UseProxy = false });
        await using OutgoingFixture balanced = new(options => options.Pool.MinRetries = 0, null, backend);
        string expected = await ResponseText.OfAsync(plain, new HttpRequestMessage(new HttpMethod(method), backend.Backend.Address));
        string actual = await ResponseText.OfAsync(balanced.Client, new HttpRequestMessage(new HttpMethod(method), backend.Backend.Address));
        Assert.Equal(expected, actual);
        await balanced.UntilNothingIsInFlightAsync();
    }
}

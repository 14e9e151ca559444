using System.Net;
using System.Threading.Tasks;
using GoAround.Core.Tests.Wire;
using Xunit;

namespace GoAround.Core.Tests.Server;

public sealed class ForwardingTests
{
    [Fact]
    public async Task Backend_is_told_who_asks_and_for_what()
    {
        using ScriptedBackend backend = new ScriptedBackend().Answer(WireEnd.Response("ok"));
        Assert.Equal(
            "GET /a?b=%20c HTTP/1.1\r\nHost: Shop.Example:81\r\nX-Forwarded-For: 127.0.0.1\r\nX-Forwarded-Proto: http\r\nX-Forwarded-Host: Shop.Example:81\r\nVia: 1.1 goaround\r\n\r\n",
            await SendAsync(backend, "GET /a?b=%20c HTTP/1.1\r\nHost: Shop.Example:81\r\n\r\n"));
    }

    [Fact]
    public async Task Hop_by_hop_fields_of_a_request_stay_here()
    {
        using ScriptedBackend backend = new ScriptedBackend().Answer(WireEnd.Response("ok"));
        string head = await SendAsync(backend,
            "GET / HTTP/1.1\r\nHost: h\r\nConnection: keep-alive, X-Mine\r\nKeep-Alive: 5\r\nX-Mine: 1\r\nProxy-Connection: keep-alive\r\nTE: gzip\r\nX-Other: 2\r\n\r\n");
        Assert.DoesNotContain("X-Mine", head);
        Assert.DoesNotContain("Keep-Alive", head, System.StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("Connection", head);
        Assert.DoesNotContain("TE:", head);
        Assert.Contains("X-Other: 2\r\n", head);
    }

    [Fact]
    public async Task Hop_by_hop_fields_of_a_response_stay_here()
    {
        using ScriptedBackend backend = new ScriptedBackend().Answer(
            "HTTP/1.1 200 OK\r\nDate: D\r\nConnection: X-Mine\r\nX-Mine: 1\r\nKeep-Alive: timeout=5\r\nSet-Cookie: a\r\nX-Other: 2\r\nSet-Cookie: b\r\nContent-Length: 0\r\n\r\n");
        await using ProxyFixture proxy = await ProxyFixture.OpenAsync(backend);
        using WireEnd client = await proxy.ConnectAsync();
        await client.SendAsync("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
        await client.ExpectAsync("HTTP/1.1 200 OK\r\nDate: D\r\nSet-Cookie: a\r\nX-Other: 2\r\nSet-Cookie: b\r\nContent-Length: 0\r\n\r\n");
    }

    [Fact]
    public async Task Base_path_of_the_backend_is_put_before_the_target()
    {
        using ScriptedBackend backend = new ScriptedBackend(path: "/base/v1/").Answer(WireEnd.Response("ok"));
        Assert.StartsWith("GET /base/v1/a/../b?c HTTP/1.1\r\n", await SendAsync(backend, "GET /a/../b?c HTTP/1.1\r\nHost: h\r\n\r\n"));
    }

    [Fact]
    public async Task Listener_serves_ipv6_and_ipv4()
    {
        using ScriptedBackend backend = new ScriptedBackend().Answer(WireEnd.Response("ok"));
        await using ProxyFixture proxy = await ProxyFixture.OpenAsync(backend);
        foreach (IPAddress address in new[] { IPAddress.Loopback, IPAddress.IPv6Loopback })
        {
            using WireEnd client = await RawClient.ConnectAsync(new IPEndPoint(address, proxy.Port));
            await client.SendAsync("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
            await client.ExpectAsync(WireEnd.Response("ok"));
        }

        Assert.Contains(backend.Heads, head => head.Contains("X-Forwarded-For: 127.0.0.1\r\n"));
        Assert.Contains(backend.Heads, head => head.Contains("X-Forwarded-For: ::1\r\n"));
    }

    private static async Task<string> SendAsync(ScriptedBackend backend, string request)
    {
        await using ProxyFixture proxy = await ProxyFixture.OpenAsync(backend);
        using WireEnd client = await proxy.ConnectAsync();
        await client.SendAsync(request);
        await client.ExpectAsync(WireEnd.Response("ok"));
        Assert.True(backend.Heads.TryDequeue(out string? head));
        return head!; // just taken
    }
}

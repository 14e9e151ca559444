using System;
using System.Linq;
using System.Threading.Tasks;
using GoAround.Core.Health;
using GoAround.Core.Server;
using GoAround.Core.Tests.Wire;
using GoAround.Core.Upstream;
using Xunit;

namespace GoAround.Core.Tests.Server;

public sealed class ViaTests
{
    private const string Get = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";

    [Theory]
    [InlineData("1.1", "", "Via: 1.1 goaround\r\n")]
    [InlineData("1.0", "", "Via: 1.0 goaround\r\n")]
    [InlineData("1.1", "Via: 1.0 fred, 1.1 p.example.net (x)\r\nvia: 2 edge\r\n", "Via: 1.0 fred, 1.1 p.example.net (x)\r\nvia: 2 edge\r\nVia: 1.1 goaround\r\n")]
    public async Task Request_names_this_proxy_and_the_version_it_came_in_behind_those_before(string version, string fields, string expected)
    {
        string head = await SendAsync(new(), $"GET / HTTP/{version}\r\nHost: h\r\n{fields}\r\n");
        Assert.Equal(expected, Via(head));
    }

    [Fact]
    public async Task Name_is_an_option_and_so_is_the_field()
    {
        Assert.Equal("Via: 1.1 edge-7\r\n", Via(await SendAsync(new() { Server = { ProxyName = "edge-7" } }, Get)));
        Assert.Equal("", Via(await SendAsync(new() { Server = { Via = ViaMode.Off } }, Get)));
        Assert.Equal("Via: 1.1 a\r\n", Via(await SendAsync(new() { Server = { Via = ViaMode.Off } }, "GET / HTTP/1.1\r\nHost: h\r\nVia: 1.1 a\r\n\r\n")));
    }

    [Theory]
    [InlineData(ViaMode.Off, "1.1", "")]
    [InlineData(ViaMode.Requests, "1.1", "")]
    [InlineData(ViaMode.Both, "1.1", "Via: 1.1 goaround\r\n")]
    [InlineData(ViaMode.Both, "1.0", "Via: 1.0 goaround\r\n")]
    public async Task Response_names_it_where_asked_for_with_the_version_the_backend_spoke(ViaMode mode, string version, string expected)
    {
        using ScriptedBackend backend = new ScriptedBackend().Answer($"HTTP/{version} 200 OK\r\nVia: 1.1 inner\r\nContent-Length: 2\r\n\r\nok");
        await using ProxyFixture proxy = await ProxyFixture.OpenAsync(new ProxyFixture.Setup { Server = { Via = mode } }, backend);
        Assert.Equal("Via: 1.1 inner\r\n" + expected, Via(await proxy.AskOnceAsync("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")));
    }

    [Fact]
    public async Task Answers_of_its_own_have_no_via()
    {
        await using ProxyFixture proxy = await ProxyFixture.OpenAsync(new ProxyFixture.Setup { Server = { Via = ViaMode.Both } });
        Assert.Equal("", Via(await proxy.AskOnceAsync("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"))); // 503
        Assert.Equal("", Via(await proxy.AskOnceAsync("nonsense\r\n\r\n"))); // 400
    }

    [Fact]
    public async Task Health_check_says_nothing_of_proxies()
    {
        using ScriptedBackend backend = new ScriptedBackend().Answer(WireEnd.Response("ok"));
        using SocketConnectionFactory factory = new(Unhurried.Upstream(), TimeProvider.System);
        await new HttpHealthChecker(factory, new()).CheckAsync(backend.Backend, default);
        Assert.True(backend.Heads.TryDequeue(out string? head));
        Assert.DoesNotContain("Via", head);
        Assert.DoesNotContain("orwarded", head);
    }

    [Fact]
    public async Task Chain_of_balancers_of_one_name_is_no_loop_but_ten_passes_are()
    {
        string chain = "Via: " + string.Join(", ", Enumerable.Repeat("1.1 goaround", 5)) + "\r\nVia: 1.0 GoAround (x), 2 goaround,1.1 goaround, 1.1\tgoaround\r\nVia: 1.1 goaround2, 1.1 (goaround), goaround\r\n";
        Assert.EndsWith("Via: 1.1 goaround\r\n\r\n", await SendAsync(new(), $"GET / HTTP/1.1\r\nHost: h\r\n{chain}\r\n"));

        await using ProxyFixture proxy = await ProxyFixture.ServeAsync((_, _) => throw new InvalidOperationException("never"));
        string answer = await proxy.AskOnceAsync($"GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n{chain}Via: 1.1 goaround\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 502 ", answer);
        Assert.Contains("Proxy-Status: goaround; error=proxy_loop_detected\r\n", answer);
        Assert.Equal([(ProxyError.ProxyLoopDetected, 502)], proxy.Events.Errors);
        proxy.ExpectNoErrors();
    }

    [Fact]
    public async Task Balancer_that_is_its_own_backend_ends_the_circle()
    {
        await using ProxyFixture proxy = await ProxyFixture.OpenAsync(new ProxyFixture.Setup { Pool = { ConnectionsPerBackend = 20 } });
        await proxy.Pool.ReplaceAsync([Backend.Parse($"http://127.0.0.1:{proxy.Port}")], default);
        string answer = await proxy.AskOnceAsync("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
        Assert.Contains("Proxy-Status: goaround; error=proxy_loop_detected\r\n", answer);
        await Until.TrueAsync(() => proxy.Events.Ended.Count == 11, "not counted");
        Assert.Equal([(ProxyError.ProxyLoopDetected, 502)], proxy.Events.Errors);
    }

    private static string Via(string head) =>
        string.Concat(head.Split("\r\n").Where(line => line.StartsWith("Via:", StringComparison.OrdinalIgnoreCase)).Select(line => line + "\r\n"));

    private static async Task<string> SendAsync(ProxyFixture.Setup setup, string request)
    {
        using ScriptedBackend backend = new ScriptedBackend().Answer(WireEnd.Response("ok"));
        await using ProxyFixture proxy = await ProxyFixture.OpenAsync(setup, backend);
        using WireEnd client = await proxy.ConnectAsync();
        await client.SendAsync(request);
        await client.ReadUntilAsync("\r\n\r\nok");
        Assert.True(backend.Heads.TryDequeue(out string? head));
        return head;
    }
}

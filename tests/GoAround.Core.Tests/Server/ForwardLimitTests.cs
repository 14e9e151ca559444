using System.Threading.Tasks;
using GoAround.Core.Tests.Wire;
using Xunit;

namespace GoAround.Core.Tests.Server;

public sealed class ForwardLimitTests
{
    [Fact]
    public async Task Trace_that_may_go_no_further_is_reflected_without_its_secrets()
    {
        using ScriptedBackend backend = new ScriptedBackend().Answer(WireEnd.Response("ok"));
        await using ProxyFixture proxy = await ProxyFixture.OpenAsync(backend);
        using WireEnd client = await proxy.ConnectAsync();
        await client.SendAsync("\r\nTRACE /a?b HTTP/1.1\r\nHost: h\r\nMax-Forwards: 0\r\nCookie: c=1\r\nX-A: 1\r\nauthorization: Basic x\r\nProxy-Authorization: y\r\nX-A: 2\r\n\r\n");
        string head = await client.ReadHeadAsync();
        Assert.StartsWith("HTTP/1.1 200 OK\r\n", head);
        Assert.Contains("Content-Type: message/http\r\n", head);
        await client.ExpectAsync("TRACE /a?b HTTP/1.1\r\nHost: h\r\nMax-Forwards: 0\r\nX-A: 1\r\nX-A: 2\r\n\r\n");
        await client.SendAsync("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
        await client.ExpectAsync(WireEnd.Response("ok"));
        Assert.Single(backend.Heads);
        proxy.ExpectNoErrors();
    }

    [Theory]
    [InlineData("*")]
    [InlineData("/a")]
    public async Task Options_that_may_go_no_further_are_answered_here(string target)
    {
        using ScriptedBackend backend = new();
        await using ProxyFixture proxy = await ProxyFixture.OpenAsync(backend);
        using WireEnd client = await proxy.ConnectAsync();
        await client.SendAsync($"OPTIONS {target} HTTP/1.1\r\nHost: h\r\nMax-Forwards: 0\r\nContent-Length: 3\r\n\r\nabc");
        string head = await client.ReadHeadAsync();
        Assert.StartsWith("HTTP/1.1 200 OK\r\n", head);
        Assert.Contains("Allow: GET, HEAD, ", head);
        Assert.Contains("Content-Length: 0\r\n", head);
        Assert.Equal(0, backend.Accepted);
    }

    [Theory]
    [InlineData("OPTIONS", "7", "6")]
    [InlineData("TRACE", "1", "0")]
    [InlineData("OPTIONS", "007", "6")]
    [InlineData("OPTIONS", "99999999999999999999999", "9223372036854775806")]
    [InlineData("OPTIONS", "many", "many")]
    [InlineData("OPTIONS", "-1", "-1")]
    [InlineData("OPTIONS", "1, 2", "1, 2")]
    [InlineData("GET", "0", "0")]
    [InlineData("POST", "7", "7")]
    public async Task Limit_is_counted_down_for_options_and_trace_and_passed_on_elsewhere(string method, string limit, string forwarded)
    {
        using ScriptedBackend backend = new ScriptedBackend().Answer(WireEnd.Response("ok"));
        await using ProxyFixture proxy = await ProxyFixture.OpenAsync(backend);
        await proxy.AskOnceAsync($"{method} / HTTP/1.1\r\nHost: h\r\nConnection: close\r\nMax-Forwards: {limit}\r\n\r\n");
        Assert.Contains($"\r\nMax-Forwards: {forwarded}\r\n", Assert.Single(backend.Heads));
    }

    [Theory]
    [InlineData("Content-Length: 1\r\n\r\nx")]
    [InlineData("Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n")]
    public async Task Trace_with_a_body_is_refused_and_the_connection_closed(string rest)
    {
        using ScriptedBackend backend = new();
        await using ProxyFixture proxy = await ProxyFixture.OpenAsync(backend);
        string answer = await proxy.AskOnceAsync($"TRACE / HTTP/1.1\r\nHost: h\r\n{rest}GET / HTTP/1.1\r\nHost: h\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 400 ", answer);
        Assert.Contains("\r\nConnection: close\r\n", answer);
        Assert.Equal(0, backend.Accepted);
    }
}

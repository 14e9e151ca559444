using System;
using System.Threading.Tasks;
using Xunit;

namespace GoAround.Cli.Tests.EndToEnd;

/// <summary>The flags of limits and deadlines take effect in the built binary; what happens exactly at each is tested in Core.</summary>
[Collection(nameof(OneByOne))]
public class LimitTests
{
    private const string Get = "GET / HTTP/1.1\r\nHost: test\r\n\r\n";

    private const string LastGet = "GET / HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n";

    [Theory]
    [InlineData("HTTP/1.1 413 ", "POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 1025\r\n\r\n", "-max-body", "1k")]
    [InlineData("HTTP/1.1 414 ", "GET /LONG HTTP/1.1\r\nHost: test\r\n\r\n", "-max-request-line", "300")]
    [InlineData("HTTP/1.1 431 ", "GET / HTTP/1.1\r\nHost: test\r\nX-A: LONG\r\nX-B: LONG\r\nX-C: LONG\r\n\r\n", "-max-head", "1k")]
    [InlineData("HTTP/1.1 431 ", "GET / HTTP/1.1\r\nHost: test\r\nA: 1\r\nB: 2\r\n\r\n", "-max-fields", "2")]
    [InlineData("HTTP/1.1 408 ", "GET / HTTP/1.1\r\nHos", "-head-timeout", "300ms")]
    [InlineData("HTTP/1.1 408 ", "POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 5\r\n\r\n12", "-body-timeout", "300ms")]
    [InlineData("HTTP/1.1 408 ", "POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 5\r\n\r\n12", "-min-body-rate", "1000000", "-min-body-rate-grace", "300ms")]
    [InlineData("", "", "-idle-timeout", "300ms")]
    [InlineData("", "\r\n", "-idle-timeout", "300ms")]
    public async Task Client_over_a_limit_is_answered_and_closed(string start, string request, params string[] flags)
    {
        await using RecordingBackend backend = RecordingBackend.Start(answer: "");
        await using BalancerProcess balancer = await BalancerProcess.StartAsync(["-b", backend.Address, .. flags]);
        string answer = await RawClient.AskAsync(balancer.Port, request.Replace("LONG", new string('x', 400), StringComparison.Ordinal));

        Assert.StartsWith(start, answer, StringComparison.Ordinal);
        Assert.Equal(start.Length == 0, answer.Length == 0);
    }

    [Theory]
    [InlineData("HTTP/1.1 504 ", "", "-response-timeout", "300ms")]
    [InlineData("HTTP/1.1 502 ", "HTTP/1.1 200 OK\r\nA: 1\r\nB: 2\r\nContent-Length: 0\r\n\r\n", "-backend-max-fields", "2")]
    [InlineData("HTTP/1.1 502 ", "HTTP/1.1 200 OK\r\nA: LONG\r\nB: LONG\r\nC: LONG\r\nContent-Length: 0\r\n\r\n", "-backend-max-head", "1k")]
    [InlineData("HTTP/1.1 200 ", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n12", "-backend-body-timeout", "300ms")]
    public async Task Backend_over_a_limit_is_answered_for(string start, string answered, params string[] flags)
    {
        await using RecordingBackend backend = RecordingBackend.Start(answered.Replace("LONG", new string('x', 400), StringComparison.Ordinal));
        await using BalancerProcess balancer = await BalancerProcess.StartAsync(["-b", backend.Address, .. flags]);
        await balancer.MetricBecomesAsync(1, $"goaround_backend_up{{backend=\"{backend.Address}\"}}"); // the limit holds for its checks too, of which one may fail on a busy machine
        string answer = await RawClient.AskAsync(balancer.Port, LastGet);

        Assert.StartsWith(start, answer, StringComparison.Ordinal);
        Assert.Equal(answered.EndsWith("12", StringComparison.Ordinal), answer.EndsWith("12", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Upgraded_connection_that_is_silent_for_longer_than_the_tunnel_timeout_is_closed()
    {
        await using RecordingBackend backend = RecordingBackend.Start("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n");
        await using BalancerProcess balancer = await BalancerProcess.StartAsync("-b", backend.Address, "-tunnel-timeout", "300ms");
        string answer = await RawClient.AskAsync(balancer.Port, "GET / HTTP/1.1\r\nHost: test\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n");

        Assert.StartsWith("HTTP/1.1 101 ", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Connection_over_the_most_at_once_is_served_when_another_ends()
    {
        await using RecordingBackend backend = RecordingBackend.Start();
        await using BalancerProcess balancer = await BalancerProcess.StartAsync("-b", backend.Address, "-max-connections", "1");
        using RawClient first = await RawClient.SendAsync(balancer.Port, Get);
        Assert.StartsWith("HTTP/1.1 200 ", await first.ReadAsync(IsHead), StringComparison.Ordinal);
        using RawClient second = await RawClient.SendAsync(balancer.Port, Get);
        await first.SendAsync(Get); // the one that is in is served on, before the one that waits
        Assert.StartsWith("HTTP/1.1 200 ", await first.ReadAsync(IsHead), StringComparison.Ordinal);
        Assert.Equal(2, backend.Heads.Count);
        first.Dispose();

        Assert.StartsWith("HTTP/1.1 200 ", await second.ReadAsync(IsHead), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Connection_over_the_most_of_one_client_is_closed_at_once()
    {
        await using RecordingBackend backend = RecordingBackend.Start();
        await using BalancerProcess balancer = await BalancerProcess.StartAsync("-b", backend.Address, "-max-connections-per-client", "1");
        using RawClient first = await RawClient.SendAsync(balancer.Port, Get);
        Assert.StartsWith("HTTP/1.1 200 ", await first.ReadAsync(IsHead), StringComparison.Ordinal);
        Assert.Equal("", await RawClient.AskAsync(balancer.Port, ""));
        Assert.Equal(1, await balancer.MetricAsync("goaround_client_connections_refused_total{reason=\"client_limit\"}"));
        first.Dispose();

        await Eventually.HoldsAsync("the next one is served", async () => (await RawClient.AskAsync(balancer.Port, LastGet)).StartsWith("HTTP/1.1 200 ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Last_request_that_a_connection_may_send_is_answered_with_close()
    {
        await using RecordingBackend backend = RecordingBackend.Start();
        await using BalancerProcess balancer = await BalancerProcess.StartAsync("-b", backend.Address, "-max-requests", "2");
        string[] answers = (await RawClient.AskAsync(balancer.Port, Get + Get + Get)).Split("\r\n\r\n", StringSplitOptions.RemoveEmptyEntries);

        Assert.Equal(2, answers.Length);
        Assert.DoesNotContain("Connection: close", answers[0], StringComparison.OrdinalIgnoreCase);
        Assert.Contains("\r\nConnection: close", answers[1], StringComparison.OrdinalIgnoreCase);
        Assert.Equal(2, backend.Heads.Count);
    }

    private static bool IsHead(string text) => text.EndsWith("\r\n\r\n", StringComparison.Ordinal);
}

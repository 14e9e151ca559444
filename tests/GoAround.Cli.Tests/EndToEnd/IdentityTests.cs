using System;
using System.Linq;
using System.Threading.Tasks;
using Xunit;

namespace GoAround.Cli.Tests.EndToEnd;

/// <summary>What backends and clients are told, by the flags, in the built binary.</summary>
[Collection(nameof(OneByOne))]
public class IdentityTests
{
    private const string Request =
        "GET / HTTP/1.1\r\nHost: example.com:80\r\nX-Forwarded-For: 192.0.2.1\r\nForwarded: for=192.0.2.1\r\nX-Forwarded-Proto: https\r\nConnection: close\r\n\r\n";

    private static readonly string[] Names = ["X-Forwarded", "Forwarded", "Via"];

    [Theory]
    [InlineData("Via: 1.1 goaround|X-Forwarded-For: 127.0.0.1|X-Forwarded-Host: example.com:80|X-Forwarded-Proto: http")]
    [InlineData("X-Forwarded-For: 127.0.0.1|X-Forwarded-Host: example.com:80|X-Forwarded-Proto: http", "-via", "off")]
    [InlineData("Via: 1.1 edge|X-Forwarded-For: 127.0.0.1|X-Forwarded-Host: example.com:80|X-Forwarded-Proto: http", "-proxy-name", "edge")]
    [InlineData("Forwarded: for=127.0.0.1;host=\"example.com:80\";proto=http|Via: 1.1 goaround", "-forwarded", "forwarded")]
    [InlineData("Via: 1.1 goaround", "-forwarded", "off")]
    [InlineData(
        "Forwarded: for=192.0.2.1|Via: 1.1 goaround|X-Forwarded-For: 192.0.2.1, 127.0.0.1|X-Forwarded-Host: example.com:80|X-Forwarded-Proto: https",
        "-trusted-proxies", "10.0.0.0/8", "-trusted-proxies", "127.0.0.1,::1")]
    public async Task Backend_is_told_what_the_flags_say(string told, params string[] flags)
    {
        await using RecordingBackend backend = RecordingBackend.Start();
        await using BalancerProcess balancer = await BalancerProcess.StartAsync(["-b", backend.Address, .. flags]);
        Assert.StartsWith("HTTP/1.1 200 ", await RawClient.AskAsync(balancer.Port, Request), StringComparison.Ordinal);

        string[] fields = Assert.Single(backend.Heads).Split("\r\n");
        Assert.Equal(told.Split('|'), fields.Where(IsIdentity).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Client_is_told_via_only_where_it_is_asked_for()
    {
        await using RecordingBackend backend = RecordingBackend.Start();
        await using BalancerProcess quiet = await BalancerProcess.StartAsync("-b", backend.Address);
        await using BalancerProcess both = await BalancerProcess.StartAsync("-b", backend.Address, "-via", "both");

        Assert.DoesNotContain("Via:", await RawClient.AskAsync(quiet.Port, Request), StringComparison.Ordinal);
        Assert.Contains("\r\nVia: 1.1 goaround\r\n", await RawClient.AskAsync(both.Port, Request), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Own_answer_says_whose_fault_it_was_under_the_name_of_the_proxy()
    {
        await using BalancerProcess balancer = await BalancerProcess.StartAsync("-proxy-name", "edge");
        string answer = await RawClient.AskAsync(balancer.Port, Request);

        Assert.StartsWith("HTTP/1.1 503 ", answer, StringComparison.Ordinal);
        Assert.Contains("\r\nProxy-Status: edge; error=destination_unavailable", answer, StringComparison.Ordinal);
        Assert.Contains("\r\nCache-Control: no-store\r\n", answer, StringComparison.Ordinal);
        await balancer.MetricBecomesAsync(1, "goaround_errors_total{cause=\"destination_unavailable\"}");
    }

    private static bool IsIdentity(string field) =>
        Names.Any(name => field.StartsWith(name, StringComparison.OrdinalIgnoreCase));
}

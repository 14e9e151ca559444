using System;
using System.Threading.Tasks;
using Xunit;

namespace GoAround.Cli.Tests.EndToEnd;

[Collection(nameof(OneByOne))]
public class MetricsTests
{
    [Fact]
    public async Task Promtool_finds_nothing_to_say_about_the_metrics()
    {
        await using BackendProcess backend = await BackendProcess.StartAsync("a");
        await using BalancerProcess balancer = await BalancerProcess.StartAsync([backend], "-b", "http://127.0.0.1:1");
        await Load.RunAsync(balancer.Port, clients: 3, requestsEach: 5);

        Assert.Equal("", await Command.ShellAsync($"curl -sSf http://localhost:{balancer.MetricsPort}/metrics | promtool check metrics 2>&1"));
        await balancer.MetricBecomesAsync(15, "goaround_requests_total{code=\"2xx\"}");
        await balancer.MetricBecomesAsync(15, "goaround_request_duration_seconds_count");
        await balancer.MetricBecomesAsync(15, $"goaround_backend_requests_total{{backend=\"{backend.Address}\"}}");
        Assert.Equal(1, await balancer.MetricAsync($"goaround_backend_up{{backend=\"{backend.Address}\"}}"));
        Assert.Equal(0, await balancer.MetricAsync("goaround_backend_up{backend=\"http://127.0.0.1:1\"}"));
    }

    [Fact]
    public async Task Errors_are_counted_by_cause()
    {
        await using BalancerProcess balancer = await BalancerProcess.StartAsync();
        string answer = await Command.OutputOfAsync("curl", "-sSi", $"http://localhost:{balancer.Port}/");
        Assert.Contains("Proxy-Status: goaround; error=destination_unavailable", answer, StringComparison.Ordinal);
        Assert.Equal("505", await Command.ShellAsync($"printf 'GET / HTTP/3.0\r\nHost: h\r\n\r\n' | nc -N 127.0.0.1 {balancer.Port} | head -1 | cut -d' ' -f2"));
        await balancer.MetricBecomesAsync(1, "goaround_errors_total{cause=\"destination_unavailable\"}");
        await balancer.MetricBecomesAsync(1, "goaround_errors_total{cause=\"http_request_error\"}");
        Assert.Equal(0, await balancer.MetricAsync("goaround_errors_total{cause=\"client_left\"}"));
    }

    [Fact]
    public async Task Metrics_come_as_openmetrics_when_that_is_asked_for_and_as_prometheus_text_otherwise()
    {
        await using BalancerProcess balancer = await BalancerProcess.StartAsync();
        string url = $"http://localhost:{balancer.MetricsPort}/metrics";
        string plain = await Command.OutputOfAsync("curl", "-sSf", "-i", url);
        string open = await Command.OutputOfAsync("curl", "-sSf", "-i", "-H", "Accept: application/openmetrics-text; version=1.0.0", url);

        Assert.Contains("Content-Type: text/plain; version=0.0.4; charset=utf-8\n", plain, StringComparison.Ordinal);
        Assert.DoesNotContain("# EOF", plain, StringComparison.Ordinal);
        Assert.Contains("Content-Type: application/openmetrics-text; version=1.0.0; charset=utf-8\n", open, StringComparison.Ordinal);
        Assert.EndsWith("\n# EOF", open, StringComparison.Ordinal);
        Assert.Contains("\n# TYPE goaround_requests counter\n", open, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Metrics_port_says_where_to_look_and_that_it_is_well()
    {
        await using BalancerProcess balancer = await BalancerProcess.StartAsync();
        string url = $"http://localhost:{balancer.MetricsPort}";

        Assert.Contains("/metrics", await Command.OutputOfAsync("curl", "-sSf", $"{url}/"), StringComparison.Ordinal);
        Assert.Equal("ok 200", await Command.OutputOfAsync("sh", "-c", $"curl -sSf -w '%{{http_code}}' {url}/healthz | tr '\\n' ' '"));
        Assert.Equal("404", await Command.OutputOfAsync("curl", "-sS", "-o", "/dev/null", "-w", "%{http_code}", $"{url}/elsewhere"));
    }
}

using System;
using System.Linq;
using System.Threading.Tasks;
using Xunit;

namespace GoAround.Cli.Tests.EndToEnd;

[Collection(nameof(OneByOne))]
public class TlsTests
{
    [Fact]
    public async Task Curl_that_trusts_the_authority_sends_several_requests_over_one_tls_connection()
    {
        using TestCertificates certificates = await TestCertificates.MakeAsync();
        await using BackendProcess backend = await BackendProcess.StartAsync("a");
        await using BalancerProcess balancer = await BalancerProcess.StartAsync([backend], certificates.Flags);
        string url = $"https://localhost:{balancer.Port}";
        string output = await Command.OutputOfAsync(
            "curl", "-sS", "--cacert", certificates.Authority, "-w", "%{http_version} %{http_code} %{num_connects}\n", $"{url}/1", $"{url}/2", $"{url}/3");

        Assert.Equal(
            "a GET /1 for nobody\n1.1 200 1\na GET /2 for nobody\n1.1 200 0\na GET /3 for nobody\n1.1 200 0",
            output);
        Assert.Equal(1, await balancer.MetricAsync("goaround_tls_handshakes_total{result=\"succeeded\"}"));
    }

    [Fact]
    public async Task Thirty_two_tls_connections_at_once_get_every_answer()
    {
        using TestCertificates certificates = await TestCertificates.MakeAsync();
        await using BackendProcess backend = await BackendProcess.StartAsync("a");
        await using BalancerProcess balancer = await BalancerProcess.StartAsync([backend], certificates.Flags);
        string output = await Command.OutputOfAsync(
            "curl", "-sS", "-f", "--cacert", certificates.Authority, "--parallel", "--parallel-immediate", "--parallel-max", "32",
            "-o", "/dev/null", "-w", "%{http_code}\n", $"https://localhost:{balancer.Port}/[1-2000]");

        Assert.Equal(2000, output.Split('\n').Count(line => line == "200"));
        Assert.Equal(2000, (await backend.CountAsync()).Requests);
        Assert.InRange((await balancer.MetricAsync("goaround_tls_handshakes_total{result=\"succeeded\"}"))!.Value, 1, 200);
    }

    [Fact]
    public async Task Client_that_does_not_trust_the_authority_refuses_and_one_that_speaks_no_tls_gets_no_answer()
    {
        using TestCertificates certificates = await TestCertificates.MakeAsync();
        await using BalancerProcess balancer = await BalancerProcess.StartAsync(certificates.Flags);
        const int PeerCertificateUnknown = 60;
        Command untrusting = await Command.RunAsync("curl", ["-sS", $"https://localhost:{balancer.Port}/"]);
        Assert.Equal(PeerCertificateUnknown, untrusting.Status);
        Command plain = await Command.RunAsync("curl", ["-sS", "-m", "20", $"http://localhost:{balancer.Port}/"]);
        Assert.NotEqual(0, plain.Status);

        await Eventually.HoldsAsync(
            "both handshakes are counted as failed",
            async () => await balancer.MetricAsync("goaround_tls_handshakes_total{result=\"failed\"}") == 2);
    }

    [Fact]
    public async Task Backend_over_https_is_trusted_with_its_authority_and_unhealthy_without()
    {
        using TestCertificates certificates = await TestCertificates.MakeAsync();
        await using BackendProcess backend = await BackendProcess.StartAsync("a");
        await using BalancerProcess inner = await BalancerProcess.StartAsync([backend], certificates.Flags);
        string address = $"https://localhost:{inner.Port}";
        await using (BalancerProcess outer = await BalancerProcess.StartAsync("-b", address, "-backend-ca", certificates.Authority))
        {
            Answer answer = await KeepAliveClient.GetOnceAsync(outer.Port, "/through/two");
            Assert.Equal((200, "a GET /through/two for nobody\n"), (answer.Status, answer.Body));
        }

        await using (BalancerProcess outer = await BalancerProcess.StartAsync("-b", address))
        {
            await outer.Process.WaitForLineAsync($"{address} is unhealthy");
            Assert.Equal(503, (await KeepAliveClient.GetOnceAsync(outer.Port, "/")).Status);
        }
    }

    [Fact]
    public async Task Key_that_does_not_belong_to_the_certificate_is_one_line_and_status_2()
    {
        using TestCertificates certificates = await TestCertificates.MakeAsync();
        using TestCertificates others = await TestCertificates.MakeAsync();
        Command refused = await Command.RunAsync(Repository.Binary, ["-cacert", certificates.Certificate, "-privkey", others.PrivateKey]);

        Assert.Equal((2, ""), (refused.Status, refused.Output));
        Assert.Contains("-privkey", Assert.Single(refused.Errors.Split('\n')), StringComparison.Ordinal);
    }
}

using System;
using System.Diagnostics;
using System.Linq;
using System.Net;
using System.Net.Sockets;
using System.Threading.Tasks;
using Xunit;

namespace GoAround.Cli.Tests.EndToEnd;

[Collection(nameof(OneByOne))]
public class QueueTests
{
    [Fact]
    public async Task Backend_never_has_more_than_n_requests_at_once_and_the_others_wait_their_turn()
    {
        await using BackendProcess backend = await BackendProcess.StartAsync("a");
        await using BalancerProcess balancer = await BalancerProcess.StartAsync([backend], "-n", "2");
        Task<Answer>[] asked = [.. Enumerable.Range(0, 40).Select(_ => KeepAliveClient.GetOnceAsync(balancer.Port, "/hold"))];
        await Eventually.HoldsAsync("38 requests wait", async () => await balancer.MetricAsync("goaround_queue_length") == 38);
        await Eventually.HoldsAsync("2 requests are at the backend", async () => (await backend.CountAsync()).Running == 2);
        await backend.ReleaseAsync();
        Answer[] answers = await Task.WhenAll(asked);

        Assert.All(answers, answer => Assert.Equal(200, answer.Status));
        Assert.Equal(new BackendCounts(40, 0, 2), await backend.CountAsync());
        Assert.Equal(0, await balancer.MetricAsync("goaround_queue_length"));
    }

    [Fact]
    public async Task Request_that_finds_no_free_connection_within_the_queue_timeout_is_answered_503()
    {
        await using BackendProcess backend = await BackendProcess.StartAsync("a");
        await using BalancerProcess balancer = await BalancerProcess.StartAsync([backend], "-n", "1", "-queue-timeout", "1s");
        Task<Answer> held = KeepAliveClient.GetOnceAsync(balancer.Port, "/hold");
        await Eventually.HoldsAsync("the backend is busy", async () => (await backend.CountAsync()).Running == 1);
        long start = Stopwatch.GetTimestamp();
        Answer refused = await KeepAliveClient.GetOnceAsync(balancer.Port, "/");

        AssertUnavailable(refused);
        Assert.InRange(Stopwatch.GetElapsedTime(start), TimeSpan.FromSeconds(0.9), TimeSpan.FromSeconds(9.5)); // without the flag it were 10
        await backend.ReleaseAsync();
        Assert.Equal(200, (await held).Status);
    }

    [Fact]
    public async Task Request_over_the_longest_queue_is_answered_503_at_once()
    {
        await using BackendProcess backend = await BackendProcess.StartAsync("a");
        await using BalancerProcess balancer = await BalancerProcess.StartAsync([backend], "-n", "1", "-max-queue", "1", "-queue-timeout", "60s");
        Task<Answer> held = KeepAliveClient.GetOnceAsync(balancer.Port, "/hold");
        await Eventually.HoldsAsync("the backend is busy", async () => (await backend.CountAsync()).Running == 1);
        Task<Answer> waiting = KeepAliveClient.GetOnceAsync(balancer.Port, "/");
        await Eventually.HoldsAsync("one request waits", async () => await balancer.MetricAsync("goaround_queue_length") == 1);

        AssertUnavailable(await KeepAliveClient.GetOnceAsync(balancer.Port, "/"));
        await backend.ReleaseAsync();
        Assert.Equal(200, (await held).Status);
        Assert.Equal(200, (await waiting).Status);
    }

    [Fact]
    public async Task Request_is_answered_within_the_queue_timeout_when_the_last_backend_dies_and_at_once_when_that_is_known()
    {
        BackendProcess[] backends = await BackendProcess.StartManyAsync(2);
        try
        {
            await using BalancerProcess balancer = await BalancerProcess.StartAsync(backends, "-queue-timeout", "60s");
            Assert.Equal(200, (await KeepAliveClient.GetOnceAsync(balancer.Port, "/")).Status);
            foreach (BackendProcess backend in backends)
            {
                await backend.KillAsync();
            }

            // Not yet known to be down: it is tried, on both, and a failed dial is a 502.
            Assert.InRange((await KeepAliveClient.GetOnceAsync(balancer.Port, "/")).Status, 502, 503);
            foreach (BackendProcess backend in backends)
            {
                await balancer.Process.WaitForLineAsync($"{backend.Address} is unhealthy");
            }

            long start = Stopwatch.GetTimestamp();
            AssertUnavailable(await KeepAliveClient.GetOnceAsync(balancer.Port, "/"));
            Assert.True(Stopwatch.GetElapsedTime(start) < TimeSpan.FromSeconds(50)); // not by the timeout
        }
        finally
        {
            await BackendProcess.DisposeManyAsync(backends);
        }
    }

    [Fact]
    public async Task Request_waits_no_longer_than_the_queue_timeout_for_a_backend_whose_health_is_not_known_yet()
    {
        using TcpListener silent = new(IPAddress.Loopback, 0);
        silent.Start();
        await using BalancerProcess balancer = await BalancerProcess.StartAsync("-b", $"http://{silent.LocalEndpoint}", "-queue-timeout", "300ms");

        AssertUnavailable(await KeepAliveClient.GetOnceAsync(balancer.Port, "/"));
    }

    private static void AssertUnavailable(Answer answer)
    {
        Assert.Equal(503, answer.Status);
        Assert.Contains("\r\nRetry-After: 1\r\n", answer.Head, StringComparison.Ordinal);
        Assert.InRange(answer.Body.Length, 1, 100);
    }
}

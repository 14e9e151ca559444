using System;
using System.IO;
using System.Linq;
using System.Net.Sockets;
using System.Threading.Tasks;
using Xunit;

namespace GoAround.Cli.Tests.EndToEnd;

[Collection(nameof(OneByOne))]
public class SignalTests
{
    [Theory]
    [InlineData("TERM")]
    [InlineData("INT")]
    public async Task Signal_lets_requests_in_flight_end_and_takes_no_more(string signal)
    {
        await using BackendProcess backend = await BackendProcess.StartAsync("a");
        await using BalancerProcess balancer = await BalancerProcess.StartAsync([backend]);
        using KeepAliveClient idle = await KeepAliveClient.ConnectAsync(balancer.Port);
        Assert.Equal(200, (await idle.GetAsync("/")).Status);
        Task<Answer>[] held = await HoldAsync(balancer, backend, 5);
        await balancer.Process.SignalAsync(signal);
        await balancer.Process.WaitForLineAsync("no longer accepting");
        await Eventually.HoldsAsync("the control socket is gone", () => Task.FromResult(!Path.Exists(balancer.ControlSocket)));
        await Eventually.HoldsAsync("new connections are refused", () => IsRefusedAsync(balancer.Port));
        await idle.CloseFollowsAsync();

        Assert.All(held, answer => Assert.False(answer.IsCompleted));
        await backend.ReleaseAsync();
        foreach (Answer answer in await Task.WhenAll(held))
        {
            Assert.Equal((200, "a GET /hold for nobody\n"), (answer.Status, answer.Body));
        }

        Assert.Equal(0, await balancer.Process.WaitForExitAsync());
        Assert.EndsWith(" stopped", balancer.Process.Errors[^1], StringComparison.Ordinal);
        Assert.DoesNotContain(balancer.Process.Errors, line => line.Contains(" WARN ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Second_signal_ends_it_at_once()
    {
        await using BackendProcess backend = await BackendProcess.StartAsync("a");
        await using BalancerProcess balancer = await BalancerProcess.StartAsync([backend]);
        Task<Answer>[] held = await HoldAsync(balancer, backend, 1);
        await balancer.Process.SignalAsync("TERM");
        await balancer.Process.WaitForLineAsync("no longer accepting");
        await balancer.Process.SignalAsync("INT");

        Assert.Equal(1, await balancer.Process.WaitForExitAsync());
        await Assert.ThrowsAnyAsync<Exception>(() => held[0]);
        Assert.False(Path.Exists(balancer.ControlSocket));
    }

    [Fact]
    public async Task Requests_that_take_longer_than_the_shutdown_timeout_are_cut()
    {
        await using BackendProcess backend = await BackendProcess.StartAsync("a");
        await using BalancerProcess balancer = await BalancerProcess.StartAsync([backend], "-shutdown-timeout", "200ms");
        Task<Answer>[] held = await HoldAsync(balancer, backend, 1);
        await balancer.Process.SignalAsync("TERM");

        Assert.Equal(0, await balancer.Process.WaitForExitAsync());
        await Assert.ThrowsAnyAsync<Exception>(() => held[0]);
    }

    private static async Task<Task<Answer>[]> HoldAsync(BalancerProcess balancer, BackendProcess backend, int count)
    {
        Task<Answer>[] held = [.. Enumerable.Range(0, count).Select(_ => KeepAliveClient.GetOnceAsync(balancer.Port, "/hold"))];
        await Eventually.HoldsAsync("the requests are at the backend", async () => (await backend.CountAsync()).Running == count);
        return held;
    }

    private static async Task<bool> IsRefusedAsync(int port)
    {
        try
        {
            using KeepAliveClient client = await KeepAliveClient.ConnectAsync(port);
            return false;
        }
        catch (SocketException e) when (e.SocketErrorCode is SocketError.ConnectionRefused or SocketError.ConnectionReset)
        {
            return e.SocketErrorCode == SocketError.ConnectionRefused; // reset: it was in the queue of the port as that was closed
        }
    }
}

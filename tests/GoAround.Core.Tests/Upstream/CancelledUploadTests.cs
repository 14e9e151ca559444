using System;
using System.Threading.Tasks;
using GoAround.Core.Tests.Sockets;
using GoAround.Core.Tests.Wire;
using Xunit;

namespace GoAround.Core.Tests.Upstream;

/// <summary>A client with a body of which nobody reads at the moment: its leaving is noticed all the same.</summary>
public sealed class CancelledUploadTests
{
    [PolledTheory]
    [InlineData("Content-Length: 4\r\n\r\nbody")]
    [InlineData("Content-Length: 4\r\n\r\n")]
    [InlineData("Content-Length: 4\r\nExpect: 100-continue\r\n\r\n")]
    public async Task While_its_backend_is_dialled(string rest)
    {
        using FullListener full = await FullListener.OpenAsync();
        ProxyFixture.Setup setup = new() { Upstream = { DialTimeout = TimeSpan.FromHours(1) } };
        await using ProxyFixture proxy = await ProxyFixture.OpenAsync(setup);
        await proxy.Pool.ReplaceAsync([Backend.Parse($"http://127.0.0.1:{full.Port}")], default);
        using WireEnd client = await proxy.ConnectAsync();
        await client.SendAsync("POST / HTTP/1.1\r\nHost: h\r\n" + rest);
        await Until.TrueAsync(() => proxy.Pool.GetStatus()[0].InFlight == 1, "it is not under way");
        client.Reset();
        await ExpectEndAsync(proxy);
    }

    [PolledFact]
    public async Task While_its_backend_does_not_take_the_body()
    {
        using ScriptedBackend backend = new();
        await using ProxyFixture proxy = await ProxyFixture.OpenAsync(
            new ProxyFixture.Setup { Upstream = { BodyTimeout = TimeSpan.FromHours(1) }, Server = { BodyTimeout = TimeSpan.FromHours(1) } }, backend);
        using WireEnd client = await proxy.ConnectAsync();
        await client.SendAsync("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 100000000\r\n\r\n");
        using WireEnd link = await backend.AcceptAsync();
        await link.ReadHeadAsync();
        Task sending = Task.Run(() => client.SendAsync(new byte[100_000_000]));
        await Task.WhenAny(sending, Task.Delay(500)); // by then no buffer on the way has room
        client.Reset();
        await Assert.ThrowsAnyAsync<Exception>(() => sending);
        await ExpectEndAsync(proxy);
        await link.ReadToCloseAsync();
    }

    [PolledFact]
    public async Task While_its_tunnel_is_full()
    {
        using ScriptedBackend backend = new();
        await using ProxyFixture proxy = await ProxyFixture.OpenAsync(backend);
        using WireEnd client = await proxy.ConnectAsync();
        await client.SendAsync("GET / HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n");
        using WireEnd link = await backend.AcceptAsync();
        await link.ReadHeadAsync();
        await link.SendAsync("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n");
        await client.ReadHeadAsync();
        Task sending = Task.Run(() => client.SendAsync(new byte[100_000_000]));
        await Task.WhenAny(sending, Task.Delay(500));
        client.Reset();
        await Assert.ThrowsAnyAsync<Exception>(() => sending);
        await ExpectEndAsync(proxy);
        await link.ReadToCloseAsync();
    }

    private static async Task ExpectEndAsync(ProxyFixture proxy)
    {
        await proxy.UntilNothingIsInFlightAsync();
        await Until.TrueAsync(() => proxy.Events.OpenConnections == 0, "the session did not end");
        proxy.ExpectNoErrors();
    }
}

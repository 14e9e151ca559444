using System;
using System.IO;
using System.Threading.Tasks;
using GoAround.Core.Tests.Wire;
using Xunit;

namespace GoAround.Core.Tests.Upstream;

/// <summary>A client that leaves ends what is done for it at the backend, however far that has come.</summary>
public sealed class CancelledWorkTests
{
    private const string Get = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";
    private const string Post = "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nbody";

    [Fact]
    public async Task While_it_is_dialled()
    {
        using FullListener full = await FullListener.OpenAsync();
        ProxyFixture.Setup setup = new() { Upstream = { DialTimeout = TimeSpan.FromHours(1) } };
        await using ProxyFixture proxy = await ProxyFixture.OpenAsync(setup);
        await proxy.Pool.ReplaceAsync([Backend.Parse($"http://127.0.0.1:{full.Port}")], default);
        using WireEnd client = await proxy.ConnectAsync();
        await client.SendAsync(Get);
        await Until.TrueAsync(() => proxy.Pool.GetStatus()[0].InFlight == 1, "it is not under way");
        client.Reset();
        await ExpectEndAsync(proxy);
    }

    [Fact]
    public async Task In_the_tls_handshake()
    {
        using ScriptedBackend backend = new("https");
        ProxyFixture.Setup setup = new() { Upstream = { TlsTimeout = TimeSpan.FromHours(1) } };
        await using ProxyFixture proxy = await ProxyFixture.OpenAsync(setup, backend);
        using WireEnd client = await proxy.ConnectAsync();
        await client.SendAsync(Get);
        using WireEnd link = await backend.AcceptAsync();
        await link.ReadAsync(5);
        client.Reset();
        await link.ReadToCloseAsync();
        await ExpectEndAsync(proxy);
    }

    [Theory]
    [InlineData(Get, "\r\n\r\n")]
    [InlineData(Post, "body")]
    [InlineData("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nhalf", "half")]
    [InlineData("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n", "\r\n\r\n")]
    public async Task While_its_answer_is_awaited(string request, string last)
    {
        using ScriptedBackend backend = new();
        await using ProxyFixture proxy = await ProxyFixture.OpenAsync(backend);
        using WireEnd client = await proxy.ConnectAsync();
        await client.SendAsync(request);
        using WireEnd link = await backend.AcceptAsync();
        await link.ReadUntilAsync(last);
        client.Reset();
        await link.ReadToResetAsync();
        await ExpectEndAsync(proxy);
    }

    [Theory]
    [InlineData(Get)]
    [InlineData(Post)]
    public async Task While_it_pauses_in_its_answer(string request)
    {
        using ScriptedBackend backend = new();
        await using ProxyFixture proxy = await ProxyFixture.OpenAsync(backend);
        using WireEnd client = await proxy.ConnectAsync();
        await client.SendAsync(request);
        using WireEnd link = await backend.AcceptAsync();
        await link.ReadHeadAsync();
        await link.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf");
        await client.ReadUntilAsync("half");
        client.Reset();
        await Assert.ThrowsAsync<IOException>(() => link.ReadUntilAsync("never"));
        await ExpectEndAsync(proxy);
    }

    [Fact]
    public async Task In_a_tunnel_in_which_nobody_talks()
    {
        using ScriptedBackend backend = new();
        await using ProxyFixture proxy = await ProxyFixture.OpenAsync(backend);
        using WireEnd client = await proxy.ConnectAsync();
        await client.SendAsync("GET / HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n");
        using WireEnd link = await backend.AcceptAsync();
        await link.ReadHeadAsync();
        await link.SendAsync("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n");
        await client.ReadHeadAsync();
        client.Reset();
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

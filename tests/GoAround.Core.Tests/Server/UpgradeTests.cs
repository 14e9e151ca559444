using System;
using System.Net.Sockets;
using System.Threading.Tasks;
using GoAround.Core.Tests.Wire;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace GoAround.Core.Tests.Server;

public sealed class UpgradeTests
{
    private const string Upgrade = "GET /chat HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";
    private const string Agreed = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n";

    [Fact]
    public async Task Bytes_flow_both_ways_and_the_client_may_close_its_half_first()
    {
        using ScriptedBackend backend = new();
        await using ProxyFixture proxy = await ProxyFixture.OpenAsync(backend);
        using WireEnd client = await proxy.ConnectAsync();
        using WireEnd link = await OpenTunnelAsync(client, backend);
        await client.SendAsync("ping");
        await link.ExpectAsync("ping");
        await link.SendAsync("pong");
        await client.ExpectAsync("pong");
        client.ShutdownSend();
        await link.ExpectEndAsync();
        await link.SendAsync("last words");
        await client.ExpectAsync("last words");
        link.ShutdownSend();
        await client.ExpectEndAsync();
        await proxy.UntilNothingIsInFlightAsync();
        proxy.ExpectNoErrors();
    }

    [Fact]
    public async Task Backend_may_close_its_half_first()
    {
        using ScriptedBackend backend = new();
        await using ProxyFixture proxy = await ProxyFixture.OpenAsync(backend);
        using WireEnd client = await proxy.ConnectAsync();
        using WireEnd link = await OpenTunnelAsync(client, backend);
        link.ShutdownSend();
        await client.ExpectEndAsync();
        await client.SendAsync("still talking");
        await link.ExpectAsync("still talking");
        client.ShutdownSend();
        await link.ExpectEndAsync();
        await proxy.UntilNothingIsInFlightAsync();
        proxy.ExpectNoErrors();
    }

    [Fact]
    public async Task Bytes_sent_right_behind_the_upgrade_are_tunnelled()
    {
        using ScriptedBackend backend = new();
        await using ProxyFixture proxy = await ProxyFixture.OpenAsync(backend);
        using WireEnd client = await proxy.ConnectAsync();
        await client.SendAsync(Upgrade + "early");
        using WireEnd link = await backend.AcceptAsync();
        await link.ReadHeadAsync();
        await link.SendAsync(Agreed + "too");
        await link.ExpectAsync("early");
        await client.ExpectAsync(Agreed + "too");
    }

    [Fact]
    public async Task Client_that_closes_its_half_before_the_backend_agrees_keeps_its_tunnel()
    {
        FakeTimeProvider time = new();
        using ScriptedBackend backend = new();
        await using ProxyFixture proxy = await ProxyFixture.OpenAsync(new ProxyFixture.Setup { Time = time }, backend);
        using WireEnd client = await proxy.ConnectAsync();
        await client.SendAsync(Upgrade);
        client.ShutdownSend();
        using WireEnd link = await backend.AcceptAsync();
        await link.ReadHeadAsync();
        await link.SendAsync(Agreed);
        await client.ExpectAsync(Agreed);
        await link.ExpectEndAsync();
        time.Advance(TimeSpan.FromSeconds(2));
        await link.SendAsync("a slow answer");
        await client.ExpectAsync("a slow answer");
        link.ShutdownSend();
        await client.ExpectEndAsync();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Side_that_resets_ends_the_other_one_and_is_no_error_of_ours(bool isClient)
    {
        using ScriptedBackend backend = new();
        await using ProxyFixture proxy = await ProxyFixture.OpenAsync(backend);
        using WireEnd client = await proxy.ConnectAsync();
        using WireEnd link = await OpenTunnelAsync(client, backend);
        (isClient ? client : link).Reset();
        await (isClient ? link : client).ReadToCloseAsync();
        await proxy.UntilNothingIsInFlightAsync();
        await Until.TrueAsync(() => proxy.Events.OpenConnections == 0, "the session did not end");
        proxy.ExpectNoErrors();
    }

    [Fact]
    public async Task Tunnel_that_is_silent_too_long_ends_and_is_nobodys_fault()
    {
        FakeTimeProvider time = new();
        using ScriptedBackend backend = new();
        ProxyFixture.Setup setup = ProxyFixture.Setup.Unhurried(time);
        setup.Upstream.TunnelTimeout = TimeSpan.FromSeconds(100);
        await using ProxyFixture proxy = await ProxyFixture.OpenAsync(setup, backend);
        using WireEnd client = await proxy.ConnectAsync();
        using WireEnd link = await OpenTunnelAsync(client, backend);
        await Until.EndedAsync(Task.WhenAll(client.ReadToCloseAsync(), link.ReadToCloseAsync()), time);
        await proxy.UntilNothingIsInFlightAsync();
        await Until.TrueAsync(() => !proxy.Events.Ended.IsEmpty, "not counted");
        Assert.Empty(proxy.Events.Failures);
        Assert.Empty(proxy.Events.Errors);
        Assert.Empty(proxy.Loggers.Lines);
    }

    [Fact]
    public async Task Tunnel_whose_backend_has_closed_lives_as_long_as_the_client_talks()
    {
        FakeTimeProvider time = new();
        using ScriptedBackend backend = new();
        await using ProxyFixture proxy = await ProxyFixture.OpenAsync(new ProxyFixture.Setup { Time = time }, backend);
        using WireEnd client = await proxy.ConnectAsync();
        using WireEnd link = await OpenTunnelAsync(client, backend);
        link.ShutdownSend();
        await client.ExpectEndAsync();
        for (int i = 0; i < 5; i++)
        {
            await client.SendAsync("tick");
            await link.ExpectAsync("tick");
            time.Advance(TimeSpan.FromSeconds(40)); // under the limit for one pause, over it for all of them
        }

        client.ShutdownSend();
        await link.ExpectEndAsync();
    }

    [Fact]
    public async Task Tunnel_whose_backend_has_closed_ends_by_its_own_time_where_that_is_the_shorter()
    {
        FakeTimeProvider time = new();
        using ScriptedBackend backend = new();
        ProxyFixture.Setup setup = ProxyFixture.Setup.Unhurried(time);
        setup.Upstream.TunnelTimeout = TimeSpan.FromSeconds(100);
        await using ProxyFixture proxy = await ProxyFixture.OpenAsync(setup, backend);
        using WireEnd client = await proxy.ConnectAsync();
        using WireEnd link = await OpenTunnelAsync(client, backend);
        string last = new('x', 10_000);
        await link.SendAsync(last);
        link.ShutdownSend();
        await Until.TrueAsync(() => client.HasEndCome, "the tunnel's end does not come");
        await Until.EndedAsync(link.ReadToCloseAsync(), time);
        await client.ExpectAsync(last); // which it had not taken when the time was over
        await client.ExpectEndAsync();
        Task gone = proxy.UntilNothingIsInFlightAsync();
        await Until.TrueAsync(
            () =>
            {
                time.Advance(TimeSpan.FromSeconds(1));
                return gone.IsCompleted;
            },
            "the slot stays");
        await gone;
        Assert.True(client.HasEndCome, "it was reset");
        await Until.TrueAsync(() => !proxy.Events.Ended.IsEmpty, "not counted");
        Assert.Empty(proxy.Events.Failures);
        Assert.Empty(proxy.Events.Errors);
        Assert.Empty(proxy.Loggers.Lines);
    }

    [Fact]
    public async Task Tunnel_whose_backend_is_gone_ends_when_the_client_talks_on()
    {
        using ScriptedBackend backend = new();
        await using ProxyFixture proxy = await ProxyFixture.OpenAsync(backend);
        using WireEnd client = await proxy.ConnectAsync();
        using (WireEnd link = await OpenTunnelAsync(client, backend))
        {
            link.ShutdownSend();
            await client.ExpectEndAsync();
        }

        // The first tick is answered by a reset, and a later one cannot be sent: that ends the tunnel.
        await Until.TrueAsync(
            () =>
            {
                client.Socket.Send("tick"u8, SocketFlags.None, out _);
                return proxy.Pool.GetStatus()[0].InFlight == 0;
            },
            "the tunnel holds its slot");
    }

    [Fact]
    public async Task Refused_upgrade_is_an_ordinary_response()
    {
        using ScriptedBackend backend = new ScriptedBackend().Answer(WireEnd.Response("plain"));
        await using ProxyFixture proxy = await ProxyFixture.OpenAsync(backend);
        using WireEnd client = await proxy.ConnectAsync();
        for (int i = 0; i < 2; i++)
        {
            await client.SendAsync(Upgrade);
            await client.ExpectAsync(WireEnd.Response("plain"));
        }
    }

    [Fact]
    public async Task Switch_that_nobody_asked_for_is_a_bad_gateway()
    {
        using ScriptedBackend backend = new ScriptedBackend().Answer(Agreed);
        await using ProxyFixture proxy = await ProxyFixture.OpenAsync(backend);
        using WireEnd client = await proxy.ConnectAsync();
        await client.SendAsync("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 502 ", await client.ReadHeadAsync());
    }

    [Fact]
    public async Task Switch_before_the_request_was_sent_is_a_bad_gateway()
    {
        using ScriptedBackend backend = new();
        await using ProxyFixture proxy = await ProxyFixture.OpenAsync(backend);
        using WireEnd client = await proxy.ConnectAsync();
        await client.SendAsync("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nhalf");
        using WireEnd link = await backend.AcceptAsync();
        await link.ReadUntilAsync("half");
        await link.SendAsync(Agreed);
        Assert.StartsWith("HTTP/1.1 502 ", await client.ReadHeadAsync());
        await proxy.UntilNothingIsInFlightAsync();
        proxy.ExpectNoErrors();
    }

    [Fact]
    public async Task Upgrade_with_a_body_is_tunnelled_once_the_body_is_through()
    {
        using ScriptedBackend backend = new();
        await using ProxyFixture proxy = await ProxyFixture.OpenAsync(backend);
        using WireEnd client = await proxy.ConnectAsync();
        await client.SendAsync("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 8\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nhalf");
        using WireEnd link = await backend.AcceptAsync();
        await link.ReadUntilAsync("half");
        await client.SendAsync("half");
        await link.ExpectAsync("half");
        await link.SendAsync(Agreed);
        await client.ExpectAsync(Agreed);
        await client.SendAsync("ping");
        await link.ExpectAsync("ping");
        await link.SendAsync("pong");
        await client.ExpectAsync("pong");
    }

    private static async Task<WireEnd> OpenTunnelAsync(WireEnd client, ScriptedBackend backend)
    {
        await client.SendAsync(Upgrade);
        WireEnd link = await backend.AcceptAsync();
        string head = await link.ReadHeadAsync();
        Assert.Contains("Connection: Upgrade\r\nUpgrade: websocket\r\n", head);
        await link.SendAsync(Agreed);
        await client.ExpectAsync("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n");
        return link;
    }
}

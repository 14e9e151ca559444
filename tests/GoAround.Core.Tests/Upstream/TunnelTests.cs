using System;
using System.Text;
using System.Threading.Tasks;
using GoAround.Core.Tests.Async;
using GoAround.Core.Tests.Wire;
using GoAround.Core.Upstream;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace GoAround.Core.Tests.Upstream;

public sealed class TunnelTests
{
    private const string Upgrade = "GET /chat HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";
    private const string Agreed = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n";
    private const string Get = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Tunnel_in_which_one_side_talks_is_not_idle(bool isClient)
    {
        FakeTimeProvider time = new();
        using ScriptedBackend backend = new();
        ProxyFixture.Setup setup = ProxyFixture.Setup.Unhurried(time);
        setup.Upstream.TunnelTimeout = TimeSpan.FromSeconds(100);
        await using ProxyFixture proxy = await ProxyFixture.OpenAsync(setup, backend);
        using WireEnd client = await proxy.ConnectAsync();
        using WireEnd link = await OpenTunnelAsync(client, backend);
        (WireEnd speaker, WireEnd listener) = isClient ? (client, link) : (link, client);
        for (int i = 0; i < 10; i++)
        {
            await speaker.SendAsync("tick");
            await listener.ExpectAsync("tick");
            await speaker.SendAsync("tock"); // once it has come through, the tick was counted before the time goes on
            await listener.ExpectAsync("tock");
            time.Advance(TimeSpan.FromSeconds(90));
        }

        await Until.EndedAsync(Task.WhenAll(client.ReadToCloseAsync(), link.ReadToCloseAsync()), time);
        await proxy.UntilNothingIsInFlightAsync();
        proxy.ExpectNoErrors();
    }

    [Fact]
    public async Task Tunnel_may_end_by_itself_while_the_server_stops()
    {
        FakeTimeProvider time = new();
        using ScriptedBackend backend = new();
        await using ProxyFixture proxy = await ProxyFixture.OpenAsync(new ProxyFixture.Setup { Time = time }, backend);
        using WireEnd client = await proxy.ConnectAsync();
        using WireEnd link = await OpenTunnelAsync(client, backend);
        Task stopping = proxy.StopAsync();
        time.Advance(TimeSpan.FromSeconds(20));
        await client.SendAsync("still here");
        await link.ExpectAsync("still here");
        await link.SendAsync("so am I");
        await client.ExpectAsync("so am I");
        Assert.False(stopping.IsCompleted);
        client.ShutdownSend();
        await link.ExpectEndAsync();
        link.ShutdownSend();
        await client.ExpectEndAsync();
        await Until.TrueAsync(() => stopping.IsCompleted, "the server did not stop");
        await stopping;
    }

    [Fact]
    public async Task Tunnel_that_does_not_end_is_cut_once_the_server_has_waited_long_enough()
    {
        FakeTimeProvider time = new();
        using ScriptedBackend backend = new();
        await using ProxyFixture proxy = await ProxyFixture.OpenAsync(new ProxyFixture.Setup { Time = time }, backend);
        using WireEnd client = await proxy.ConnectAsync();
        using WireEnd link = await OpenTunnelAsync(client, backend);
        Task stopping = proxy.StopAsync();
        await Until.EndedAsync(Task.WhenAll(client.ReadToResetAsync(), link.ReadToResetAsync()), time);
        await stopping;
        await proxy.UntilNothingIsInFlightAsync();
    }

    [Fact]
    public async Task Tunnel_outlives_a_replacement_that_removes_its_backend()
    {
        using ScriptedBackend backend = new();
        using ScriptedBackend other = new ScriptedBackend().Answer(WireEnd.Response("other"));
        await using ProxyFixture proxy = await ProxyFixture.OpenAsync(backend);
        using WireEnd client = await proxy.ConnectAsync();
        using WireEnd link = await OpenTunnelAsync(client, backend);
        await proxy.Pool.ReplaceAsync([other.Backend], default);
        Assert.EndsWith("other", await proxy.AskOnceAsync("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"));
        for (int i = 0; i < 10; i++)
        {
            await client.SendAsync("ping");
            await link.ExpectAsync("ping");
            await link.SendAsync("pong");
            await client.ExpectAsync("pong");
        }

        link.ShutdownSend();
        await client.ExpectEndAsync();
        client.ShutdownSend();
        await link.ExpectEndAsync();
        await Until.TrueAsync(() => proxy.Events.OpenConnections == 1 || proxy.Events.OpenConnections == 0, "the session did not end");
        proxy.ExpectNoErrors();
    }

    [Theory]
    [InlineData("200 OK", "")]
    [InlineData("400 Bad Request", "")]
    [InlineData("426 Upgrade Required", "Upgrade: h3\r\nConnection: Upgrade\r\n")]
    public async Task Refused_upgrade_leaves_both_connections_usable(string status, string fields)
    {
        using ScriptedBackend backend = new();
        await using ProxyFixture proxy = await ProxyFixture.OpenAsync(backend);
        using WireEnd client = await proxy.ConnectAsync();
        await client.SendAsync(Upgrade);
        using WireEnd link = await backend.AcceptAsync();
        for (int i = 0; i < 3; i++)
        {
            Assert.Contains("Upgrade: websocket\r\n", await link.ReadHeadAsync());
            await link.SendAsync(WireEnd.Response("no", status, fields));
            string head = await client.ReadHeadAsync();
            Assert.StartsWith($"HTTP/1.1 {status}\r\n", head);
            Assert.Equal(fields.Length > 0, head.Contains("Upgrade: h3\r\n", StringComparison.Ordinal));
            await client.ExpectAsync("no");
            await client.SendAsync(Get);
            Assert.DoesNotContain("Upgrade", await link.ReadHeadAsync());
            await link.SendAsync(WireEnd.Response("ok"));
            await client.ExpectAsync(WireEnd.Response("ok"));
            await client.SendAsync(Upgrade);
        }

        Assert.Equal(1, backend.Accepted);
    }

    [Theory]
    [InlineData("GET / HTTP/1.0\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")]
    [InlineData("GET / HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\n\r\n")]
    [InlineData("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\nUpgrade: websocket\r\n\r\n")]
    [InlineData("GET / HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\n\r\n")]
    public async Task Upgrade_is_not_offered_by_halves_or_by_http_1_0(string request)
    {
        using ScriptedBackend backend = new();
        await using ProxyFixture proxy = await ProxyFixture.OpenAsync(backend);
        using WireEnd client = await proxy.ConnectAsync();
        await client.SendAsync(request);
        using WireEnd link = await backend.AcceptAsync();
        Assert.DoesNotContain("Upgrade", await link.ReadHeadAsync());
        await link.SendAsync(Agreed);
        Assert.Contains(" 502 ", await client.ReadHeadAsync());
        await proxy.UntilNothingIsInFlightAsync();
    }

    [Fact]
    public async Task Tunnel_holds_its_slot_until_it_ends()
    {
        using ScriptedBackend backend = new();
        await using ProxyFixture proxy = await ProxyFixture.OpenAsync(new ProxyFixture.Setup { Pool = { ConnectionsPerBackend = 1 } }, backend);
        using WireEnd client = await proxy.ConnectAsync();
        using WireEnd link = await OpenTunnelAsync(client, backend);
        using WireEnd next = await proxy.ConnectAsync();
        await next.SendAsync(Get);
        await Until.TrueAsync(() => proxy.Pool.QueueLength == 1, "it does not wait");
        link.ShutdownSend();
        await client.ExpectEndAsync();
        Assert.Equal(1, proxy.Pool.QueueLength); // one half is still open
        client.ShutdownSend();
        using WireEnd fresh = await backend.AcceptAsync();
        await fresh.ReadHeadAsync();
        await fresh.SendAsync(WireEnd.Response("ok"));
        await next.ExpectAsync(WireEnd.Response("ok"));
    }

    [Fact]
    public async Task Megabytes_go_both_ways_at_once()
    {
        using ScriptedBackend backend = new();
        await using ProxyFixture proxy = await ProxyFixture.OpenAsync(backend);
        using WireEnd client = await proxy.ConnectAsync();
        using WireEnd link = await OpenTunnelAsync(client, backend);
        string up = new('u', 3_000_000);
        string down = new('d', 3_000_000);
        await Task.WhenAll(client.SendAsync(up), link.SendAsync(down), client.ExpectAsync(down), link.ExpectAsync(up));
        client.ShutdownSend();
        link.ShutdownSend();
        await Task.WhenAll(client.ExpectEndAsync(), link.ExpectEndAsync());
        await proxy.UntilNothingIsInFlightAsync();
        proxy.ExpectNoErrors();
    }

    [Fact]
    public async Task Backend_that_switches_protocols_and_does_not_take_the_last_piece_of_the_body_is_a_gateway_timeout()
    {
        const int MoreThanAPipeHolds = 200_000;
        FakeTimeProvider time = new();
        TaskCompletionSource end = new();
        MemoryBackend backend = new(async stream =>
        {
            await MemoryBackend.ReadHeadAsync(stream);
            await stream.ReadExactlyAsync(new byte[1]); // so the last piece is under way
            await stream.WriteAsync(Encoding.Latin1.GetBytes(Agreed));
            await end.Task;
        });
        ProxyFixture.Setup setup = ProxyFixture.Setup.Unhurried(time, backend);
        setup.Upstream.BodyTimeout = TimeSpan.FromSeconds(60);
        setup.Wrap = pool => new ScriptedHandler((request, cancellationToken) =>
        {
            request.ExpectsContinue = true; // so that the body is pumped, as one piece
            request.Body = new ScriptedBody(MoreThanAPipeHolds, _ => new(new byte[MoreThanAPipeHolds]));
            return pool.HandleAsync(request, cancellationToken);
        });
        await using ProxyFixture proxy = await ProxyFixture.OpenAsync(setup);
        await proxy.Pool.ReplaceAsync([Backend.Parse("http://memory")], default);
        using WireEnd client = await proxy.ConnectAsync();
        await client.SendAsync(Upgrade);
        await Until.EndedAsync(client.ReadUntilAsync("HTTP/1.1 504 "), time);
        await proxy.UntilNothingIsInFlightAsync();
        end.SetResult();
        proxy.ExpectNoErrors();
    }

    [Fact]
    public async Task Bytes_that_come_after_a_silence_begin_the_time_anew_though_the_client_does_not_take_them()
    {
        TimeOfOneThread time = new();
        using ScriptedBackend backend = new();
        using SocketConnectionFactory factory = new(new UpstreamOptions { TunnelTimeout = TimeSpan.FromSeconds(100) }, time);
        ProxyRequest request = new("GET", "/chat") { UpgradeProtocol = "websocket"u8.ToArray() };
        Task<ProxyResponse> send = factory.SendAsync(backend.Backend, request, default).AsTask();
        using WireEnd link = await backend.AcceptAsync();
        await link.ReadHeadAsync();
        await link.SendAsync(Agreed);
        await using ProxyResponse response = await send.WaitAsync(WireEnd.Patience);
        Task<ReadOnlyMemory<byte>> read = response.Body.ReadAsync(default).AsTask();
        time.Advance(TimeSpan.FromSeconds(90));
        await link.SendAsync("late");
        Assert.Equal("late"u8.ToArray(), (await read.WaitAsync(WireEnd.Patience)).ToArray());
        time.Advance(TimeSpan.FromSeconds(90)); // they are sent to the client meanwhile
        read = response.Body.ReadAsync(default).AsTask();
        await link.SendAsync("more");
        Assert.Equal("more"u8.ToArray(), (await read.WaitAsync(WireEnd.Patience)).ToArray());
        time.Advance(TimeSpan.FromSeconds(101));
        BackendException end = await Assert.ThrowsAsync<BackendException>(() => response.Body.ReadAsync(default).AsTask().WaitAsync(WireEnd.Patience));
        Assert.Equal(BackendFailureKind.TimedOut, end.Kind);
    }

    private static async Task<WireEnd> OpenTunnelAsync(WireEnd client, ScriptedBackend backend)
    {
        await client.SendAsync(Upgrade);
        WireEnd link = await backend.AcceptAsync();
        await link.ReadHeadAsync();
        await link.SendAsync(Agreed);
        await client.ExpectAsync(Agreed);
        return link;
    }
}

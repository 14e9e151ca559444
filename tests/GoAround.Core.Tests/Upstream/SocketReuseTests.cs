using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading.Tasks;
using GoAround.Core.Async;
using GoAround.Core.Tests.Sockets;
using GoAround.Core.Tests.Wire;
using GoAround.Core.Upstream;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace GoAround.Core.Tests.Upstream;

public sealed class SocketReuseTests
{
    private const string Get = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";

    [Fact]
    public async Task Socket_used_last_is_used_first()
    {
        using ScriptedBackend backend = new();
        await using ProxyFixture proxy = await ProxyFixture.OpenAsync(backend);
        List<WireEnd> clients = [];
        List<WireEnd> links = [];
        for (int i = 0; i < 3; i++)
        {
            clients.Add(await proxy.ConnectAsync());
            await clients[i].SendAsync(Get);
            links.Add(await backend.AcceptAsync());
            await links[i].ReadHeadAsync();
        }

        int idle = 0;
        foreach (int i in new[] { 1, 0, 2 })
        {
            await links[i].SendAsync(WireEnd.Response("ok"));
            await clients[i].ExpectAsync(WireEnd.Response("ok"));
            idle++;
            await Until.TrueAsync(() => Sockets(proxy, backend).Idle == idle && proxy.Pool.GetStatus()[0].InFlight == 3 - idle, "not parked");
        }

        foreach (int i in new[] { 2, 0, 1 })
        {
            await clients[i].SendAsync(Get);
            await links[i].ReadHeadAsync();
        }

        Assert.Equal(3, backend.Accepted);
        Assert.Equal(new SocketCount(3, 0), Sockets(proxy, backend));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Idle_socket_that_the_backend_closes_is_dropped_at_once(bool resets)
    {
        using ScriptedBackend backend = new();
        await using ProxyFixture proxy = await ProxyFixture.OpenAsync(backend);
        using WireEnd client = await proxy.ConnectAsync();
        for (int i = 0; i < 3; i++)
        {
            await client.SendAsync("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n"); // not safe to resend
            using WireEnd link = await backend.AcceptAsync();
            await link.ReadHeadAsync();
            await link.SendAsync(WireEnd.Response("ok"));
            await client.ExpectAsync(WireEnd.Response("ok"));
            await Until.TrueAsync(() => Sockets(proxy, backend).Idle == 1, "not parked");
            if (resets)
            {
                link.Reset();
            }
            else
            {
                link.Dispose();
            }

            await Until.TrueAsync(() => Sockets(proxy, backend).Open == 0, "the socket is still open");
        }

        Assert.Empty(proxy.Events.Failures);
    }

    [Theory]
    [InlineData(false, false, 1000, true)]
    [InlineData(true, false, 1000, false)]
    [InlineData(false, true, 0, true)]
    [InlineData(true, true, 0, false)]
    public async Task Idle_socket_is_not_used_where_bytes_came_that_nobody_was_told_of_yet(bool hasUnnoticed, bool isSignalled, int idleMicroseconds, bool isUsed)
    {
        FakeTimeProvider time = new();
        using DeadlineClock clock = new(time);
        BackendSockets home = new();
        ScriptedTransport wire = new();
        wire.HaveReady("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        using UpstreamSocket socket = new(Backend.Parse("http://localhost:1"), wire, home, new UpstreamOptions(), time, clock);
        await (await socket.ExchangeAsync(new ProxyRequest("GET", "/"), default)).DisposeAsync();
        Assert.Equal(1, home.IdleCount);
        wire.HasUnnoticed = hasUnnoticed;
        wire.IsSignalled = isSignalled;
        time.Advance(TimeSpan.FromMicroseconds(idleMicroseconds));
        Assert.Same(isUsed ? socket : null, home.TryTake());
    }

    [Fact]
    public async Task Stray_bytes_on_an_idle_socket_close_it_and_reach_no_client()
    {
        using ScriptedBackend backend = new();
        await using ProxyFixture proxy = await ProxyFixture.OpenAsync(backend);
        using WireEnd client = await proxy.ConnectAsync();
        for (int i = 0; i < 3; i++)
        {
            await client.SendAsync(Get);
            using WireEnd link = await backend.AcceptAsync();
            await link.ReadHeadAsync();
            await link.SendAsync(WireEnd.Response("ok"));
            await client.ExpectAsync(WireEnd.Response("ok"));
            await Until.TrueAsync(() => Sockets(proxy, backend).Idle == 1, "not parked");
            await link.SendAsync(WireEnd.Response("poison"));
            await Until.TrueAsync(() => Sockets(proxy, backend).Open == 0, "the socket is still open");
        }
    }

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nDate: D\r\nContent-Length: 2\r\n\r\nok", "HTTP/1.1 200 OK\r\nDate: D\r\nContent-Length: 6\r\n\r\npoison")]
    [InlineData("HTTP/1.1 204 No Content\r\nDate: D\r\n\r\n", "stray")]
    public async Task Stray_bytes_behind_a_response_close_the_socket_and_reach_no_client(string response, string stray)
    {
        using ScriptedBackend backend = new();
        await using ProxyFixture proxy = await ProxyFixture.OpenAsync(backend);
        using WireEnd client = await proxy.ConnectAsync();
        for (int i = 0; i < 20; i++)
        {
            await client.SendAsync(Get);
            using WireEnd link = await backend.AcceptAsync();
            await link.ReadHeadAsync();
            await link.SendAsync(response + stray);
            await client.ExpectAsync(response);
            await link.ReadToCloseAsync();
        }
    }

    [Fact]
    public async Task Backend_that_announces_its_close_is_not_used_again()
    {
        using ScriptedBackend backend = new();
        await using ProxyFixture proxy = await ProxyFixture.OpenAsync(backend);
        using WireEnd client = await proxy.ConnectAsync();
        for (int i = 0; i < 3; i++)
        {
            await client.SendAsync(Get);
            using WireEnd link = await backend.AcceptAsync();
            await link.ReadHeadAsync();
            await link.SendAsync("HTTP/1.1 200 OK\r\nDate: D\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok");
            await client.ExpectAsync("HTTP/1.1 200 OK\r\nDate: D\r\nContent-Length: 2\r\n\r\nok");
            await link.ExpectEndAsync();
        }
    }

    [Fact]
    public async Task Socket_that_was_idle_too_long_is_closed_in_order()
    {
        FakeTimeProvider time = new();
        using ScriptedBackend backend = new();
        ProxyFixture.Setup setup = new() { Time = time, Server = { IdleTimeout = TimeSpan.FromHours(1) } };
        await using ProxyFixture proxy = await ProxyFixture.OpenAsync(setup, backend);
        using WireEnd client = await proxy.ConnectAsync();
        await client.SendAsync(Get);
        using WireEnd link = await backend.AcceptAsync();
        await link.ReadHeadAsync();
        await link.SendAsync(WireEnd.Response("ok"));
        await client.ExpectAsync(WireEnd.Response("ok"));
        await Until.TrueAsync(() => Sockets(proxy, backend).Idle == 1, "not parked");
        time.Advance(TimeSpan.FromSeconds(59));
        Assert.Equal(new SocketCount(1, 1), Sockets(proxy, backend));
        time.Advance(TimeSpan.FromSeconds(3));
        await link.ExpectEndAsync();
        Assert.Equal(default, Sockets(proxy, backend));
    }

    [Fact]
    public async Task Removed_backend_loses_its_idle_sockets_now_and_the_others_as_they_come_back()
    {
        using ScriptedBackend backend = new();
        using ScriptedBackend other = new ScriptedBackend().Answer(WireEnd.Response("other"));
        await using ProxyFixture proxy = await ProxyFixture.OpenAsync(backend);
        using WireEnd first = await proxy.ConnectAsync();
        using WireEnd second = await proxy.ConnectAsync();
        await first.SendAsync(Get);
        using WireEnd busy = await backend.AcceptAsync();
        await busy.ReadHeadAsync();
        await second.SendAsync(Get);
        using WireEnd idle = await backend.AcceptAsync();
        await idle.ReadHeadAsync();
        await idle.SendAsync(WireEnd.Response("ok"));
        await second.ExpectAsync(WireEnd.Response("ok"));
        await Until.TrueAsync(() => Sockets(proxy, backend).Idle == 1, "not parked");
        await proxy.Pool.ReplaceAsync([other.Backend], default);
        await idle.ExpectEndAsync();
        await busy.SendAsync(WireEnd.Response("ok"));
        await first.ExpectAsync(WireEnd.Response("ok"));
        await busy.ExpectEndAsync();
        await first.SendAsync(Get);
        await first.ExpectAsync(WireEnd.Response("other"));
    }

    [Fact]
    public async Task Reuse_that_races_with_closing_and_trimming_answers_every_get()
    {
        using ScriptedBackend backend = new ScriptedBackend().Serve(async link =>
        {
            Random dice = new(link.GetHashCode());
            while (await link.TryReadHeadAsync() is not null)
            {
                await link.SendAsync(WireEnd.Response("ok"));
                switch (dice.Next(12))
                {
                    case 0:
                        link.Dispose();
                        return;
                    case 1:
                        link.Reset();
                        return;
                }
            }
        });
        await using ProxyFixture proxy = await ProxyFixture.OpenAsync(backend);
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(async () =>
        {
            using WireEnd client = await proxy.ConnectAsync();
            for (int i = 0; i < 300; i++)
            {
                await client.SendAsync(Get);
                await client.ExpectAsync(WireEnd.Response("ok"));
            }
        })));
        await proxy.UntilNothingIsInFlightAsync();
        proxy.ExpectNoErrors();
        await Until.TrueAsync(() => Sockets(proxy, backend).Open <= 8, "sockets are left behind");
    }

    private static SocketCount Sockets(ProxyFixture proxy, ScriptedBackend backend) => proxy.Connections.CountSockets(backend.Backend);
}

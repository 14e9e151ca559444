using System;
using System.Threading.Tasks;
using GoAround.Core.Sockets;
using GoAround.Core.Tests.Wire;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace GoAround.Core.Tests.Server;

/// <summary>A client that leaves the line while nobody has begun to read its body: it is seen all the same, whatever stands unread before its end, and no backend is touched.</summary>
public sealed class LeavingInLineTests
{
    private const string Get = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";
    private const string Post = "POST / HTTP/1.1\r\nHost: h\r\n";

    private readonly FakeTimeProvider _time = new();

    public static TheoryData<bool, bool, string, string> Leavings
    {
        get
        {
            TheoryData<bool, bool, string, string> all = [];
            foreach (bool tls in new[] { false, true })
            {
                foreach (bool resets in new[] { false, true })
                {
                    all.Add(tls, resets, Post + "Content-Length: 4\r\n\r\n", "");
                    all.Add(tls, resets, Post + "Content-Length: 4\r\nExpect: 100-continue\r\n\r\n", "");
                    all.Add(tls, resets, Post + "Content-Length: 4\r\nExpect: 100-continue\r\n\r\n", "body");
                    all.Add(tls, resets, Post + "Content-Length: 100\r\n\r\nhalf", "");
                    all.Add(tls, resets, Post + "Content-Length: 8\r\n\r\nhalf", "body");
                    all.Add(tls, resets, Post + "Transfer-Encoding: chunked\r\n\r\n", "4\r\nbody\r\n0\r\n\r\n");
                    all.Add(tls, resets, "PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 200000\r\n\r\n", new string('a', 100_000));
                    all.Add(tls, resets, Get + Get, "");
                    all.Add(tls, resets, Get + Post + "Content-Length: 200000\r\n\r\n", new string('a', 50_000));
                }
            }

            return all;
        }
    }

    [Theory]
    [MemberData(nameof(Leavings))]
    public async Task Request_leaves_the_line_with_its_client(bool tls, bool resets, string head, string body)
    {
        using ScriptedBackend backend = new();
        await using ProxyFixture proxy = await OpenAsync(backend, tls);
        using WireEnd other = await ConnectAsync(proxy, tls);
        await other.SendAsync(Get);
        using WireEnd link = await backend.AcceptAsync();
        await link.ReadHeadAsync();
        using WireEnd client = await ConnectAsync(proxy, tls);
        await client.SendAsync(head);
        await Until.TrueAsync(() => proxy.Pool.QueueLength == 1, "it does not wait");
        if (body.Length > 0)
        {
            await client.SendAsync(body);
        }

        if (resets)
        {
            client.Reset();
        }
        else
        {
            client.Dispose();
        }

        bool isTold = Poller.IsWanted && !tls && resets;
        await Until.TrueAsync(
            () =>
            {
                _time.Advance(TimeSpan.FromMilliseconds(isTold ? 0 : 20)); // far under every other deadline
                return proxy.Pool.QueueLength == 0;
            },
            "a request whose client left stays in line");
        await link.SendAsync(WireEnd.Response("ok"));
        await other.ExpectAsync(WireEnd.Response("ok"));
        await Until.TrueAsync(() => proxy.Events.OpenConnections == 1, "the session did not end");
        await other.SendAsync(Get);
        Assert.StartsWith("GET / ", await link.ReadHeadAsync(), StringComparison.Ordinal); // the backend's next request is not that client's
        Assert.Equal(1, backend.Accepted);
        proxy.ExpectNoErrors();
    }

    [Theory]
    [InlineData(false, "")]
    [InlineData(true, "")]
    [InlineData(false, "Content-Length: 4\r\n\r\n")]
    [InlineData(true, "Content-Length: 4\r\n\r\n")]
    [InlineData(false, "Content-Length: 4\r\nExpect: 100-continue\r\n\r\n")]
    [InlineData(true, "Content-Length: 4\r\nExpect: 100-continue\r\n\r\n")]
    public async Task Half_closed_client_whose_turn_comes_in_time_gets_its_answer(bool tls, string rest)
    {
        using ScriptedBackend backend = new();
        await using ProxyFixture proxy = await OpenAsync(backend, tls);
        using WireEnd other = await ConnectAsync(proxy, tls);
        await other.SendAsync(Get);
        using WireEnd link = await backend.AcceptAsync();
        await link.ReadHeadAsync();
        using WireEnd client = await ConnectAsync(proxy, tls);
        await client.SendAsync(rest.Length == 0 ? Get : Post + rest);
        await Until.TrueAsync(() => proxy.Pool.QueueLength == 1, "it does not wait");
        if (rest.Length > 0)
        {
            await client.SendAsync("body");
        }

        client.ShutdownSend();
        for (int i = 0; i < 4; i++)
        {
            _time.Advance(TimeSpan.FromMilliseconds(100)); // under the grace in all
        }

        await link.SendAsync(WireEnd.Response("ok"));
        await other.ExpectAsync(WireEnd.Response("ok"));
        await link.ReadUntilAsync(rest.Length == 0 ? "\r\n\r\n" : "body");
        await link.SendAsync(WireEnd.Response("ok"));
        Assert.Equal(WireEnd.Response("ok"), await client.ReadToEndAsync());
        proxy.ExpectNoErrors();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Without_a_grace_a_client_that_closes_its_half_is_gone_at_once(bool hasBody)
    {
        using ScriptedBackend backend = new();
        ProxyFixture.Setup setup = Setup(tls: false);
        setup.Server.HalfCloseGrace = TimeSpan.Zero;
        await using ProxyFixture proxy = await ProxyFixture.OpenAsync(setup, backend);
        using WireEnd client = await proxy.ConnectAsync();
        await client.SendAsync(hasBody ? Post + "Content-Length: 4\r\n\r\nbody" : Get);
        using WireEnd link = await backend.AcceptAsync();
        await link.ReadUntilAsync(hasBody ? "body" : "\r\n\r\n");
        using WireEnd waiting = await proxy.ConnectAsync();
        await waiting.SendAsync(hasBody ? Post + "Content-Length: 4\r\n\r\nbo" : Get);
        await Until.TrueAsync(() => proxy.Pool.QueueLength == 1, "it does not wait");
        waiting.ShutdownSend();
        await Until.TrueAsync(
            () =>
            {
                _time.Advance(TimeSpan.FromMilliseconds(hasBody && !Poller.IsWanted ? 20 : 0));
                return proxy.Pool.QueueLength == 0;
            },
            "it stays in line");
        client.ShutdownSend();
        await link.ReadToResetAsync();
        await proxy.UntilNothingIsInFlightAsync();
        proxy.ExpectNoErrors();
    }

    private static async Task<WireEnd> ConnectAsync(ProxyFixture proxy, bool tls)
    {
        WireEnd client = await proxy.ConnectAsync();
        if (tls)
        {
            await client.StartTlsAsClientAsync("localhost", TestCertificates.Local);
        }

        return client;
    }

    private Task<ProxyFixture> OpenAsync(ScriptedBackend backend, bool tls) => ProxyFixture.OpenAsync(Setup(tls), backend);

    private ProxyFixture.Setup Setup(bool tls) => new()
    {
        Time = _time,
        Pool = { ConnectionsPerBackend = 1, QueueTimeout = TimeSpan.FromHours(1) },
        Upstream = { ResponseTimeout = TimeSpan.FromDays(1), BodyTimeout = TimeSpan.FromDays(1) },
        Server =
        {
            BodyTimeout = TimeSpan.FromDays(1),
            IdleTimeout = TimeSpan.FromDays(1),
            TlsTimeout = TimeSpan.FromDays(1),
            MinBodyRate = 0,
            Certificate = tls ? TestCertificates.Local : null,
        },
    };
}

using System;
using System.Threading.Tasks;
using GoAround.Core.Sockets;
using GoAround.Core.Tests.Upstream;
using GoAround.Core.Tests.Wire;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace GoAround.Core.Tests.Server;

/// <summary>A client that leaves, by a reset or by a close, in each phase of its request: what was done for it stops, and its slot is free.</summary>
public sealed class LeavingPhasesTests
{
    private const string Get = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";

    private readonly FakeTimeProvider _time = new();

    public static TheoryData<bool, bool, bool, string> Phases
    {
        get
        {
            TheoryData<bool, bool, bool, string> all = [];
            for (int i = 0; i < 16; i++)
            {
                all.Add((i & 1) != 0, (i & 2) != 0, (i & 4) != 0, (i & 8) != 0 ? "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf" : "");
            }

            return all;
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task While_it_stands_in_line(bool resets)
    {
        using ScriptedBackend backend = new();
        await using ProxyFixture proxy = await OpenAsync(backend);
        using WireEnd other = await proxy.ConnectAsync();
        await other.SendAsync(Get);
        using WireEnd link = await backend.AcceptAsync();
        await link.ReadHeadAsync();
        using WireEnd client = await proxy.ConnectAsync();
        await client.SendAsync(Get);
        await Until.TrueAsync(() => proxy.Pool.QueueLength == 1, "it does not wait");
        await LeaveAsync(client, resets, () => proxy.Pool.QueueLength == 0);
        await link.SendAsync(WireEnd.Response("ok"));
        await other.ExpectAsync(WireEnd.Response("ok"));
        Assert.Equal(1, backend.Accepted);
        proxy.ExpectNoErrors();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task While_its_backend_is_dialled(bool resets)
    {
        using FullListener full = await FullListener.OpenAsync();
        ProxyFixture.Setup setup = new() { Time = _time, Upstream = { DialTimeout = TimeSpan.FromDays(1) } };
        await using ProxyFixture proxy = await ProxyFixture.OpenAsync(setup);
        await proxy.Pool.ReplaceAsync([Backend.Parse($"http://127.0.0.1:{full.Port}")], default);
        using WireEnd client = await proxy.ConnectAsync();
        await client.SendAsync(Get);
        await Until.TrueAsync(() => proxy.Pool.GetStatus()[0].InFlight == 1, "it is not dialled");
        await LeaveAsync(client, resets, () => proxy.Pool.GetStatus()[0].InFlight == 0);
        await Until.TrueAsync(() => proxy.Events.OpenConnections == 0, "the session did not end");
        proxy.ExpectNoErrors();
    }

    [Theory]
    [InlineData(true, "")]
    [InlineData(false, "")]
    [InlineData(true, "HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 20")]
    [InlineData(false, "HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 20")]
    [InlineData(true, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")]
    [InlineData(false, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")]
    [InlineData(true, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n")]
    [InlineData(false, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n")]
    public async Task While_its_answer_is_awaited(bool resets, string begun)
    {
        using ScriptedBackend backend = new();
        await using ProxyFixture proxy = await OpenAsync(backend);
        using WireEnd client = await proxy.ConnectAsync();
        await client.SendAsync(Get);
        using WireEnd link = await backend.AcceptAsync();
        await link.ReadHeadAsync();
        await link.SendAsync(begun);
        if (begun.Length > 0)
        {
            await client.ReadUntilAsync(begun.Contains("half", StringComparison.Ordinal) ? "half" : "\r\n\r\n");
        }

        Task reset = link.ReadToResetAsync();
        await LeaveAsync(client, resets, () => reset.IsCompleted);
        await reset;
        await proxy.UntilNothingIsInFlightAsync();
        await Until.TrueAsync(() => proxy.Events.OpenConnections == 0, "the session did not end");
        proxy.ExpectNoErrors();
    }

    [Theory]
    [InlineData(true, "Content-Length: 100\r\n\r\nhalf")]
    [InlineData(false, "Content-Length: 100\r\n\r\nhalf")]
    [InlineData(true, "Transfer-Encoding: chunked\r\n\r\n4\r\nhalf")]
    [InlineData(false, "Transfer-Encoding: chunked\r\n\r\n4\r\nhalf")]
    [InlineData(true, "Content-Length: 4\r\nExpect: 100-continue\r\n\r\n")]
    [InlineData(false, "Content-Length: 4\r\nExpect: 100-continue\r\n\r\n")]
    public async Task While_it_uploads(bool resets, string rest)
    {
        using ScriptedBackend backend = new();
        await using ProxyFixture proxy = await OpenAsync(backend);
        using WireEnd client = await proxy.ConnectAsync();
        await client.SendAsync("POST / HTTP/1.1\r\nHost: h\r\n" + rest);
        using WireEnd link = await backend.AcceptAsync();
        await link.ReadUntilAsync(rest.EndsWith("half", StringComparison.Ordinal) ? "half" : "\r\n\r\n");
        Task reset = link.ReadToResetAsync();
        await LeaveAsync(client, resets, () => reset.IsCompleted);
        await reset;
        await proxy.UntilNothingIsInFlightAsync();
        await Until.TrueAsync(() => proxy.Events.OpenConnections == 0, "the session did not end");
        proxy.ExpectNoErrors();
    }

    [Theory]
    [MemberData(nameof(Phases))]
    public async Task While_its_backend_works_on_it_or_answers(bool tls, bool resets, bool hasBody, string begun)
    {
        using ScriptedBackend backend = new();
        await using ProxyFixture proxy = await OpenAsync(backend, tls);
        using WireEnd client = await proxy.ConnectAsync();
        if (tls)
        {
            await client.StartTlsAsClientAsync("localhost", TestCertificates.Local);
        }

        await client.SendAsync(hasBody ? "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 8\r\n\r\nhalf" : Get);
        if (hasBody)
        {
            await client.SendAsync("body"); // a piece of its own
        }

        using WireEnd link = await backend.AcceptAsync();
        await link.ReadUntilAsync(hasBody ? "body" : "\r\n\r\n");
        await link.SendAsync(begun);
        if (begun.Length > 0)
        {
            await client.ReadUntilAsync("half");
        }

        Task reset = link.ReadToResetAsync();
        await LeaveAsync(client, resets, () => reset.IsCompleted);
        await reset;
        await proxy.UntilNothingIsInFlightAsync();
        await Until.TrueAsync(() => proxy.Events.OpenConnections == 0, "the session did not end");
        proxy.ExpectNoErrors();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(8_000)]
    public async Task While_the_second_of_two_pipelined_requests_is_answered(int moreBytes)
    {
        using ScriptedBackend backend = new();
        await using ProxyFixture proxy = await OpenAsync(backend);
        using WireEnd client = await proxy.ConnectAsync();
        await client.SendAsync($"{Get}{Get}GET / HTTP/1.1\r\nHost: h\r\nX-More: {new string('m', moreBytes)}\r\n\r\n");
        client.ShutdownSend();
        using WireEnd link = await backend.AcceptAsync();
        await link.ReadHeadAsync();
        await link.SendAsync(WireEnd.Response("ok"));
        await client.ExpectAsync(WireEnd.Response("ok"));
        await link.ReadHeadAsync();
        Task reset = link.ReadToResetAsync();
        await LeaveAsync(client, resets: false, () => reset.IsCompleted);
        await reset;
        await proxy.UntilNothingIsInFlightAsync();
        proxy.ExpectNoErrors();
    }

    [Fact]
    public async Task While_its_backend_takes_no_more_of_its_upload()
    {
        if (!Poller.IsWanted)
        {
            return; // the framework tells of a reset only who receives; and a close stands behind what is not received
        }

        using ScriptedBackend backend = new();
        await using ProxyFixture proxy = await OpenAsync(backend);
        using WireEnd client = await proxy.ConnectAsync();
        Task sending = client.SendAsync("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 100000000\r\n\r\n" + new string('a', 30_000_000));
        using WireEnd link = await backend.AcceptAsync();
        await link.ReadHeadAsync();
        int full = 0;
        await Until.TrueAsync(() => (full = client.Socket.Poll(0, System.Net.Sockets.SelectMode.SelectWrite) ? 0 : full + 1) == 100, "everything was taken");
        await LeaveAsync(client, resets: true, () => proxy.Events.OpenConnections == 0);
        await proxy.UntilNothingIsInFlightAsync();
        await Assert.ThrowsAnyAsync<Exception>(() => sending);
        proxy.ExpectNoErrors();
    }

    /// <summary>Leaves, and lets the grace of a client that has closed its half pass, until what is expected has come; a reset needs no time.</summary>
    private async Task LeaveAsync(WireEnd client, bool resets, Func<bool> hasStopped)
    {
        if (resets)
        {
            client.Reset();
        }
        else
        {
            client.Dispose();
        }

        await Until.TrueAsync(
            () =>
            {
                if (!resets)
                {
                    _time.Advance(TimeSpan.FromMilliseconds(20)); // far under every other deadline
                }

                return hasStopped();
            },
            "what was done for a client that left goes on");
    }

    private Task<ProxyFixture> OpenAsync(ScriptedBackend backend, bool tls = false)
    {
        ProxyFixture.Setup setup = new()
        {
            Time = _time,
            Pool = { ConnectionsPerBackend = 1, QueueTimeout = TimeSpan.FromDays(1) },
            Upstream = { ResponseTimeout = TimeSpan.FromDays(1), BodyTimeout = TimeSpan.FromDays(1) },
            Server =
            {
                BodyTimeout = TimeSpan.FromDays(1),
                TlsTimeout = TimeSpan.FromDays(1),
                MinBodyRate = 0,
                Certificate = tls ? TestCertificates.Local : null,
            },
        };
        return ProxyFixture.OpenAsync(setup, backend);
    }
}

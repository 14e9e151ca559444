using System;
using System.Diagnostics;
using System.Linq;
using System.Net;
using System.Threading;
using System.Threading.Tasks;
using GoAround.Core.Tests.Sockets;
using GoAround.Core.Tests.Wire;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace GoAround.Core.Tests.Upstream;

/// <summary>What a backend sends behind its answer never becomes the answer to the next request, as long as it reached this machine before that went out; and a backend that sends nothing keeps its sockets.</summary>
public sealed class StrayBytesTests
{
    private const string Get = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";

    private readonly FakeTimeProvider _time = new();

    [PolledTheory]
    [InlineData(false, 0, "HTTP/1.1 200 OK\r\nDate: D\r\nContent-Length: 6\r\n\r\npoison")]
    [InlineData(false, 100, "HTTP/1.1 200 OK\r\nDate: D\r\nContent-Length: 6\r\n\r\npoison")]
    [InlineData(false, 1000, "H")]
    [InlineData(false, 5000, "\r\n")]
    [InlineData(true, 0, "HTTP/1.1 200 OK\r\nDate: D\r\nContent-Length: 6\r\n\r\npoison")]
    [InlineData(true, 100, "HTTP/1.1 200 OK\r\nDate: D\r\nContent-Length: 6\r\n\r\npoison")]
    [InlineData(true, 1000, "H")]
    [InlineData(true, 5000, "\r\n")]
    public async Task Answer_nobody_asked_for_never_reaches_the_next_client(bool tls, int delayMicroseconds, string stray)
    {
        using ScriptedBackend backend = new(tls ? "https" : "http");
        await using ProxyFixture proxy = await OpenAsync(backend);
        for (int i = 0; i < 20; i++)
        {
            using WireEnd first = await proxy.ConnectAsync();
            using WireEnd next = await proxy.ConnectAsync();
            await first.SendAsync(Get);
            using WireEnd link = await AcceptAsync(backend, tls);
            await link.ReadHeadAsync();
            await link.SendAsync(WireEnd.Response("ok"));
            await first.ExpectAsync(WireEnd.Response("ok"));
            await Until.TrueAsync(() => proxy.Connections.CountSockets(backend.Backend).Idle == 1, "not parked");
            Spin(delayMicroseconds);
            await link.TrySendAsync(stray);
            Until.True(() => link.IsAcknowledged, "not received");
            _time.Advance(TimeSpan.FromMilliseconds(1)); // under this a socket is not looked at

            await next.SendAsync(Get);
            using WireEnd fresh = await AcceptAsync(backend, tls);
            await fresh.ReadHeadAsync();
            await fresh.SendAsync("HTTP/1.1 200 OK\r\nDate: D\r\nConnection: close\r\nContent-Length: 5\r\n\r\nfresh");
            await next.ExpectAsync("HTTP/1.1 200 OK\r\nDate: D\r\nContent-Length: 5\r\n\r\nfresh");
        }

        Assert.Equal(40, backend.Accepted);
        proxy.ExpectNoErrors();
    }

    [Fact]
    public async Task Piece_of_a_tls_record_that_was_read_ahead_closes_the_socket()
    {
        using ScriptedBackend backend = new("https");
        await using ProxyFixture proxy = await OpenAsync(backend);
        using WireEnd client = await proxy.ConnectAsync();
        for (int i = 0; i < 5; i++)
        {
            await client.SendAsync(Get);
            using WireEnd link = await AcceptAsync(backend, tls: true);
            await link.ReadHeadAsync();
            await link.SendAsync(WireEnd.Response("ok"));
            await client.ExpectAsync(WireEnd.Response("ok"));
            await Until.TrueAsync(() => proxy.Connections.CountSockets(backend.Backend).Idle == 1, "not parked");
            await link.Socket.SendAsync(new byte[] { 23, 3, 3, 1 }); // the head of a record, not to its end
            await Until.TrueAsync(() => link.IsAcknowledged, "not received");
            _time.Advance(TimeSpan.FromMilliseconds(1));
        }

        Assert.Equal(5, backend.Accepted);
        proxy.ExpectNoErrors();
    }

    [PolledTheory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Backend_that_sends_nothing_out_of_turn_keeps_its_socket(bool tls)
    {
        using ScriptedBackend backend = new(tls ? "https" : "http");
        await using ProxyFixture proxy = await OpenAsync(backend);
        using WireEnd client = await proxy.ConnectAsync();
        await client.SendAsync(Get);
        using WireEnd link = await AcceptAsync(backend, tls);
        for (int i = 0; i < 20; i++)
        {
            await link.ReadHeadAsync();
            await link.SendAsync(WireEnd.Response("ok"));
            await client.ExpectAsync(WireEnd.Response("ok"));
            await Until.TrueAsync(() => proxy.Connections.CountSockets(backend.Backend).Idle == 1, "not parked");
            _time.Advance(TimeSpan.FromMilliseconds(1));
            await client.SendAsync(Get);
        }

        await link.ReadHeadAsync();
        Assert.Equal(1, backend.Accepted);
    }

    [PolledFact]
    public async Task Kestrel_over_tls_keeps_its_socket()
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(
            kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.UseHttps(TestCertificates.Local)));
        await using WebApplication app = builder.Build();
        app.Run(context => context.Response.WriteAsync(context.Connection.Id));
        await app.StartAsync();
        await ExpectOneSocketAsync(Backend.Parse($"https://127.0.0.1:{new Uri(app.Urls.Single()).Port}"), async client =>
        {
            await client.SendAsync(Get);
            string head = await client.ReadHeadAsync();
            Assert.StartsWith("HTTP/1.1 200 ", head, StringComparison.Ordinal);
            return head.Contains("chunked", StringComparison.Ordinal) ? await client.ReadUntilAsync("0\r\n\r\n") : await client.ReadAsync(13);
        });
        await app.StopAsync();
    }

    private static void Spin(int microseconds)
    {
        long start = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(start).TotalMicroseconds < microseconds)
        {
            Thread.SpinWait(10);
        }
    }

    private static async Task<WireEnd> AcceptAsync(ScriptedBackend backend, bool tls)
    {
        WireEnd link = await backend.AcceptAsync();
        if (tls)
        {
            await link.StartTlsAsServerAsync(TestCertificates.Local);
        }

        return link;
    }

    private async Task ExpectOneSocketAsync(Backend backend, Func<WireEnd, Task<string>> ask)
    {
        await using ProxyFixture proxy = await OpenAsync();
        await proxy.Pool.ReplaceAsync([backend], default);
        using WireEnd client = await proxy.ConnectAsync();
        string answer = await ask(client);
        for (int i = 0; i < 20; i++)
        {
            await Until.TrueAsync(() => proxy.Connections.CountSockets(backend).Idle == 1, "not parked");
            _time.Advance(TimeSpan.FromMilliseconds(1));
            Assert.Equal(answer, await ask(client)); // it names the connection
        }

        await Until.TrueAsync(() => proxy.Connections.CountSockets(backend) == new SocketCount(1, 1), "not one socket");
    }

    private Task<ProxyFixture> OpenAsync(params ScriptedBackend[] backends)
    {
        ProxyFixture.Setup setup = new() { Time = _time };
        setup.Upstream.TrustedRoots.Add(TestCertificates.Root);
        return ProxyFixture.OpenAsync(setup, backends);
    }
}

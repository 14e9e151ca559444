using System;
using System.Linq;
using System.Threading.Tasks;
using GoAround.Core.Tests.Wire;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace GoAround.Core.Tests.Server;

public sealed class TlsTests
{
    private const string Get = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";

    [Fact]
    public async Task Requests_come_over_tls_and_the_backend_is_told()
    {
        using ScriptedBackend backend = new ScriptedBackend().Answer(WireEnd.Response("ok"));
        await using ProxyFixture proxy = await ProxyFixture.OpenAsync(Setup(), backend);
        using WireEnd client = await ConnectAsync(proxy);
        for (int i = 0; i < 5; i++)
        {
            await client.SendAsync(Get + Get);
            await client.ExpectAsync(WireEnd.Response("ok") + WireEnd.Response("ok"));
        }

        Assert.All(backend.Heads, head => Assert.Contains("X-Forwarded-Proto: https\r\n", head));
        Assert.Equal(1, proxy.Events.Handshakes);
    }

    [Fact]
    public async Task Large_bodies_go_both_ways_over_tls()
    {
        string body = new('b', 1_000_000);
        await using ProxyFixture proxy = await ProxyFixture.ServeAsync((request, _) => new(new ProxyResponse { Body = request.Body }), Setup());
        using WireEnd client = await ConnectAsync(proxy);
        Task sending = client.SendAsync($"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: {body.Length}\r\n\r\n{body}");
        await client.ReadHeadAsync();
        await client.ExpectAsync(body);
        await sending;
    }

    [Fact]
    public async Task Request_that_is_refused_over_tls_counts_as_https()
    {
        await using ProxyFixture proxy = await ProxyFixture.OpenAsync(Setup());
        using WireEnd client = await ConnectAsync(proxy);
        await client.SendAsync("GET / HTTP/1.1\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 400 ", await client.ReadToEndAsync());
        Assert.Equal(["https"], proxy.Events.Schemes);
    }

    [Fact]
    public async Task Connection_that_closes_says_so_in_tls_too()
    {
        using ScriptedBackend backend = new ScriptedBackend().Answer(WireEnd.Response("ok"));
        await using ProxyFixture proxy = await ProxyFixture.OpenAsync(Setup(), backend);
        using WireEnd client = await ConnectAsync(proxy);
        await client.SendAsync("GET / HTTP/1.0\r\n\r\n");
        Assert.EndsWith("\r\n\r\nok", await client.ReadToEndAsync());
        client.Dispose();
        await Until.TrueAsync(() => proxy.Events.OpenConnections == 0, "the session did not end");
        proxy.ExpectNoErrors();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Client_that_leaves_is_noticed_over_tls(bool resets)
    {
        FakeTimeProvider time = new();
        using ScriptedBackend backend = new();
        ProxyFixture.Setup setup = ProxyFixture.Setup.Unhurried(time);
        setup.Server.Certificate = TestCertificates.Local;
        setup.Server.HalfCloseGrace = TimeSpan.FromMilliseconds(500);
        await using ProxyFixture proxy = await ProxyFixture.OpenAsync(setup, backend);
        using WireEnd client = await ConnectAsync(proxy);
        await client.SendAsync(Get);
        using WireEnd link = await backend.AcceptAsync();
        await link.ReadHeadAsync();
        if (resets)
        {
            client.Reset();
        }
        else
        {
            client.Dispose();
        }

        await Until.EndedAsync(link.ReadToResetAsync(), time);
        await proxy.UntilNothingIsInFlightAsync();
        proxy.ExpectNoErrors();
    }

    [Fact]
    public async Task Client_that_speaks_no_tls_is_dropped_without_an_error()
    {
        await using ProxyFixture proxy = await ProxyFixture.OpenAsync(Setup());
        using WireEnd client = await proxy.ConnectAsync();
        await client.SendAsync(Get);
        await client.ReadToCloseAsync();
        await Until.TrueAsync(() => proxy.Events.OpenConnections == 0, "the session did not end");
        proxy.ExpectNoErrors();
    }

    [Fact]
    public async Task Handshake_that_does_not_come_is_given_up()
    {
        FakeTimeProvider time = new();
        await using ProxyFixture proxy = await ProxyFixture.OpenAsync(
            new ProxyFixture.Setup { Time = time, Server = { Certificate = TestCertificates.Local } });
        using WireEnd client = await proxy.ConnectAsync();
        await Until.EndedAsync(client.ReadToCloseAsync(), time);
        await Until.TrueAsync(() => proxy.Events.OpenConnections == 0, "the session did not end");
        proxy.ExpectNoErrors();
    }

    [Fact]
    public async Task Stopping_ends_idle_tls_connections_and_open_handshakes()
    {
        ProxyFixture.Setup setup = Setup();
        setup.Server.TlsTimeout = TimeSpan.FromHours(1); // neither may be what ends it
        setup.Server.ShutdownTimeout = TimeSpan.FromHours(1);
        await using ProxyFixture proxy = await ProxyFixture.OpenAsync(setup);
        using WireEnd idle = await ConnectAsync(proxy);
        using WireEnd silent = await proxy.ConnectAsync();
        await Until.TrueAsync(() => proxy.Events.OpenedConnections == 2, "not accepted");
        await proxy.StopAsync();
        await idle.ReadToCloseAsync();
        await silent.ReadToCloseAsync();
        proxy.ExpectNoErrors();
    }

    [Theory]
    [InlineData("", true)]
    [InlineData(Get, true)]
    [InlineData("", false)]
    [InlineData(Get, false)]
    public async Task Idle_connection_ends_as_tls_ends(string request, bool isStopped)
    {
        FakeTimeProvider time = new();
        using ScriptedBackend backend = new ScriptedBackend().Answer(WireEnd.Response("ok"));
        ProxyFixture.Setup setup = ProxyFixture.Setup.Unhurried(time); // a stop that ran out of time would cut
        setup.Server.Certificate = TestCertificates.Local;
        setup.Server.IdleTimeout = isStopped ? Unhurried.OutOfReach : TimeSpan.FromSeconds(75);
        await using ProxyFixture proxy = await ProxyFixture.OpenAsync(setup, backend);
        using WireEnd client = await proxy.ConnectAsync();
        using WireTap tap = WireTap.Over(client.Socket);
        await client.StartTlsAsClientAsync(tap, "localhost", TestCertificates.Local);
        if (request.Length > 0)
        {
            await client.SendAsync(request);
            await client.ExpectAsync(WireEnd.Response("ok"));
        }

        await Until.TrueAsync(() => proxy.Events.Handshakes == 1, "no handshake");
        Task<string> end = client.ReadToEndAsync();
        if (isStopped)
        {
            await Until.EndedAsync(Task.WhenAll(end, StopAsync()), time);
        }
        else
        {
            await Until.EndedAsync(end, time);
        }

        // close_notify of TLS 1.3: one record of an alert, 2 bytes, its type, 1, and its tag, 16.
        Assert.Equal("23 3 3 0 19", string.Join(' ', tap.Received.TakeLast(24).Take(5)));
        proxy.ExpectNoErrors();

        async Task<string> StopAsync()
        {
            await proxy.StopAsync();
            return "";
        }
    }

    private static ProxyFixture.Setup Setup() => new() { Server = { Certificate = TestCertificates.Local } };

    private static async Task<WireEnd> ConnectAsync(ProxyFixture proxy)
    {
        WireEnd client = await proxy.ConnectAsync();
        await client.StartTlsAsClientAsync("localhost", TestCertificates.Local);
        return client;
    }
}

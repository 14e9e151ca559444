using System;
using System.Net.Sockets;
using System.Threading;
using System.Threading.Tasks;
using GoAround.Core.Tests.Wire;
using GoAround.Core.Upstream;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace GoAround.Core.Tests.Upstream;

public sealed class DialTests
{
    [Fact]
    public async Task Refused_dial_never_reached_the_backend()
    {
        using HeldPort held = new();
        BackendException failure = await FailAsync(held.Backend);
        Assert.Equal((BackendFailureStage.Dial, BackendFailureKind.Disconnected, true), (failure.Stage, failure.Kind, failure.NeverReached));
        Assert.Contains("connection refused", failure.Message);
    }

    [Fact]
    public async Task Name_that_does_not_exist_is_a_failed_dial()
    {
        BackendException failure = await FailAsync(Backend.Parse("http://no-such-host.invalid"));
        Assert.Equal(BackendFailureStage.Dial, failure.Stage);
        Assert.Contains("no-such-host.invalid", failure.Message);
    }

    [Theory]
    [InlineData(SocketError.SocketError, true)]
    [InlineData(SocketError.HostNotFound, false)]
    [InlineData(SocketError.TryAgain, false)]
    public async Task Look_up_that_lacks_files_of_this_machine_says_nothing_of_the_backend(SocketError error, bool isOwnLack)
    {
        using SocketConnectionFactory factory = new(Unhurried.Upstream(), TimeProvider.System, (_, _) => throw new SocketException((int)error));
        BackendException failure = await Assert.ThrowsAsync<BackendException>(
            async () => await factory.SendAsync(Backend.Parse("http://name"), new ProxyRequest("GET", "/"), default));
        Assert.Equal((ProxyError.DnsError, isOwnLack), (failure.Error, failure.IsOwnLack));
    }

    [Fact]
    public async Task Name_is_looked_up_and_its_addresses_tried_in_turn()
    {
        using ScriptedBackend backend = new ScriptedBackend().Answer(WireEnd.Response("ok"));
        using SocketConnectionFactory factory = new(Unhurried.Upstream(), TimeProvider.System);
        await using ProxyResponse response = await factory.SendAsync(
            Backend.Parse($"http://localhost:{backend.Port}"), new ProxyRequest("GET", "/"), default).AsTask().WaitAsync(WireEnd.Patience);
        Assert.Equal(200, response.StatusCode);
        Assert.True(backend.Heads.TryDequeue(out string? head));
        Assert.Contains($"Host: localhost:{backend.Port}\r\n", head);
    }

    [Fact]
    public async Task Backend_that_takes_no_connection_times_out()
    {
        FakeTimeProvider time = new();
        using SocketConnectionFactory factory = new(new(), time);
        using FullListener full = await FullListener.OpenAsync();
        Task<ProxyResponse> send = factory.SendAsync(Backend.Parse($"http://127.0.0.1:{full.Port}"), new ProxyRequest("GET", "/"), default).AsTask();
        BackendException failure = await Assert.ThrowsAsync<BackendException>(() => Until.EndedAsync(send, time));
        Assert.Equal((BackendFailureStage.Dial, BackendFailureKind.TimedOut), (failure.Stage, failure.Kind));
    }

    [Fact]
    public async Task Caller_that_gives_up_ends_the_dial()
    {
        using SocketConnectionFactory factory = new(Unhurried.Upstream(), TimeProvider.System);
        using FullListener full = await FullListener.OpenAsync();
        using CancellationTokenSource caller = new();
        Task<ProxyResponse> send = factory.SendAsync(Backend.Parse($"http://127.0.0.1:{full.Port}"), new ProxyRequest("GET", "/"), caller.Token).AsTask();
        await caller.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => send.WaitAsync(WireEnd.Patience));
    }

    [Fact]
    public async Task Tls_backend_with_an_unknown_root_is_refused()
    {
        using ScriptedBackend backend = ServeTls(new ScriptedBackend("https"), TestCertificates.Local);
        BackendException failure = await FailAsync(backend.Backend);
        Assert.Equal((BackendFailureStage.Tls, true), (failure.Stage, failure.NeverReached));
    }

    [Fact]
    public async Task Tls_backend_with_an_extra_root_is_trusted()
    {
        using ScriptedBackend backend = ServeTls(new ScriptedBackend("https"), TestCertificates.Local);
        using SocketConnectionFactory factory = new(Trusting(), TimeProvider.System);
        ProxyResponse response = await factory.SendAsync(backend.Backend, new ProxyRequest("GET", "/"), default).AsTask().WaitAsync(WireEnd.Patience);
        await using (response)
        {
            Assert.Equal("ok"u8.ToArray(), (await response.Body.ReadAsync(default)).ToArray());
        }
    }

    [Fact]
    public async Task Tls_backend_of_another_name_is_refused_even_with_its_root()
    {
        using ScriptedBackend backend = ServeTls(new ScriptedBackend("https"), TestCertificates.Elsewhere);
        BackendException failure = await FailAsync(backend.Backend, Trusting());
        Assert.Equal(BackendFailureStage.Tls, failure.Stage);
    }

    [Fact]
    public async Task Tls_handshake_that_does_not_come_times_out()
    {
        FakeTimeProvider time = new();
        using ScriptedBackend backend = new ScriptedBackend("https").Serve(link => link.ReadToCloseAsync());
        UpstreamOptions options = Unhurried.Upstream();
        options.TlsTimeout = TimeSpan.FromSeconds(10);
        using SocketConnectionFactory factory = new(options, time);
        Task<ProxyResponse> send = factory.SendAsync(backend.Backend, new ProxyRequest("GET", "/"), default).AsTask();
        BackendException failure = await Assert.ThrowsAsync<BackendException>(() => Until.EndedAsync(send, time));
        Assert.Equal((BackendFailureStage.Tls, BackendFailureKind.TimedOut), (failure.Stage, failure.Kind));
    }

    [Fact]
    public async Task Requests_are_forwarded_over_tls_and_its_sockets_reused()
    {
        using ScriptedBackend backend = ServeTls(new ScriptedBackend("https"), TestCertificates.Local);
        ProxyFixture.Setup setup = new();
        setup.Upstream.TrustedRoots.Add(TestCertificates.Root);
        await using ProxyFixture proxy = await ProxyFixture.OpenAsync(setup, backend);
        using WireEnd client = await proxy.ConnectAsync();
        for (int i = 0; i < 10; i++)
        {
            await client.SendAsync("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
            await client.ExpectAsync(WireEnd.Response("ok"));
        }

        Assert.Equal(1, backend.Accepted);
    }

    [Fact]
    public async Task Probe_uses_a_socket_of_its_own_and_closes_it_in_order()
    {
        using ScriptedBackend backend = new();
        using SocketConnectionFactory factory = new(Unhurried.Upstream(), TimeProvider.System);
        for (int i = 0; i < 2; i++)
        {
            Task<ProxyResponse> send = factory.SendAsync(backend.Backend, new ProxyRequest("GET", "/health"), default).AsTask();
            using WireEnd link = await backend.AcceptAsync();
            Assert.StartsWith("GET /health HTTP/1.1\r\n", await link.ReadHeadAsync());
            await link.SendAsync(WireEnd.Response("ok"));
            ProxyResponse response = await send;
            Assert.Equal("ok"u8.ToArray(), (await response.Body.ReadAsync(default)).ToArray());
            await response.DisposeAsync();
            await link.ExpectEndAsync();
        }

        Assert.Equal(default, factory.CountSockets(backend.Backend));
    }

    [Fact]
    public async Task Probe_over_tls_takes_an_answer_that_ends_without_a_closure_alert()
    {
        using ScriptedBackend backend = new ScriptedBackend("https").Serve(async link =>
        {
            await link.StartTlsAsServerAsync(TestCertificates.Local);
            await link.ReadHeadAsync();
            await link.SendAsync("HTTP/1.0 200 OK\r\n\r\nok");
            link.ShutdownSend();
        });
        UpstreamOptions options = Unhurried.Upstream();
        options.TrustedRoots.Add(TestCertificates.Root);
        using SocketConnectionFactory factory = new(options, TimeProvider.System);
        ProxyResponse response = await factory.SendAsync(backend.Backend, new ProxyRequest("GET", "/health"), default);
        Assert.Equal("ok"u8.ToArray(), (await response.Body.ReadAsync(default)).ToArray());
        Assert.True((await response.Body.ReadAsync(default)).IsEmpty);
        await response.DisposeAsync();
    }

    [Fact]
    public async Task Probe_that_is_cancelled_leaves_no_socket()
    {
        using ScriptedBackend backend = new();
        using SocketConnectionFactory factory = new(Unhurried.Upstream(), TimeProvider.System);
        using CancellationTokenSource caller = new();
        Task<ProxyResponse> send = factory.SendAsync(backend.Backend, new ProxyRequest("GET", "/health"), caller.Token).AsTask();
        using WireEnd link = await backend.AcceptAsync();
        await link.ReadHeadAsync();
        await caller.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => send.WaitAsync(WireEnd.Patience));
        await link.ReadToResetAsync();
    }

    private static UpstreamOptions Trusting()
    {
        UpstreamOptions options = Unhurried.Upstream();
        options.TrustedRoots.Add(TestCertificates.Root);
        return options;
    }

    private static async Task<BackendException> FailAsync(Backend backend, UpstreamOptions? options = null)
    {
        using SocketConnectionFactory factory = new(options ?? Unhurried.Upstream(), TimeProvider.System);
        return await Assert.ThrowsAsync<BackendException>(
            () => factory.SendAsync(backend, new ProxyRequest("GET", "/"), default).AsTask().WaitAsync(WireEnd.Patience));
    }

    private static ScriptedBackend ServeTls(ScriptedBackend backend, System.Security.Cryptography.X509Certificates.X509Certificate2 certificate) =>
        backend.Serve(async link =>
        {
            await link.StartTlsAsServerAsync(certificate);
            while (await link.TryReadHeadAsync() is not null)
            {
                await link.SendAsync(WireEnd.Response("ok"));
            }
        });
}

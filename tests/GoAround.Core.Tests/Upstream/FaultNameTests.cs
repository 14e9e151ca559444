using System;
using System.Collections.Generic;
using System.Linq;
using System.Net.Sockets;
using System.Threading.Tasks;
using GoAround.Core.Tests.Wire;
using GoAround.Core.Upstream;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace GoAround.Core.Tests.Upstream;

public sealed class FaultNameTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    [Theory]
    [InlineData("nonsense\r\n\r\n", ProxyError.HttpProtocolError)]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", ProxyError.HttpProtocolError)]
    [InlineData("HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n", ProxyError.HttpProtocolError)]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n", ProxyError.HttpResponseTransferCoding)]
    [InlineData("HTTP/1.1 200 {0}\r\n\r\n", ProxyError.HttpResponseHeaderSectionSize)]
    [InlineData("HTTP/1.1 200 OK\r\nX: {0}\r\n\r\n", ProxyError.HttpResponseHeaderSectionSize)]
    [InlineData("HTTP/1.1 200 OK\r\n{1}\r\n", ProxyError.HttpResponseHeaderSectionSize)]
    [InlineData("", ProxyError.ConnectionTerminated)]
    [InlineData("HTTP/1.1 200 O", ProxyError.HttpResponseIncomplete)]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Le", ProxyError.HttpResponseIncomplete)]
    public async Task Response_that_is_none_says_why(string response, ProxyError expected)
    {
        string lines = string.Concat(Enumerable.Repeat("A: b\r\n", 300));
        using ScriptedBackend backend = new ScriptedBackend().Serve(async link =>
        {
            await link.ReadHeadAsync();
            await link.SendAsync(response.Replace("{0}", new string('x', 40_000), StringComparison.Ordinal).Replace("{1}", lines, StringComparison.Ordinal));
            link.Dispose();
        });
        Assert.Equal(expected, (await FailAsync(backend.Backend)).Error);
    }

    [Theory]
    [InlineData("Content-Length: 9\r\n\r\nhalf", ProxyError.HttpResponseIncomplete)]
    [InlineData("Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\nzz\r\n", ProxyError.HttpResponseTransferCoding)]
    [InlineData("Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n0\r\nX: {0}\r\n\r\n", ProxyError.HttpResponseTrailerSectionSize)]
    public async Task Body_that_breaks_off_says_why(string response, ProxyError expected)
    {
        using ScriptedBackend backend = new ScriptedBackend().Serve(async link =>
        {
            await link.ReadHeadAsync();
            await link.SendAsync("HTTP/1.1 200 OK\r\n" + response.Replace("{0}", new string('x', 40_000), StringComparison.Ordinal));
            link.Dispose();
        });
        using SocketConnectionFactory factory = new(Unhurried.Upstream(), TimeProvider.System);
        await using ProxyResponse answer = await factory.SendAsync(backend.Backend, new ProxyRequest("GET", "/"), default).AsTask().WaitAsync(WireEnd.Patience);
        BackendException failure = await Assert.ThrowsAsync<BackendException>(async () =>
        {
            while (!(await answer.Body.ReadAsync(default).AsTask().WaitAsync(WireEnd.Patience)).IsEmpty)
            {
            }
        });
        Assert.Equal((BackendFailureStage.ResponseBody, expected), (failure.Stage, failure.Error));
    }

    [Fact]
    public async Task Head_that_does_not_come_in_time_is_a_response_timeout()
    {
        using ScriptedBackend backend = new ScriptedBackend().Serve(link => link.ReadToCloseAsync());
        UpstreamOptions options = Unhurried.Upstream();
        options.ResponseTimeout = Limit;
        Assert.Equal(ProxyError.HttpResponseTimeout, (await TimeOutAsync(backend.Backend, new ProxyRequest("GET", "/"), options)).Error);
    }

    [Fact]
    public async Task Body_that_is_not_taken_in_time_is_a_write_timeout()
    {
        using ScriptedBackend backend = new(); // its kernel accepts, and takes what fits its buffers
        ProxyRequest request = new("POST", "/") { Body = MessageBody.FromBytes(new byte[64 * 1024 * 1024]) };
        UpstreamOptions options = Unhurried.Upstream();
        options.BodyTimeout = Limit;
        Assert.Equal(ProxyError.ConnectionWriteTimeout, (await TimeOutAsync(backend.Backend, request, options)).Error);
    }

    [Fact]
    public async Task Body_that_pauses_for_too_long_is_a_read_timeout()
    {
        FakeTimeProvider time = new();
        using ScriptedBackend backend = new ScriptedBackend().Answer("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf");
        using SocketConnectionFactory factory = new(new UpstreamOptions { BodyTimeout = Limit }, time);
        await using ProxyResponse answer = await factory.SendAsync(backend.Backend, new ProxyRequest("GET", "/"), default).AsTask().WaitAsync(WireEnd.Patience);
        BackendException failure = await Assert.ThrowsAsync<BackendException>(() => Until.EndedAsync(ReadAsync(), time));
        Assert.Equal(ProxyError.ConnectionReadTimeout, failure.Error);

        async Task<bool> ReadAsync()
        {
            while (!(await answer.Body.ReadAsync(default)).IsEmpty)
            {
            }

            return true;
        }
    }

    [Fact]
    public async Task Dial_says_why_it_failed()
    {
        using HeldPort gone = new();
        Assert.Equal(ProxyError.ConnectionRefused, (await FailAsync(gone.Backend)).Error);
        Assert.Equal(ProxyError.DnsError, (await FailAsync(Backend.Parse("http://no-such-host.invalid"))).Error);
        using FullListener full = await FullListener.OpenAsync();
        UpstreamOptions options = Unhurried.Upstream();
        options.DialTimeout = Limit;
        Assert.Equal(ProxyError.ConnectionTimeout, (await TimeOutAsync(Backend.Parse($"http://127.0.0.1:{full.Port}"), new ProxyRequest("GET", "/"), options)).Error);
    }

    [Theory]
    [InlineData(SocketError.ConnectionRefused, ProxyError.ConnectionRefused)]
    [InlineData(SocketError.NetworkUnreachable, ProxyError.DestinationIpUnroutable)]
    [InlineData(SocketError.HostUnreachable, ProxyError.DestinationIpUnroutable)]
    [InlineData(SocketError.TimedOut, ProxyError.ConnectionTimeout)]
    [InlineData(SocketError.ConnectionReset, ProxyError.ConnectionTerminated)]
    [InlineData(SocketError.HostNotFound, ProxyError.DnsError)]
    [InlineData(SocketError.NoData, ProxyError.DnsError)]
    [InlineData(SocketError.TryAgain, ProxyError.DnsError)]
    [InlineData(SocketError.AccessDenied, ProxyError.DestinationUnavailable)]
    public void Socket_errors_of_a_dial_have_names(SocketError error, ProxyError expected) =>
        Assert.Equal(expected, DialFaults.Of(new SocketException((int)error)));

    [Fact]
    public void Name_without_an_address_is_a_dns_error() => Assert.Equal(ProxyError.DnsError, DialFaults.Of(null));

    [Fact]
    public async Task Certificate_that_is_not_trusted_is_told_from_other_failures_of_tls()
    {
        using ScriptedBackend unknown = new ScriptedBackend("https").Serve(link => link.StartTlsAsServerAsync(TestCertificates.Local));
        BackendException failure = await FailAsync(unknown.Backend);
        Assert.Equal(ProxyError.TlsCertificateError, failure.Error);
        Assert.Contains("its certificate is not trusted (RemoteCertificateChainErrors, ", failure.Message);

        UpstreamOptions options = Unhurried.Upstream();
        options.TrustedRoots.Add(TestCertificates.Root);
        using ScriptedBackend elsewhere = new ScriptedBackend("https").Serve(link => link.StartTlsAsServerAsync(TestCertificates.Elsewhere));
        Assert.Equal(ProxyError.TlsCertificateError, (await FailAsync(elsewhere.Backend, options)).Error);

        using ScriptedBackend plain = new ScriptedBackend("https").Serve(async link =>
        {
            await link.SendAsync("HTTP/1.1 400 Bad Request\r\n\r\n");
            await link.ReadToCloseAsync();
        });
        Assert.Equal(ProxyError.TlsProtocolError, (await FailAsync(plain.Backend)).Error);

        using ScriptedBackend silent = new ScriptedBackend("https").Serve(async link =>
        {
            await link.ReadAsync(5);
            link.Dispose();
        });
        Assert.Equal(ProxyError.ConnectionTerminated, (await FailAsync(silent.Backend)).Error);
    }

    [Fact]
    public async Task Alert_of_the_backend_is_told_as_such()
    {
        using ScriptedBackend backend = new ScriptedBackend("https").Serve(async link =>
        {
            await link.ReadAsync(5);
            await link.SendAsync("\x15\x03\x03\x00\x02\x02\x78"); // fatal: no_application_protocol   RFC 8446 §6
            await link.ReadToCloseAsync();
        });
        Assert.Equal(ProxyError.TlsAlertReceived, (await FailAsync(backend.Backend)).Error);
    }

    [Theory]
    [MemberData(nameof(Usual))]
    public void Failure_of_a_connection_of_ones_own_is_named_by_its_stage(BackendFailureStage stage, BackendFailureKind kind, ProxyError expected) =>
        Assert.Equal(expected, new BackendException(stage, kind, "").Error);

    public static IEnumerable<object[]> Usual() =>
    [
        [BackendFailureStage.Dial, BackendFailureKind.TimedOut, ProxyError.ConnectionTimeout],
        [BackendFailureStage.Tls, BackendFailureKind.TimedOut, ProxyError.ConnectionTimeout],
        [BackendFailureStage.Request, BackendFailureKind.TimedOut, ProxyError.ConnectionWriteTimeout],
        [BackendFailureStage.ResponseHead, BackendFailureKind.TimedOut, ProxyError.HttpResponseTimeout],
        [BackendFailureStage.ResponseBody, BackendFailureKind.TimedOut, ProxyError.ConnectionReadTimeout],
        [BackendFailureStage.Dial, BackendFailureKind.Disconnected, ProxyError.DestinationUnavailable],
        [BackendFailureStage.Tls, BackendFailureKind.Disconnected, ProxyError.TlsProtocolError],
        [BackendFailureStage.Request, BackendFailureKind.Disconnected, ProxyError.ConnectionTerminated],
        [BackendFailureStage.ResponseHead, BackendFailureKind.Disconnected, ProxyError.ConnectionTerminated],
        [BackendFailureStage.ResponseBody, BackendFailureKind.Disconnected, ProxyError.HttpResponseIncomplete],
        [BackendFailureStage.ResponseHead, BackendFailureKind.Malformed, ProxyError.HttpProtocolError],
    ];

    private static async Task<BackendException> FailAsync(Backend backend, UpstreamOptions? options = null)
    {
        using SocketConnectionFactory factory = new(options ?? Unhurried.Upstream(), TimeProvider.System);
        return await Assert.ThrowsAsync<BackendException>(
            () => factory.SendAsync(backend, new ProxyRequest("GET", "/"), default).AsTask().WaitAsync(WireEnd.Patience));
    }

    /// <summary>Lets the time run from the first moment on: so that only the deadline that is meant may lie within its reach.</summary>
    private static async Task<BackendException> TimeOutAsync(Backend backend, ProxyRequest request, UpstreamOptions options)
    {
        FakeTimeProvider time = new();
        using SocketConnectionFactory factory = new(options, time);
        return await Assert.ThrowsAsync<BackendException>(() => Until.EndedAsync(factory.SendAsync(backend, request, default).AsTask(), time));
    }
}

using System;
using System.IO;
using System.Linq;
using System.Net.Sockets;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using GoAround.Core.Hosting;
using GoAround.Core.Tests.Wire;
using GoAround.Core.Upstream;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace GoAround.Core.Tests.Upstream;

public sealed class OwnDialerTests
{
    private static readonly Backend Memory = Backend.Parse("http://memory");

    [Fact]
    public async Task Unix_socket_backend_is_checked_and_asked_over_one_connection()
    {
        string path = Path.Combine(Path.GetTempPath(), $"goaround-{Guid.NewGuid():N}.sock");
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.ListenUnixSocket(path));
        await using WebApplication app = builder.Build();
        app.Run(context => context.Response.WriteAsync($"{context.Request.Host} {context.Request.Path}"));
        await app.StartAsync();
        ScriptedDialer dialer = new(async (backend, cancellationToken) =>
        {
            Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        });
        GoAroundOptions options = new() { Backends = { "http://orders" } };
        await using (Balancer balancer = new(options, new BalancerParts { Dialer = dialer, Time = new FakeTimeProvider() }))
        {
            await balancer.StartAsync(default);
            Assert.Equal(HealthState.Healthy, Assert.Single(balancer.Pool.GetStatus()).State);
            for (int i = 0; i < 3; i++)
            {
                Assert.Equal("orders /a", await AskAsync(balancer, new ProxyRequest("GET", "/a")));
            }

            Assert.Equal(2, dialer.Dialled); // one for the check
        }

        await app.StopAsync(new CancellationToken(canceled: true));
    }

    [Fact]
    public async Task Connection_of_a_dialer_that_has_read_from_it_is_kept()
    {
        using ScriptedBackend backend = new ScriptedBackend().Serve(async link =>
        {
            await link.SendAsync("you are through");
            while (await link.TryReadHeadAsync() is not null)
            {
                await link.SendAsync(WireEnd.Response("ok"));
            }
        });
        ScriptedDialer dialer = new(async (_, cancellationToken) =>
        {
            Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            await socket.ConnectAsync("127.0.0.1", backend.Port, cancellationToken);
            NetworkStream stream = new(socket, ownsSocket: true);
            await stream.ReadExactlyAsync(new byte["you are through".Length], cancellationToken);
            return stream;
        });
        FakeTimeProvider time = new();
        await using Balancer balancer = new(new GoAroundOptions { Backends = { Memory.Address } }, new BalancerParts { Dialer = dialer, Time = time });
        await balancer.StartAsync(default);
        for (int i = 0; i < 3; i++)
        {
            Assert.Equal("ok", await AskAsync(balancer, new ProxyRequest("GET", "/")));
            time.Advance(TimeSpan.FromMilliseconds(10)); // it is looked at before it is used again
        }

        Assert.Equal(2, dialer.Dialled); // one for the check
    }

    [Fact]
    public async Task Backend_in_memory_keeps_its_connection_and_is_never_read_without_room()
    {
        MemoryBackend backend = MemoryBackend.Answering(WireEnd.Response("ok"));
        await using Balancer balancer = new(new GoAroundOptions { Backends = { Memory.Address } }, new BalancerParts { Dialer = backend, Time = new FakeTimeProvider() });
        await balancer.StartAsync(default);
        for (int i = 0; i < 3; i++)
        {
            Assert.Equal("ok", await AskAsync(balancer, new ProxyRequest("GET", "/")));
        }

        Assert.Equal(2, backend.Dialled.Count);
        Assert.All(backend.Dialled, stream => Assert.False(stream.WasLookedOut));
    }

    [Fact]
    public async Task Https_backend_in_memory_is_spoken_to_by_tls_and_must_be_trusted()
    {
        MemoryBackend backend = MemoryBackend.Answering(WireEnd.Response("ok"), TestCertificates.Local);
        Backend address = Backend.Parse("https://localhost");
        UpstreamOptions trusting = Unhurried.Upstream();
        trusting.TrustedRoots.Add(TestCertificates.Root);
        using SocketConnectionFactory factory = new(trusting, TimeProvider.System, dialer: backend);
        await using (ProxyResponse response = await factory.SendAsync(address, new ProxyRequest("GET", "/"), default).AsTask().WaitAsync(WireEnd.Patience))
        {
            Assert.Equal("ok", await ReadAsync(response));
        }

        using SocketConnectionFactory distrusting = new(Unhurried.Upstream(), TimeProvider.System, dialer: backend);
        BackendException failure = await Assert.ThrowsAsync<BackendException>(
            () => distrusting.SendAsync(address, new ProxyRequest("GET", "/"), default).AsTask().WaitAsync(WireEnd.Patience));
        Assert.Equal((BackendFailureStage.Tls, ProxyError.TlsCertificateError), (failure.Stage, failure.Error));
        await Until.TrueAsync(() => backend.Dialled.All(stream => stream.IsClosed), "a connection was left open");
    }

    [Fact]
    public async Task Https_backend_in_memory_that_stops_without_a_closure_alert_is_cut_short()
    {
        MemoryBackend backend = new(
            async stream =>
            {
                await MemoryBackend.ReadHeadAsync(stream);
                await stream.WriteAsync("HTTP/1.0 200 OK\r\n\r\nhal"u8.ToArray());
                throw new IOException("gone");
            },
            TestCertificates.Local);
        GoAroundOptions options = new() { Backends = { "https://localhost" } };
        options.Upstream.TrustedRoots.Add(TestCertificates.Root);
        await using Balancer balancer = new(options, new BalancerParts { Dialer = backend, Time = new FakeTimeProvider() });
        await balancer.StartAsync(default);
        await using ProxyResponse response = await balancer.Handler.HandleAsync(new ProxyRequest("GET", "/"), default).AsTask().WaitAsync(WireEnd.Patience);
        BackendException failure = await Assert.ThrowsAsync<BackendException>(() => ReadAsync(response).WaitAsync(WireEnd.Patience));
        Assert.Equal(BackendFailureStage.ResponseBody, failure.Stage);
    }

    [Theory]
    [InlineData(typeof(SocketException), ProxyError.ConnectionRefused)]
    [InlineData(typeof(IOException), ProxyError.DestinationUnavailable)]
    [InlineData(typeof(TimeoutException), ProxyError.ConnectionTimeout)]
    public async Task Failed_dial_is_told_as_one_and_any_request_is_tried_elsewhere(Type fault, ProxyError error)
    {
        MemoryBackend well = new(async stream =>
        {
            while (await MemoryBackend.ReadHeadAsync(stream) is { } head)
            {
                if (head.StartsWith("POST", StringComparison.Ordinal))
                {
                    await stream.ReadExactlyAsync(new byte[3]);
                }

                await stream.WriteAsync(Encoding.Latin1.GetBytes(WireEnd.Response("ok")));
            }
        });
        bool isBroken = false;
        ScriptedDialer dialer = new((backend, cancellationToken) => isBroken && backend.Host == "ill"
            ? throw (fault == typeof(SocketException) ? new SocketException((int)SocketError.ConnectionRefused) : (Exception)Activator.CreateInstance(fault, "no way")!)
            : well.DialAsync(backend, cancellationToken));
        using (SocketConnectionFactory factory = new(Unhurried.Upstream(), TimeProvider.System, dialer: dialer))
        {
            isBroken = true;
            BackendException failure = await Assert.ThrowsAsync<BackendException>(
                () => factory.SendAsync(Backend.Parse("http://ill"), new ProxyRequest("GET", "/"), default).AsTask());
            Assert.Equal((BackendFailureStage.Dial, error), (failure.Stage, failure.Error));
            Assert.IsType(fault, failure.InnerException);
        }

        isBroken = false;
        await using Balancer balancer = new(new GoAroundOptions { Backends = { "http://ill", "http://well" } }, new BalancerParts { Dialer = dialer, Time = new FakeTimeProvider() });
        await balancer.StartAsync(default);
        isBroken = true;
        for (int i = 0; i < 4; i++)
        {
            Assert.Equal("ok", await AskAsync(balancer, new ProxyRequest("POST", "/") { Body = MessageBody.FromBytes("abc"u8.ToArray()) }));
        }
    }

    [Fact]
    public async Task Dial_that_takes_too_long_times_out()
    {
        FakeTimeProvider time = new();
        ScriptedDialer dialer = new(async (_, cancellationToken) =>
        {
            await Task.Delay(Timeout.Infinite, cancellationToken);
            return Stream.Null;
        });
        using SocketConnectionFactory factory = new(new UpstreamOptions(), time, dialer: dialer);
        Task<ProxyResponse> send = factory.SendAsync(Memory, new ProxyRequest("GET", "/"), default).AsTask();
        BackendException failure = await Assert.ThrowsAsync<BackendException>(() => Until.EndedAsync(send, time));
        Assert.Equal((BackendFailureStage.Dial, BackendFailureKind.TimedOut), (failure.Stage, failure.Kind));
    }

    [Fact]
    public async Task Caller_that_gives_up_ends_the_dial()
    {
        using CancellationTokenSource caller = new();
        ScriptedDialer dialer = new(async (_, cancellationToken) =>
        {
            await caller.CancelAsync();
            await Task.Delay(Timeout.Infinite, cancellationToken);
            return Stream.Null;
        });
        using SocketConnectionFactory factory = new(Unhurried.Upstream(), TimeProvider.System, dialer: dialer);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => factory.SendAsync(Memory, new ProxyRequest("GET", "/"), caller.Token).AsTask().WaitAsync(WireEnd.Patience));
    }

    [Theory]
    [InlineData(typeof(SocketException))]
    [InlineData(typeof(IOException))]
    [InlineData(typeof(TimeoutException))]
    [InlineData(typeof(ObjectDisposedException))]
    public async Task Dial_that_fails_since_it_was_given_up_is_no_fault_of_the_backend(Type fault)
    {
        using CancellationTokenSource caller = new();
        ScriptedDialer leaving = new(async (_, cancellationToken) =>
        {
            await caller.CancelAsync();
            Assert.True(cancellationToken.IsCancellationRequested);
            throw (Exception)Activator.CreateInstance(fault, fault == typeof(SocketException) ? (int)SocketError.OperationAborted : "gone")!;
        });
        using (SocketConnectionFactory factory = new(Unhurried.Upstream(), TimeProvider.System, dialer: leaving))
        {
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => factory.SendAsync(Memory, new ProxyRequest("GET", "/"), caller.Token).AsTask());
        }

        FakeTimeProvider time = new();
        ScriptedDialer late = new(async (_, cancellationToken) =>
        {
            await Task.Delay(Timeout.Infinite, cancellationToken).ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
            throw (Exception)Activator.CreateInstance(fault, fault == typeof(SocketException) ? (int)SocketError.OperationAborted : "gone")!;
        });
        using SocketConnectionFactory slow = new(new UpstreamOptions(), time, dialer: late);
        Task<ProxyResponse> send = slow.SendAsync(Memory, new ProxyRequest("GET", "/"), default).AsTask();
        BackendException failure = await Assert.ThrowsAsync<BackendException>(() => Until.EndedAsync(send, time));
        Assert.Equal((BackendFailureStage.Dial, BackendFailureKind.TimedOut), (failure.Stage, failure.Kind));
    }

    [Fact]
    public async Task Cancelled_exchange_ends_the_read_and_disposes_the_stream()
    {
        using CancellationTokenSource caller = new();
        MemoryBackend backend = new(async stream =>
        {
            await MemoryBackend.ReadHeadAsync(stream);
            await caller.CancelAsync();
            Assert.Null(await MemoryBackend.ReadHeadAsync(stream));
        });
        using SocketConnectionFactory factory = new(Unhurried.Upstream(), TimeProvider.System, dialer: backend);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => factory.SendAsync(Memory, new ProxyRequest("GET", "/"), caller.Token).AsTask().WaitAsync(WireEnd.Patience));
        await Until.TrueAsync(() => Assert.Single(backend.Dialled).IsClosed, "the stream was not disposed");
    }

    [Fact]
    public async Task Stream_that_throws_whatever_it_likes_is_a_broken_backend()
    {
        MemoryBackend backend = new(async stream =>
        {
            await MemoryBackend.ReadHeadAsync(stream);
            await stream.WriteAsync("H"u8.ToArray());
            await MemoryBackend.ReadHeadAsync(stream);
        });
        ScriptedDialer dialer = new(async (address, cancellationToken) =>
        {
            PairedStream stream = (PairedStream)await backend.DialAsync(address, cancellationToken);
            stream.Fault = new NotImplementedException("half a stream");
            return stream;
        });
        using SocketConnectionFactory factory = new(Unhurried.Upstream(), TimeProvider.System, dialer: dialer);
        BackendException failure = await Assert.ThrowsAsync<BackendException>(
            () => factory.SendAsync(Memory, new ProxyRequest("GET", "/"), default).AsTask().WaitAsync(WireEnd.Patience));
        Assert.Equal((BackendFailureStage.ResponseHead, BackendFailureKind.Disconnected), (failure.Stage, failure.Kind));
        Assert.IsType<NotImplementedException>(failure.InnerException);
        Assert.Contains("half a stream", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Idle_stream_that_the_backend_has_closed_is_not_used_again()
    {
        MemoryBackend backend = new(async stream =>
        {
            await MemoryBackend.ReadHeadAsync(stream);
            await stream.WriteAsync(Encoding.Latin1.GetBytes(WireEnd.Response("ok")));
        });
        await using Balancer balancer = new(new GoAroundOptions { Backends = { Memory.Address } }, new BalancerParts { Dialer = backend, Time = new FakeTimeProvider() });
        await balancer.StartAsync(default);
        for (int i = 2; i < 5; i++)
        {
            Assert.Equal("ok", await AskAsync(balancer, new ProxyRequest("POST", "/")));
            await Until.TrueAsync(() => balancer.Connections.CountSockets(Memory).Open == 0, "the end was not noticed");
            Assert.Equal(i, backend.Dialled.Count);
        }
    }

    [Fact]
    public async Task Upload_larger_than_the_streams_room_and_its_answer_pass_through()
    {
        byte[] content = [.. Enumerable.Range(0, 300_000).Select(i => (byte)i)];
        MemoryBackend backend = new(async stream =>
        {
            while (await MemoryBackend.ReadHeadAsync(stream) is { } head)
            {
                byte[] body = new byte[head.StartsWith("PUT", StringComparison.Ordinal) ? content.Length : 0];
                await stream.ReadExactlyAsync(body);
                await stream.WriteAsync(Encoding.Latin1.GetBytes($"HTTP/1.1 200 OK\r\nContent-Length: {body.Length}\r\n\r\n"));
                await stream.WriteAsync(body);
            }
        });
        await using Balancer balancer = new(new GoAroundOptions { Backends = { Memory.Address } }, new BalancerParts { Dialer = backend, Time = new FakeTimeProvider() });
        await balancer.StartAsync(default);
        Assert.Equal(
            Encoding.Latin1.GetString(content),
            await AskAsync(balancer, new ProxyRequest("PUT", "/") { Body = MessageBody.FromBytes(content) }));
    }

    [Fact]
    public async Task Tunnel_over_a_stream_goes_both_ways_and_lasts_until_the_backend_ends_it()
    {
        MemoryBackend backend = new(async stream =>
        {
            await MemoryBackend.ReadHeadAsync(stream);
            await stream.WriteAsync("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n"u8.ToArray());
            byte[] five = new byte[5];
            await stream.ReadExactlyAsync(five);
            await stream.WriteAsync(five);
        });
        ProxyFixture.Setup setup = new() { Dialer = backend };
        await using ProxyFixture proxy = await ProxyFixture.OpenAsync(setup);
        await proxy.Pool.ReplaceAsync([Memory], default);
        using WireEnd client = await proxy.ConnectAsync();
        await client.SendAsync("GET / HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\nhello");
        Assert.StartsWith("HTTP/1.1 101 ", await client.ReadHeadAsync(), StringComparison.Ordinal);
        Assert.Equal("hello", await client.ReadToEndAsync());
        client.ShutdownSend();
        await proxy.UntilNothingIsInFlightAsync();
        await Until.TrueAsync(() => Assert.Single(backend.Dialled).IsClosed, "the stream was not disposed");
    }

    [Fact]
    public async Task Dialer_among_the_services_is_used_under_a_name_and_without()
    {
        MemoryBackend named = MemoryBackend.Answering(WireEnd.Response("named"));
        MemoryBackend unnamed = MemoryBackend.Answering(WireEnd.Response("unnamed"));
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddSingleton<IBackendDialer>(unnamed);
        builder.Services.AddKeyedSingleton<IBackendDialer>("orders", named);
        builder.Services.AddGoAroundPool("orders", options => options.Backends.Add(Memory.Address));
        builder.Services.AddGoAround(options =>
        {
            options.Server.Port = 0;
            options.Backends.Add(Memory.Address);
        });
        using IHost host = builder.Build();
        await host.StartAsync();
        Assert.Equal("named", await AskAsync(host.Services.GetRequiredKeyedService<Balancer>("orders"), new ProxyRequest("GET", "/")));
        await using ProxyResponse response = await host.Services.GetRequiredService<ProxyHandler>().HandleAsync(new ProxyRequest("GET", "/"), default);
        Assert.Equal("unnamed", await ReadAsync(response));
        await host.StopAsync(new CancellationToken(canceled: true));
    }

    private static async Task<string> AskAsync(Balancer balancer, ProxyRequest request)
    {
        await using ProxyResponse response = await balancer.Handler.HandleAsync(request, default).AsTask().WaitAsync(WireEnd.Patience);
        return await ReadAsync(response).WaitAsync(WireEnd.Patience);
    }

    private static async Task<string> ReadAsync(ProxyResponse response)
    {
        StringBuilder text = new();
        while (await response.Body.ReadAsync(default) is { IsEmpty: false } piece)
        {
            text.Append(Encoding.Latin1.GetString(piece.Span));
        }

        return text.ToString();
    }
}

using System;
using System.IO;
using System.Net;
using System.Net.Http;
using System.Net.WebSockets;
using System.Security.Cryptography;
using System.Threading;
using System.Threading.Tasks;
using GoAround.Core.Tests.Wire;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace GoAround.AspNetCore.Tests;

public sealed class UpgradeTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Messages_of_a_web_socket_go_both_ways(bool isHttp2)
    {
        await using WebSocketBackend backend = await WebSocketBackend.OpenAsync(WebSocketBackend.EchoAsync);
        await using Gateway gateway = await Gateway.OpenAsync(new Gateway.Setup(), backend.Backend);
        using ClientWebSocket client = new();
        using HttpMessageInvoker invoker = await ConnectAsync(client, gateway, isHttp2);
        byte[] buffer = new byte[100_000];
        foreach (int length in (int[])[0, 1, 126, 65_000])
        {
            byte[] message = RandomNumberGenerator.GetBytes(length);
            await client.SendAsync(message, WebSocketMessageType.Binary, true, default).WaitAsync(WireEnd.Patience);
            int count = 0;
            ValueWebSocketReceiveResult received;
            do
            {
                received = await client.ReceiveAsync(buffer.AsMemory(count), default).AsTask().WaitAsync(WireEnd.Patience);
                count += received.Count;
            }
            while (!received.EndOfMessage);

            Assert.Equal(message, buffer[..count]);
        }

        await client.CloseAsync(WebSocketCloseStatus.NormalClosure, "bye", default).WaitAsync(WireEnd.Patience);
        Assert.Equal((WebSocketCloseStatus.NormalClosure, "bye"), (client.CloseStatus, client.CloseStatusDescription));
        await gateway.UntilIdleAsync(1);
        Assert.Equal(isHttp2 ? 200 : 101, Assert.Single(gateway.Events.Ended).Status);
        gateway.ExpectNoErrors();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Client_that_takes_nothing_is_closed_after_the_tunnels_timeout(bool isHttp2)
    {
        FakeTimeProvider time = new();
        Gateway.Setup setup = new()
        {
            Services = services => services.AddSingleton<TimeProvider>(time),
            Options = options => options.Upstream.TunnelTimeout = TimeSpan.FromMinutes(5),
        };
        byte[] message = new byte[64 * 1024];
        await using WebSocketBackend backend = await WebSocketBackend.OpenAsync(async socket =>
        {
            while (true) // until it is closed
            {
                await socket.SendAsync(message, WebSocketMessageType.Binary, true, default);
            }
        });
        await using Gateway gateway = await Gateway.OpenAsync(setup, backend.Backend);
        using ClientWebSocket client = new();
        using HttpMessageInvoker invoker = await ConnectAsync(client, gateway, isHttp2);
        await Until.EndedAsync(IdleAsync(), time);
        gateway.ExpectNoErrors();

        async Task<bool> IdleAsync()
        {
            await gateway.UntilIdleAsync(1);
            return true;
        }
    }

    [Fact]
    public async Task Piece_that_is_taken_in_the_moment_in_which_its_time_runs_out_is_taken_and_the_tunnel_goes_on()
    {
        RunningOut time = new(TimeSpan.FromMinutes(5));
        Gateway.Setup setup = new()
        {
            Services = services => services.AddSingleton<TimeProvider>(time),
            Options = options => options.Upstream.TunnelTimeout = time.Limit,
            Map = app =>
            {
                app.Use((HttpContext context, RequestDelegate next) =>
                {
                    IHttpUpgradeFeature upgrade = context.Features.GetRequiredFeature<IHttpUpgradeFeature>();
                    context.Features.Set<IHttpUpgradeFeature>(new SlowUpgrade(upgrade, time));
                    return next(context);
                });
                app.UseGoAround(Gateway.Pool);
            },
        };
        using ScriptedBackend backend = new();
        await using Gateway gateway = await Gateway.OpenAsync(setup, backend);
        using WireEnd client = await gateway.ConnectAsync();
        await client.SendAsync("GET / HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: raw/1\r\n\r\n");
        using WireEnd link = await backend.AcceptAsync();
        await link.ReadHeadAsync();
        await link.SendAsync("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: raw/1\r\n\r\nearly");
        await client.ReadHeadAsync();
        await client.ExpectAsync("early");
        await time.HasRunOut.WaitAsync(WireEnd.Patience);
        await link.SendAsync("last");
        link.ShutdownSend();
        Assert.Equal("last", await client.ReadToCloseAsync());
        await gateway.UntilIdleAsync(1);
        Assert.Empty(gateway.Events.Errors);
        gateway.ExpectNoErrors();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Server_may_close_first(bool isHttp2)
    {
        await using WebSocketBackend backend = await WebSocketBackend.OpenAsync(socket => socket.CloseAsync(WebSocketCloseStatus.EndpointUnavailable, "going home", default));
        await using Gateway gateway = await Gateway.OpenAsync(new Gateway.Setup(), backend.Backend);
        using ClientWebSocket client = new();
        using HttpMessageInvoker invoker = await ConnectAsync(client, gateway, isHttp2);
        WebSocketReceiveResult received = await client.ReceiveAsync(new byte[10], default).WaitAsync(WireEnd.Patience);
        Assert.Equal((WebSocketMessageType.Close, "going home"), (received.MessageType, received.CloseStatusDescription));
        await client.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, default);
        await gateway.UntilIdleAsync(1);
        gateway.ExpectNoErrors();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Client_that_vanishes_ends_the_servers_socket_and_server_that_vanishes_the_clients(bool isHttp2)
    {
        TaskCompletionSource<Exception?> ended = new();
        await using WebSocketBackend backend = await WebSocketBackend.OpenAsync(async socket =>
        {
            byte[] buffer = new byte[10];
            WebSocketReceiveResult received;
            try
            {
                received = await socket.ReceiveAsync(buffer, default);
            }
            catch (WebSocketException error)
            {
                ended.SetResult(error);
                return;
            }

            Assert.Equal(2, received.Count);
            socket.Abort();
        });
        await using Gateway gateway = await Gateway.OpenAsync(new Gateway.Setup(), backend.Backend);
        using (ClientWebSocket client = new())
        {
            using HttpMessageInvoker invoker = await ConnectAsync(client, gateway, isHttp2);
            client.Abort();
            Assert.IsType<WebSocketException>(await ended.Task.WaitAsync(WireEnd.Patience));
        }

        using (ClientWebSocket client = new())
        {
            using HttpMessageInvoker invoker = await ConnectAsync(client, gateway, isHttp2);
            await client.SendAsync("go"u8.ToArray(), WebSocketMessageType.Text, true, default);
            await Assert.ThrowsAsync<WebSocketException>(() => client.ReceiveAsync(new byte[10], default).WaitAsync(WireEnd.Patience));
        }

        await gateway.UntilIdleAsync(2);
        gateway.ExpectNoErrors();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Refusal_of_the_backend_reaches_the_client(bool isHttp2)
    {
        using ScriptedBackend backend = new ScriptedBackend().Answer(WireEnd.Response("no", "403 Forbidden"));
        await using Gateway gateway = await Gateway.OpenAsync(backend);
        using ClientWebSocket client = new() { Options = { CollectHttpResponseDetails = true } };
        await Assert.ThrowsAsync<WebSocketException>(() => ConnectAsync(client, gateway, isHttp2));
        Assert.Equal(HttpStatusCode.Forbidden, client.HttpStatusCode);
        string head = Assert.Single(backend.Heads);
        Assert.StartsWith("GET /chat HTTP/1.1\r\n", head, StringComparison.Ordinal);
        Assert.Equal(("Upgrade", "websocket", "13"), (HeadText.Field(head, "Connection"), HeadText.Field(head, "Upgrade"), HeadText.Field(head, "Sec-WebSocket-Version")));
        Assert.Equal(16, Convert.FromBase64String(HeadText.Field(head, "Sec-WebSocket-Key")).Length);
    }

    [Fact]
    public async Task Backend_that_does_not_know_the_key_speaks_no_web_socket()
    {
        using ScriptedBackend backend = new ScriptedBackend().Serve(async link =>
        {
            await link.ReadHeadAsync();
            await link.SendAsync("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: x\r\n\r\n");
            await link.ReadToCloseAsync();
        });
        await using Gateway gateway = await Gateway.OpenAsync(backend);
        using ClientWebSocket client = new() { Options = { CollectHttpResponseDetails = true } };
        await Assert.ThrowsAsync<WebSocketException>(() => ConnectAsync(client, gateway, isHttp2: true));
        Assert.Equal(HttpStatusCode.BadGateway, client.HttpStatusCode);
        await gateway.UntilIdleAsync(1);
    }

    [Fact]
    public async Task Any_protocol_may_be_upgraded_to_but_for_h2c()
    {
        using ScriptedBackend backend = new();
        await using Gateway gateway = await Gateway.OpenAsync(backend);
        using WireEnd client = await gateway.ConnectAsync();
        await client.SendAsync("GET / HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: raw/1\r\n\r\n");
        using WireEnd link = await backend.AcceptAsync();
        Assert.Equal("raw/1", HeadText.Field(await link.ReadHeadAsync(), "Upgrade"));
        await link.SendAsync("HTTP/1.1 101 Switching Protocols\r\nDate: D\r\nConnection: Upgrade\r\nUpgrade: raw/1\r\nX-A: 1\r\n\r\nearly");
        Assert.Equal("HTTP/1.1 101 Switching Protocols\nConnection: Upgrade\nDate: D\nUpgrade: raw/1\nX-A: 1", HeadText.Sorted(await client.ReadHeadAsync()));
        await client.ExpectAsync("early");
        await client.SendAsync("ping");
        await link.ExpectAsync("ping");
        await link.SendAsync("last");
        link.ShutdownSend();
        Assert.Equal("last", await client.ReadToCloseAsync());
        Assert.Equal("", await link.ReadToCloseAsync());
        await gateway.UntilIdleAsync(1);
        Assert.Empty(gateway.Events.Errors);

        using WireEnd other = await gateway.ConnectAsync();
        await other.SendAsync("GET / HTTP/1.1\r\nHost: h\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: x\r\n\r\n");
        using WireEnd next = await backend.AcceptAsync();
        string head = await next.ReadHeadAsync();
        Assert.Equal(("", "", ""), (HeadText.Field(head, "Upgrade"), HeadText.Field(head, "Connection"), HeadText.Field(head, "HTTP2-Settings")));
        await next.SendAsync(WireEnd.Response("ok"));
        Assert.Equal("ok", (await ReceivedAnswer.ReadAsync(other)).Body);
        gateway.ExpectNoErrors();
    }

    [Fact]
    public async Task Upgrade_over_Kestrels_limit_is_answered_503()
    {
        using ScriptedBackend backend = new ScriptedBackend().Serve(async link =>
        {
            await link.ReadHeadAsync();
            await link.SendAsync("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: raw\r\n\r\n");
            await link.ReadToCloseAsync();
        });
        await using Gateway gateway = await Gateway.OpenAsync(new Gateway.Setup { Kestrel = kestrel => kestrel.Limits.MaxConcurrentUpgradedConnections = 0 }, backend);
        using WireEnd client = await gateway.ConnectAsync();
        await client.SendAsync("GET / HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: raw\r\n\r\n");
        ReceivedAnswer answer = await ReceivedAnswer.ReadAsync(client);
        Assert.Equal((503, "Too many upgraded connections are open.\n", ""), (answer.StatusCode, answer.Body, HeadText.Field(answer.Head, "Upgrade")));
        await gateway.UntilIdleAsync(1);
        gateway.ExpectNoErrors();
    }

    private static async Task<HttpMessageInvoker> ConnectAsync(ClientWebSocket client, Gateway gateway, bool isHttp2)
    {
        HttpMessageInvoker invoker = new(new SocketsHttpHandler());
        client.Options.HttpVersion = isHttp2 ? HttpVersion.Version20 : HttpVersion.Version11;
        client.Options.HttpVersionPolicy = HttpVersionPolicy.RequestVersionExact;
        await client.ConnectAsync(new Uri($"ws://127.0.0.1:{(isHttp2 ? gateway.Http2Port : gateway.Port)}/chat"), invoker, default).WaitAsync(WireEnd.Patience);
        return invoker;
    }

    /// <summary>Manual time that runs to a limit by itself in the moment in which what the limit is for has ended, before anybody who waits for it is told.</summary>
    private sealed class RunningOut(TimeSpan limit) : FakeTimeProvider
    {
        private readonly TaskCompletionSource _isTimed = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _hasRunOut = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private Task? _awaited;

        public TimeSpan Limit => limit;

        public Task HasRunOut => _hasRunOut.Task;

        /// <summary>A task that ends together with its time.</summary>
        public Task LimitedAsync()
        {
            TaskCompletionSource end = new();
            _awaited = end.Task;
            _ = end.Task.ContinueWith(_ => Advance(limit), default, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default); // the first in line
            _isTimed.Task.ContinueWith(
                _ =>
                {
                    end.SetResult();
                    _hasRunOut.SetResult();
                },
                TaskScheduler.Default);
            return end.Task;
        }

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            ITimer timer = base.CreateTimer(callback, state, dueTime, period);
            if (dueTime == limit && _awaited is not null)
            {
                _isTimed.TrySetResult(); // whoever waits with this limit stands in line
            }

            return timer;
        }
    }

    private sealed class SlowUpgrade(IHttpUpgradeFeature inner, RunningOut time) : IHttpUpgradeFeature
    {
        public bool IsUpgradableRequest => inner.IsUpgradableRequest;

        public async Task<Stream> UpgradeAsync() => new SlowStream(await inner.UpgradeAsync(), time);
    }

    /// <summary>Passes everything on at once, and says so of the first piece as its time runs out.</summary>
    private sealed class SlowStream(Stream inner, RunningOut time) : Stream
    {
        private bool _isFurther;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => inner.ReadAsync(buffer, cancellationToken);

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            ValueTask writing = inner.WriteAsync(buffer, cancellationToken);
            if (_isFurther)
            {
                return writing;
            }

            _isFurther = true;
            Assert.True(writing.IsCompletedSuccessfully); // a few bytes
            return new(time.LimitedAsync());
        }

        public override void Flush() => inner.Flush();

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}

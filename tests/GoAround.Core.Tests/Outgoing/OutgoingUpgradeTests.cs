using System;
using System.IO;
using System.Net;
using System.Net.Http;
using System.Net.WebSockets;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using GoAround.Core.Hosting;
using GoAround.Core.Tests.Wire;
using Xunit;

namespace GoAround.Core.Tests.Outgoing;

public sealed class OutgoingUpgradeTests
{
    [Fact]
    public async Task Client_web_socket_talks_to_a_backend_and_closes_in_order()
    {
        await using WebSocketBackend backend = await WebSocketBackend.OpenAsync(WebSocketBackend.EchoAsync);
        await using BalancingHttpHandler handler = new(options => options.Backends.Add(backend.Backend.Address));
        using HttpMessageInvoker invoker = new(handler);
        using ClientWebSocket socket = new();
        using CancellationTokenSource connecting = new();
        await socket.ConnectAsync(new Uri("ws://chat/room"), invoker, connecting.Token).WaitAsync(WireEnd.Patience);
        await connecting.CancelAsync(); // it was for the connecting only
        byte[] received = new byte[100_000];
        foreach (int length in new[] { 0, 5, 70_000 })
        {
            byte[] sent = Encoding.ASCII.GetBytes(new string('x', length));
            await socket.SendAsync(sent, WebSocketMessageType.Binary, true, default).WaitAsync(WireEnd.Patience);
            int count = 0;
            WebSocketReceiveResult result;
            do
            {
                result = await socket.ReceiveAsync(new ArraySegment<byte>(received, count, received.Length - count), default).WaitAsync(WireEnd.Patience);
                count += result.Count;
            }
            while (!result.EndOfMessage);
            Assert.Equal(sent, received[..count]);
        }

        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, "bye", default).WaitAsync(WireEnd.Patience);
        Assert.Equal(WebSocketState.Closed, socket.State);
        Assert.Equal("bye", socket.CloseStatusDescription);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Client_web_socket_that_is_given_up_while_it_receives_closes_the_tunnel(bool isCancelled)
    {
        using ScriptedBackend backend = new();
        await using OutgoingFixture fixture = new(backend);
        using ClientWebSocket socket = new();
        Task connect = socket.ConnectAsync(new Uri("ws://chat/room"), fixture.Invoker, default);
        using WireEnd link = await backend.AcceptAsync();
        await AcceptAsync(link);
        await connect.WaitAsync(WireEnd.Patience);
        using CancellationTokenSource stop = new();
        Task receive = socket.ReceiveAsync(new byte[10], stop.Token);
        if (isCancelled)
        {
            await stop.CancelAsync();
        }
        else
        {
            socket.Abort();
        }

        await Assert.ThrowsAnyAsync<Exception>(() => receive.WaitAsync(WireEnd.Patience));
        await link.ReadToCloseAsync();
        await fixture.UntilNothingIsInFlightAsync();
    }

    [Fact]
    public async Task Stream_of_an_upgraded_connection_goes_both_ways_and_its_disposal_ends_the_backends_half()
    {
        using ScriptedBackend backend = new();
        await using OutgoingFixture fixture = new(backend);
        using HttpRequestMessage request = new(HttpMethod.Get, "http://orders/");
        request.Headers.Connection.Add("Upgrade");
        request.Headers.Upgrade.ParseAdd("echo/1");
        Task<HttpResponseMessage> send = fixture.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        using WireEnd link = await backend.AcceptAsync();
        Assert.Equal("GET / HTTP/1.1\r\nHost: orders\r\nConnection: Upgrade\r\nUpgrade: echo/1\r\n\r\n", await link.ReadHeadAsync());
        await link.SendAsync("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo/1\r\n\r\nearly");
        using HttpResponseMessage response = await send.WaitAsync(WireEnd.Patience);
        Assert.Equal(HttpStatusCode.SwitchingProtocols, response.StatusCode);
        Assert.Equal("Upgrade", response.Headers.Connection.ToString());
        Assert.Equal("echo/1", response.Headers.Upgrade.ToString());
        Stream stream = await response.Content.ReadAsStreamAsync();
        Assert.True(stream.CanWrite);
        byte[] received = new byte[5];
        await stream.ReadExactlyAsync(received).AsTask().WaitAsync(WireEnd.Patience);
        Assert.Equal("early"u8.ToArray(), received);
        await stream.WriteAsync("there"u8.ToArray());
        await link.ExpectAsync("there");
        link.ShutdownSend();
        Assert.Equal(0, await stream.ReadAsync(received).AsTask().WaitAsync(WireEnd.Patience));
        await stream.DisposeAsync();
        await link.ReadToCloseAsync();
        await fixture.UntilNothingIsInFlightAsync();
    }

    [Fact]
    public async Task Write_that_is_cancelled_or_comes_too_late_ends_with_an_error()
    {
        using ScriptedBackend backend = new();
        await using OutgoingFixture fixture = new(backend);
        using HttpRequestMessage request = new(HttpMethod.Get, "http://orders/");
        request.Headers.Connection.Add("Upgrade");
        request.Headers.Upgrade.ParseAdd("websocket");
        Task<HttpResponseMessage> send = fixture.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        using WireEnd link = await backend.AcceptAsync();
        await AcceptAsync(link);
        using HttpResponseMessage response = await send.WaitAsync(WireEnd.Patience);
        Stream stream = await response.Content.ReadAsStreamAsync();
        using CancellationTokenSource writer = new();
        Task write = stream.WriteAsync(new byte[50_000_000], writer.Token).AsTask(); // more than the system takes, and nobody reads
        await writer.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => write.WaitAsync(WireEnd.Patience));
        await Assert.ThrowsAsync<IOException>(() => stream.WriteAsync(new byte[1]).AsTask().WaitAsync(WireEnd.Patience));
        await fixture.UntilNothingIsInFlightAsync();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Write_to_a_backend_that_is_gone_ends_with_an_error_though_nobody_reads(bool isReset)
    {
        using ScriptedBackend backend = new();
        await using OutgoingFixture fixture = new(backend);
        using HttpRequestMessage request = new(HttpMethod.Get, "http://orders/");
        request.Headers.Connection.Add("Upgrade");
        request.Headers.Upgrade.ParseAdd("websocket");
        Task<HttpResponseMessage> send = fixture.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        using WireEnd link = await backend.AcceptAsync();
        await AcceptAsync(link);
        using HttpResponseMessage response = await send.WaitAsync(WireEnd.Patience);
        Stream stream = await response.Content.ReadAsStreamAsync();
        if (isReset)
        {
            link.Reset();
        }
        else
        {
            link.Dispose();
        }

        await Assert.ThrowsAsync<IOException>(async () =>
        {
            while (true) // the first ones may still be taken by the system
            {
                await stream.WriteAsync(new byte[1000]).AsTask().WaitAsync(WireEnd.Patience);
            }
        });
    }

    [Fact]
    public async Task Refused_upgrade_is_a_usual_answer()
    {
        using ScriptedBackend backend = new ScriptedBackend().Answer(WireEnd.Response("no", "403 Forbidden"));
        await using OutgoingFixture fixture = new(backend);
        using ClientWebSocket socket = new();
        socket.Options.CollectHttpResponseDetails = true;
        await Assert.ThrowsAsync<WebSocketException>(() => socket.ConnectAsync(new Uri("ws://chat/room"), fixture.Invoker, default).WaitAsync(WireEnd.Patience));
        Assert.Equal(HttpStatusCode.Forbidden, socket.HttpStatusCode);
        await fixture.UntilNothingIsInFlightAsync();
    }

    private static async Task AcceptAsync(WireEnd link)
    {
        string head = await link.ReadHeadAsync();
        int at = head.IndexOf("Sec-WebSocket-Key: ", StringComparison.Ordinal);
        string key = at < 0 ? "" : head[(at + 19)..].Split('\r')[0];
#pragma warning disable CA5350 // RFC 6455 §4.2.2 asks for it
        string accept = Convert.ToBase64String(System.Security.Cryptography.SHA1.HashData(Encoding.ASCII.GetBytes(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")));
#pragma warning restore CA5350
        await link.SendAsync($"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: {accept}\r\n\r\n");
    }
}

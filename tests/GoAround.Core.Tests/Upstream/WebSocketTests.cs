using System;
using System.Linq;
using System.Net.WebSockets;
using System.Security.Cryptography;
using System.Text;
using System.Threading.Tasks;
using GoAround.Core.Tests.Wire;
using Xunit;

namespace GoAround.Core.Tests.Upstream;

/// <summary>The WebSockets of .NET on both sides, and the balancer between them.</summary>
public sealed class WebSocketTests
{
    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(true, true)]
    public async Task Messages_of_every_kind_and_size_go_both_ways(bool isTlsInFront, bool isTlsBehind)
    {
        await using WebSocketBackend backend = await WebSocketBackend.OpenAsync(WebSocketBackend.EchoAsync, isTlsBehind ? TestCertificates.Local : null);
        await using ProxyFixture proxy = await OpenAsync(backend, isTlsInFront);
        using ClientWebSocket client = await ConnectAsync(proxy, isTlsInFront);
        await client.SendAsync(Encoding.UTF8.GetBytes("grüezi"), WebSocketMessageType.Text, true, default);
        Assert.Equal((WebSocketMessageType.Text, "grüezi"), await ReceiveTextAsync(client));
        foreach (int length in new[] { 0, 1, 125, 126, 65_535, 65_536, 1_000_000 })
        {
            byte[] message = RandomNumberGenerator.GetBytes(length);
            Task<byte[]> receiving = ReceiveAsync(client);
            await client.SendAsync(message, WebSocketMessageType.Binary, true, default).WaitAsync(WireEnd.Patience);
            Assert.Equal(message, await receiving);
        }

        await CloseAsync(client);
        await proxy.UntilNothingIsInFlightAsync();
        proxy.ExpectNoErrors();
    }

    [Fact]
    public async Task Pings_are_answered_through_it()
    {
        await using WebSocketBackend backend = await WebSocketBackend.OpenAsync(WebSocketBackend.EchoAsync);
        await using ProxyFixture proxy = await OpenAsync(backend, false);
        using WireEnd client = await proxy.ConnectAsync();
        await client.SendAsync("GET /chat HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 101 ", await client.ReadHeadAsync());
        for (int i = 0; i < 20; i++)
        {
            await client.SendAsync("\u0089\u0084\0\0\0\0ping"); // a frame of 4 bytes, masked with zeros   RFC 6455 §5.2
            await client.ExpectAsync("\u008a\u0004ping");
        }

        await client.SendAsync("\u0088\u0082\0\0\0\0\u0003\u00e8");
        await client.ExpectAsync("\u0088\u0002\u0003\u00e8");
        client.Dispose();
        await proxy.UntilNothingIsInFlightAsync();
    }

    [Fact]
    public async Task Server_may_close_first()
    {
        await using WebSocketBackend backend = await WebSocketBackend.OpenAsync(
            socket => socket.CloseAsync(WebSocketCloseStatus.EndpointUnavailable, "going home", default));
        await using ProxyFixture proxy = await OpenAsync(backend, false);
        using ClientWebSocket client = await ConnectAsync(proxy, false);
        WebSocketReceiveResult received = await client.ReceiveAsync(new byte[10], default).WaitAsync(WireEnd.Patience);
        Assert.Equal((WebSocketMessageType.Close, "going home"), (received.MessageType, received.CloseStatusDescription));
        await client.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, default);
        await proxy.UntilNothingIsInFlightAsync();
        await Until.TrueAsync(() => proxy.Events.OpenConnections == 0, "the session did not end");
        proxy.ExpectNoErrors();
    }

    [Fact]
    public async Task Client_that_vanishes_ends_the_servers_socket()
    {
        TaskCompletionSource<Exception?> ended = new();
        await using WebSocketBackend backend = await WebSocketBackend.OpenAsync(async socket => ended.SetResult(await Record.ExceptionAsync(() => WebSocketBackend.EchoAsync(socket))));
        await using ProxyFixture proxy = await OpenAsync(backend, false);
        using ClientWebSocket client = await ConnectAsync(proxy, false);
        client.Abort();
        Assert.IsType<WebSocketException>(await ended.Task.WaitAsync(WireEnd.Patience));
        await proxy.UntilNothingIsInFlightAsync();
        proxy.ExpectNoErrors();
    }

    [Fact]
    public async Task Server_that_vanishes_ends_the_clients_socket()
    {
        await using WebSocketBackend backend = await WebSocketBackend.OpenAsync(async socket =>
        {
            await socket.ReceiveAsync(new byte[10], default);
            socket.Abort();
        });
        await using ProxyFixture proxy = await OpenAsync(backend, false);
        using ClientWebSocket client = await ConnectAsync(proxy, false);
        await client.SendAsync("go"u8.ToArray(), WebSocketMessageType.Text, true, default);
        await Assert.ThrowsAsync<WebSocketException>(() => client.ReceiveAsync(new byte[10], default).WaitAsync(WireEnd.Patience));
        await proxy.UntilNothingIsInFlightAsync();
        proxy.ExpectNoErrors();
    }

    [Fact]
    public async Task Many_at_once_each_get_their_own_echo_and_give_their_slots_back()
    {
        await using WebSocketBackend backend = await WebSocketBackend.OpenAsync(WebSocketBackend.EchoAsync);
        await using ProxyFixture proxy = await OpenAsync(backend, false);
        Task[] clients = new Task[32];
        for (int c = 0; c < clients.Length; c++)
        {
            int id = c;
            clients[c] = Task.Run(async () =>
            {
                using ClientWebSocket client = await ConnectAsync(proxy, false);
                for (int i = 0; i < 30; i++)
                {
                    await client.SendAsync(Encoding.ASCII.GetBytes($"{id}/{i}"), WebSocketMessageType.Text, true, default);
                    Assert.Equal((WebSocketMessageType.Text, $"{id}/{i}"), await ReceiveTextAsync(client));
                }

                await CloseAsync(client);
            });
        }

        await Task.WhenAll(clients);
        await proxy.UntilNothingIsInFlightAsync();
        await Until.TrueAsync(() => proxy.Events.OpenConnections == 0, "a session did not end");
        proxy.ExpectNoErrors();
    }

    private static async Task<ProxyFixture> OpenAsync(WebSocketBackend backend, bool isTls)
    {
        ProxyFixture.Setup setup = new() { Server = { Certificate = isTls ? TestCertificates.Local : null } };
        setup.Upstream.TrustedRoots.Add(TestCertificates.Root);
        ProxyFixture proxy = await ProxyFixture.OpenAsync(setup);
        await proxy.Pool.ReplaceAsync([backend.Backend], default);
        return proxy;
    }

    private static async Task<ClientWebSocket> ConnectAsync(ProxyFixture proxy, bool isTls)
    {
        ClientWebSocket client = new();
        client.Options.RemoteCertificateValidationCallback = (_, certificate, _, _) => certificate!.GetRawCertData().SequenceEqual(TestCertificates.Local.RawData);
        await client.ConnectAsync(new Uri($"{(isTls ? "wss" : "ws")}://127.0.0.1:{proxy.Port}/chat"), default).WaitAsync(WireEnd.Patience);
        return client;
    }

    private static async Task CloseAsync(ClientWebSocket client)
    {
        await client.CloseAsync(WebSocketCloseStatus.NormalClosure, "bye", default).WaitAsync(WireEnd.Patience);
        Assert.Equal((WebSocketCloseStatus.NormalClosure, "bye"), (client.CloseStatus, client.CloseStatusDescription));
    }

    private static async Task<(WebSocketMessageType Type, string Text)> ReceiveTextAsync(ClientWebSocket client)
    {
        byte[] buffer = new byte[100];
        WebSocketReceiveResult received = await client.ReceiveAsync(buffer, default).WaitAsync(WireEnd.Patience);
        Assert.True(received.EndOfMessage);
        return (received.MessageType, Encoding.UTF8.GetString(buffer, 0, received.Count));
    }

    private static async Task<byte[]> ReceiveAsync(ClientWebSocket client)
    {
        byte[] buffer = new byte[1_100_000];
        int count = 0;
        WebSocketReceiveResult received;
        do
        {
            received = await client.ReceiveAsync(new ArraySegment<byte>(buffer, count, buffer.Length - count), default).WaitAsync(WireEnd.Patience);
            count += received.Count;
        }
        while (!received.EndOfMessage);

        return buffer[..count];
    }
}

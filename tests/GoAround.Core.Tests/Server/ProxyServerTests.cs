using System;
using System.Collections.Generic;
using System.Linq;
using System.Net;
using System.Net.Sockets;
using System.Threading;
using System.Threading.Tasks;
using GoAround.Core.Tests.Wire;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace GoAround.Core.Tests.Server;

public sealed class ProxyServerTests
{
    private const string Get = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";

    [Fact]
    public async Task Stopping_closes_idle_connections_in_order_and_refuses_new_ones()
    {
        using ScriptedBackend backend = new ScriptedBackend().Answer(WireEnd.Response("ok"));
        using HeldPort held = new();
        ProxyFixture.Setup setup = new() { Server = { Address = IPAddress.Loopback } };
        await using ProxyFixture proxy = await ProxyFixture.OpenAtAsync(held.Number, setup, backend);
        using WireEnd fresh = await proxy.ConnectAsync();
        using WireEnd idle = await proxy.ConnectAsync();
        await idle.SendAsync(Get);
        await idle.ExpectAsync(WireEnd.Response("ok"));
        await Until.TrueAsync(() => proxy.Events.OpenedConnections == 2, "not accepted");
        await proxy.StopAsync();
        await fresh.ExpectEndAsync();
        await idle.ExpectEndAsync();
        await Assert.ThrowsAsync<SocketException>(() => RawClient.ConnectAsync(held.Number));
    }

    [Fact]
    public async Task Stopping_lets_the_request_in_flight_end()
    {
        using ScriptedBackend backend = new();
        await using ProxyFixture proxy = await ProxyFixture.OpenAsync(backend);
        using WireEnd client = await proxy.ConnectAsync();
        await client.SendAsync(Get);
        using WireEnd link = await backend.AcceptAsync();
        await link.ReadHeadAsync();
        Task stopping = proxy.StopAsync();
        Assert.False(stopping.IsCompleted);
        await link.SendAsync(WireEnd.Response("in time"));
        string answer = await client.ReadToEndAsync();
        client.Dispose();
        Assert.EndsWith("Connection: close\r\n\r\nin time", answer);
        await stopping;
    }

    [Fact]
    public async Task Stopping_lets_an_upload_in_flight_end()
    {
        using ScriptedBackend backend = new();
        await using ProxyFixture proxy = await ProxyFixture.OpenAsync(backend);
        using WireEnd client = await proxy.ConnectAsync();
        await client.SendAsync("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 8\r\n\r\nhalf");
        using WireEnd link = await backend.AcceptAsync();
        await link.ReadUntilAsync("half");
        Task stopping = proxy.StopAsync();
        await client.SendAsync("half");
        await link.ExpectAsync("half");
        await link.SendAsync(WireEnd.Response("in time"));
        Assert.EndsWith("Connection: close\r\n\r\nin time", await client.ReadToEndAsync());
        client.Dispose();
        await stopping;
    }

    [Fact]
    public async Task Grace_ends_and_what_is_left_is_cut()
    {
        FakeTimeProvider time = new();
        using ScriptedBackend backend = new();
        await using ProxyFixture proxy = await ProxyFixture.OpenAsync(
            new ProxyFixture.Setup { Time = time, Server = { ShutdownTimeout = TimeSpan.FromSeconds(5) } }, backend);
        using WireEnd client = await proxy.ConnectAsync();
        await client.SendAsync(Get);
        using WireEnd link = await backend.AcceptAsync();
        await link.ReadHeadAsync();
        Task stopping = proxy.StopAsync();
        await Until.EndedAsync(StopAsync(), time);
        await client.ReadToResetAsync();
        await link.ReadToResetAsync();

        async Task<bool> StopAsync()
        {
            await stopping;
            return true;
        }
    }

    [Fact]
    public async Task Token_of_the_stop_ends_the_grace_at_once()
    {
        using ScriptedBackend backend = new();
        await using ProxyFixture proxy = await ProxyFixture.OpenAsync(new ProxyFixture.Setup { Time = new FakeTimeProvider() }, backend);
        using WireEnd client = await proxy.ConnectAsync();
        await client.SendAsync(Get);
        using WireEnd link = await backend.AcceptAsync();
        await link.ReadHeadAsync();
        using CancellationTokenSource now = new();
        Task stopping = proxy.Server.StopAsync(now.Token);
        Assert.False(stopping.IsCompleted);
        await now.CancelAsync();
        await stopping.WaitAsync(WireEnd.Patience);
        await client.ReadToResetAsync();
        Assert.Contains(proxy.Loggers.Lines, line => line.Text.StartsWith("Cut the client connections that were still busy 0 s after the stop began: 1", StringComparison.Ordinal));
    }

    [Fact]
    public async Task No_request_that_was_received_is_lost_when_stopping_races_with_it()
    {
        for (int i = 0; i < 150; i++)
        {
            await using ProxyFixture proxy = await ProxyFixture.ServeAsync(async (request, cancellationToken) =>
            {
                ReadOnlyMemory<byte> piece;
                while (!(piece = await request.Body.ReadAsync(cancellationToken)).IsEmpty)
                {
                }

                return ProxyResponse.FromText(200, "done");
            });
            using WireEnd client = await proxy.ConnectAsync();
            await client.SendAsync("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 8\r\n\r\n");
            Task stopping = Task.Run(proxy.StopAsync);
            string answer = await client.TrySendAsync("the body") ? await client.ReadToCloseAsync() : ""; // it was closed before a byte was received
            Assert.True(answer.Length == 0 || answer.EndsWith("done", StringComparison.Ordinal), answer);
            client.Dispose();
            await stopping;
            Assert.DoesNotContain(proxy.Events.Ended, ended => ended.Status != 200);
        }
    }

    [Fact]
    public async Task Request_that_has_come_on_an_idle_connection_is_answered_when_stopping()
    {
        using ScriptedBackend backend = new ScriptedBackend().Serve(async link =>
        {
            // Late the first time, so that the second request is acknowledged as it comes, and not with its answer.
            for (int delay = 50; await link.TryReadHeadAsync() is not null; delay = 0)
            {
                await Task.Delay(delay);
                await link.SendAsync(WireEnd.Response("ok"));
            }
        });
        for (int i = 0; i < 4; i++)
        {
            foreach ((ProxyFixture proxy, WireEnd client) in await Task.WhenAll(Enumerable.Range(0, 25).Select(_ => OpenIdleAsync(backend))))
            {
                await client.SendAsync(Get);
                Until.True(() => client.IsAcknowledged, "not received");
                Task stopping = proxy.StopAsync();
                string answer = await client.ReadToEndAsync();
                Assert.StartsWith("HTTP/1.1 200 OK\r\n", answer);
                Assert.EndsWith("\r\n\r\nok", answer);
                client.Dispose();
                await stopping;
                await proxy.DisposeAsync();
            }
        }
    }

    [Fact]
    public async Task Clients_that_had_connected_before_the_stop_are_answered()
    {
        using ScriptedBackend backend = new ScriptedBackend().Answer(WireEnd.Response("ok"));
        for (int i = 0; i < 20; i++)
        {
            await using ProxyFixture proxy = await ProxyFixture.OpenAsync(backend);
            List<WireEnd> clients = [];
            for (int n = 0; n < 20; n++)
            {
                clients.Add(await proxy.ConnectAsync());
                await clients[n].SendAsync(Get);
            }

            Until.True(() => clients.TrueForAll(client => client.IsAcknowledged), "not received");
            Task stopping = proxy.StopAsync();
            foreach (WireEnd client in clients)
            {
                Assert.EndsWith("\r\n\r\nok", await client.ReadToEndAsync());
                client.Dispose();
            }

            await stopping;
        }
    }

    [Fact]
    public async Task Server_may_be_disposed_without_a_start_and_stopped_twice()
    {
        await using ProxyFixture proxy = await ProxyFixture.OpenAsync();
        await proxy.Server.StopAsync(default);
        await proxy.StopAsync();
        await using GoAround.Core.Server.ProxyServer never = new(
            new(), new ScriptedHandler((_, _) => throw new InvalidOperationException()), TimeProvider.System, proxy.Loggers);
        Assert.Throws<InvalidOperationException>(() => never.LocalEndPoint);
    }

    [Fact]
    public async Task Port_that_is_taken_is_an_error_of_the_start()
    {
        await using ProxyFixture proxy = await ProxyFixture.OpenAsync();
        await using GoAround.Core.Server.ProxyServer second = new(
            new() { Port = proxy.Port }, new ScriptedHandler((_, _) => throw new InvalidOperationException()), TimeProvider.System, proxy.Loggers);
        await Assert.ThrowsAsync<SocketException>(() => second.StartAsync(default));
    }

    [Fact]
    public async Task Connections_over_the_limit_wait_until_one_ends()
    {
        using ScriptedBackend backend = new ScriptedBackend().Answer(WireEnd.Response("ok"));
        await using ProxyFixture proxy = await ProxyFixture.OpenAsync(new ProxyFixture.Setup { Server = { MaxConnections = 2 } }, backend);
        for (int round = 0; round < 3; round++)
        {
            WireEnd[] clients = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => proxy.ConnectAsync()));
            Task<string>[] answers = [.. clients.Select(AskAsync)];
            for (int i = 0; i < 3; i++)
            {
                Task<string> answered = await Task.WhenAny(answers.Where(answer => answer is not null));
                Assert.Equal(WireEnd.Response("ok"), await answered);
                int index = Array.IndexOf(answers, answered);
                await Until.TrueAsync(() => proxy.Events.OpenConnections is 1 or 2, "too many at once"); // a place is free before the end is told
                clients[index].Dispose();
                answers[index] = null!; // this one is through
            }

            await Until.TrueAsync(() => proxy.Events.OpenConnections == 0, "a session did not end");
        }

        static async Task<string> AskAsync(WireEnd client)
        {
            await client.SendAsync(Get);
            return await client.ReadUntilAsync("\r\n\r\nok");
        }
    }

    private static async Task<(ProxyFixture Proxy, WireEnd Client)> OpenIdleAsync(ScriptedBackend backend)
    {
        ProxyFixture proxy = await ProxyFixture.OpenAsync(backend);
        WireEnd client = await proxy.ConnectAsync();
        await client.SendAsync(Get);
        await client.ExpectAsync(WireEnd.Response("ok"));
        return (proxy, client);
    }
}

using System;
using System.Threading;
using System.Threading.Tasks;
using GoAround.Core.Tests.Wire;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace GoAround.Core.Tests.Server;

public sealed class LeavingTests
{
    private const string Get = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";

    [Theory]
    [InlineData(0)]
    [InlineData(3_500)]
    [InlineData(3_980)]
    [InlineData(8_100)]
    public async Task Client_that_resets_frees_its_slot_at_once_and_resets_the_backend(int moreHeadBytes)
    {
        using ScriptedBackend backend = new();
        await using ProxyFixture proxy = await ProxyFixture.OpenAsync(backend);
        using WireEnd client = await proxy.ConnectAsync();
        await client.SendAsync($"GET / HTTP/1.1\r\nHost: h\r\nX-More: {new string('m', moreHeadBytes)}\r\n\r\n");
        using WireEnd link = await backend.AcceptAsync();
        await link.ReadHeadAsync();
        client.Reset();
        await link.ReadToResetAsync();
        await proxy.UntilNothingIsInFlightAsync();
        await Until.TrueAsync(() => proxy.Events.OpenConnections == 0, "the session did not end");
        Assert.Equal([("GET", "/", 499)], proxy.Events.Ended);
        proxy.ExpectNoErrors();
    }

    [Fact]
    public async Task Client_that_resets_while_its_request_is_pipelined_frees_its_slot()
    {
        using ScriptedBackend backend = new();
        await using ProxyFixture proxy = await ProxyFixture.OpenAsync(backend);
        using WireEnd client = await proxy.ConnectAsync();
        await client.SendAsync(Get + Get);
        using WireEnd link = await backend.AcceptAsync();
        await link.ReadHeadAsync();
        client.Reset();
        await link.ReadToResetAsync();
        await proxy.UntilNothingIsInFlightAsync();
    }

    [Fact]
    public async Task Client_that_half_closes_gets_its_answer()
    {
        using ScriptedBackend backend = new ScriptedBackend().Answer(WireEnd.Response("ok"));
        await using ProxyFixture proxy = await ProxyFixture.OpenAsync(backend);
        using WireEnd client = await proxy.ConnectAsync();
        await client.SendAsync(Get);
        client.ShutdownSend();
        Assert.Equal(WireEnd.Response("ok"), await client.ReadToEndAsync());
        proxy.ExpectNoErrors();
    }

    [Fact]
    public async Task Client_that_half_closes_gets_all_its_pipelined_answers()
    {
        using ScriptedBackend backend = new ScriptedBackend().Answer(WireEnd.Response("ok"));
        await using ProxyFixture proxy = await ProxyFixture.OpenAsync(backend);
        using WireEnd client = await proxy.ConnectAsync();
        await client.SendAsync(Get + Get + Get);
        client.ShutdownSend();
        Assert.Equal(WireEnd.Response("ok") + WireEnd.Response("ok") + WireEnd.Response("ok"), await client.ReadToEndAsync());
    }

    [Fact]
    public async Task Half_closed_client_keeps_a_long_answer_that_has_begun()
    {
        FakeTimeProvider time = new();
        using ScriptedBackend backend = new();
        await using ProxyFixture proxy = await ProxyFixture.OpenAsync(new ProxyFixture.Setup { Time = time }, backend);
        using WireEnd client = await proxy.ConnectAsync();
        await client.SendAsync(Get);
        client.ShutdownSend();
        using WireEnd link = await backend.AcceptAsync();
        await link.ReadHeadAsync();
        await link.SendAsync("HTTP/1.1 200 OK\r\nDate: D\r\nContent-Length: 30\r\n\r\n");
        await client.ReadHeadAsync();
        for (int i = 0; i < 10; i++)
        {
            await link.SendAsync("abc");
            await client.ExpectAsync("abc");
            time.Advance(TimeSpan.FromMilliseconds(300)); // under the grace each time, over it in all
        }

        await client.ExpectEndAsync();
    }

    [Fact]
    public async Task Client_that_leaves_in_the_middle_of_its_answer_resets_the_backend()
    {
        using ScriptedBackend backend = new();
        await using ProxyFixture proxy = await ProxyFixture.OpenAsync(backend);
        using WireEnd client = await proxy.ConnectAsync();
        await client.SendAsync(Get);
        using WireEnd link = await backend.AcceptAsync();
        await link.ReadHeadAsync();
        await link.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n");
        await client.ReadHeadAsync();
        Task streaming = Task.Run(async () =>
        {
            byte[] piece = new byte[50_000];
            while (true)
            {
                await link.SendAsync(piece);
            }
        });
        await client.ReadAsync(200_000);
        client.Reset();
        await Assert.ThrowsAnyAsync<Exception>(() => streaming);
        await proxy.UntilNothingIsInFlightAsync();
        await Until.TrueAsync(() => proxy.Events.OpenConnections == 0, "the session did not end");
        proxy.ExpectNoErrors();
    }

    [Fact]
    public async Task Client_that_does_not_read_is_cut_after_a_while()
    {
        FakeTimeProvider time = new();
        using ScriptedBackend backend = new();
        ProxyFixture.Setup setup = ProxyFixture.Setup.Unhurried(time);
        setup.Server.BodyTimeout = TimeSpan.FromSeconds(60);
        await using ProxyFixture proxy = await ProxyFixture.OpenAsync(setup, backend);
        using WireEnd client = await proxy.ConnectAsync();
        await client.SendAsync(Get);
        using WireEnd link = await backend.AcceptAsync();
        await link.ReadHeadAsync();
        await link.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n");
        await Until.EndedAsync(StreamAsync(), time);
        await proxy.UntilNothingIsInFlightAsync();
        await Until.TrueAsync(() => proxy.Events.OpenConnections == 0, "the session did not end");
        await client.ReadToResetAsync();
        proxy.ExpectNoErrors();

        async Task<bool> StreamAsync()
        {
            byte[] piece = new byte[100_000];
            try
            {
                while (true)
                {
                    await link.SendAsync(piece);
                }
            }
            catch (System.IO.IOException)
            {
                return true;
            }
        }
    }

    [Fact]
    public async Task Client_that_leaves_in_the_middle_of_its_upload_resets_the_backend()
    {
        using ScriptedBackend backend = new();
        await using ProxyFixture proxy = await ProxyFixture.OpenAsync(backend);
        using WireEnd client = await proxy.ConnectAsync();
        await client.SendAsync("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nhalf");
        using WireEnd link = await backend.AcceptAsync();
        await link.ReadUntilAsync("half");
        client.Dispose();
        await link.ReadToResetAsync();
        await proxy.UntilNothingIsInFlightAsync();
        proxy.ExpectNoErrors();
    }

    [Fact]
    public async Task Handler_is_cancelled_when_its_client_leaves()
    {
        TaskCompletionSource entered = new();
        await using ProxyFixture proxy = await ProxyFixture.ServeAsync(async (_, cancellationToken) =>
        {
            entered.SetResult();
            await Task.Delay(Timeout.Infinite, cancellationToken);
            return ProxyResponse.FromText(200, "never");
        });
        using WireEnd client = await proxy.ConnectAsync();
        await client.SendAsync(Get);
        await entered.Task;
        client.Reset();
        await Until.TrueAsync(() => proxy.Events.OpenConnections == 0, "the session did not end");
        proxy.ExpectNoErrors();
    }

    [Fact]
    public async Task Many_clients_that_come_and_go_leave_no_slot_and_no_session_behind()
    {
        using ScriptedBackend backend = new ScriptedBackend().Answer(WireEnd.Response("ok"));
        await using ProxyFixture proxy = await ProxyFixture.OpenAsync(new ProxyFixture.Setup { Pool = { ConnectionsPerBackend = 4 } }, backend);
        Task[] clients = new Task[8];
        for (int c = 0; c < clients.Length; c++)
        {
            int seed = c;
            clients[c] = Task.Run(async () =>
            {
                Random dice = new(seed);
                for (int i = 0; i < 60; i++)
                {
                    using WireEnd client = await proxy.ConnectAsync();
                    await client.SendAsync(Get + Get);
                    if (dice.Next(3) == 0)
                    {
                        client.Reset();
                        continue;
                    }

                    await client.ExpectAsync(WireEnd.Response("ok"));
                }
            });
        }

        await Task.WhenAll(clients);
        await proxy.UntilNothingIsInFlightAsync();
        await Until.TrueAsync(() => proxy.Events.OpenConnections == 0, "a session did not end");
        using WireEnd last = await proxy.ConnectAsync();
        await last.SendAsync(Get);
        await last.ExpectAsync(WireEnd.Response("ok"));
        proxy.ExpectNoErrors();
    }
}

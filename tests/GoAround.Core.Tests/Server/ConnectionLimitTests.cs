using System;
using System.Linq;
using System.Threading.Tasks;
using GoAround.Core.Tests.Wire;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace GoAround.Core.Tests.Server;

public sealed class ConnectionLimitTests
{
    private const string Get = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";
    private const string LastOk = "HTTP/1.1 200 OK\r\nDate: D\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok";

    [Fact]
    public async Task Response_to_the_last_request_of_a_connection_says_that_it_closes()
    {
        using ScriptedBackend backend = new ScriptedBackend().Answer(WireEnd.Response("ok"));
        await using ProxyFixture proxy = await ProxyFixture.OpenAsync(new ProxyFixture.Setup { Server = { MaxRequestsPerConnection = 3 } }, backend);
        using WireEnd client = await proxy.ConnectAsync();
        for (int i = 0; i < 2; i++)
        {
            await client.SendAsync(Get);
            await client.ExpectAsync(WireEnd.Response("ok"));
        }

        await client.SendAsync(Get);
        Assert.Equal(LastOk, await client.ReadToEndAsync());
        proxy.ExpectNoErrors();
    }

    [Fact]
    public async Task What_is_pipelined_behind_the_last_request_is_not_served()
    {
        using ScriptedBackend backend = new ScriptedBackend().Answer(WireEnd.Response("ok"));
        await using ProxyFixture proxy = await ProxyFixture.OpenAsync(new ProxyFixture.Setup { Server = { MaxRequestsPerConnection = 2 } }, backend);
        Assert.Equal(WireEnd.Response("ok") + LastOk, await proxy.AskOnceAsync(Get + Get + Get + Get));
        Assert.Equal(2, backend.Heads.Count);
        Assert.Equal(2, proxy.Events.Ended.Count);
    }

    [Fact]
    public async Task Limit_that_is_reached_again_and_again_is_logged_once_in_ten_seconds()
    {
        FakeTimeProvider time = new();
        using ScriptedBackend backend = new ScriptedBackend().Answer(WireEnd.Response("ok"));
        await using ProxyFixture proxy = await ProxyFixture.OpenAsync(new ProxyFixture.Setup { Time = time, Server = { MaxConnections = 1 } }, backend);
        for (int i = 0; i < 5; i++)
        {
            await AskOnceAsync(1);
        }

        Assert.Equal(1, Told());
        time.Advance(TimeSpan.FromSeconds(10));
        await AskOnceAsync(2);
        await AskOnceAsync(2);
        Assert.Equal(2, Told());

        async Task AskOnceAsync(int told)
        {
            using WireEnd client = await proxy.ConnectAsync();
            await AskAsync(client);
            await Until.TrueAsync(() => Told() == told, "it was not told"); // while this one is here, none has room
        }

        int Told() => proxy.Loggers.Lines.Count(line => line.Id == 1001);
    }

    [Fact]
    public async Task Connection_over_the_limit_of_one_client_is_closed_at_once_and_the_others_are_served()
    {
        using ScriptedBackend backend = new ScriptedBackend().Answer(WireEnd.Response("ok"));
        await using ProxyFixture proxy = await ProxyFixture.OpenAsync(new ProxyFixture.Setup { Server = { MaxConnectionsPerClient = 2 } }, backend);
        using WireEnd first = await proxy.ConnectAsync();
        using WireEnd second = await proxy.ConnectAsync();
        await AskAsync(first);
        await AskAsync(second);
        using (WireEnd third = await proxy.ConnectAsync())
        {
            await third.ReadToCloseAsync();
        }

        Assert.Equal([ConnectionRefusal.TooManyOfClient], proxy.Events.Refusals);
        await AskAsync(first);
        first.Dispose();
        await Until.TrueAsync(() => proxy.Events.OpenConnections == 1, "the session did not end");
        using WireEnd fourth = await proxy.ConnectAsync();
        await AskAsync(fourth);
        Assert.Equal(3, proxy.Events.OpenedConnections);
        proxy.ExpectNoErrors();
    }

    [Fact]
    public async Task Refused_connections_take_no_room_of_the_others()
    {
        using ScriptedBackend backend = new ScriptedBackend().Answer(WireEnd.Response("ok"));
        ProxyFixture.Setup setup = new() { Server = { MaxConnections = 2, MaxConnectionsPerClient = 1 } };
        await using ProxyFixture proxy = await ProxyFixture.OpenAsync(setup, backend);
        using WireEnd first = await proxy.ConnectAsync();
        await AskAsync(first);
        for (int i = 0; i < 5; i++)
        {
            using WireEnd refused = await proxy.ConnectAsync();
            await refused.ReadToCloseAsync();
        }

        await AskAsync(first);
    }

    [Fact]
    public async Task Stopping_takes_no_room_of_those_who_have_connected_already()
    {
        await using ProxyFixture proxy = await ProxyFixture.OpenAsync(new ProxyFixture.Setup { Server = { MaxConnections = 3 } });
        await Until.TrueAsync(() => proxy.Server.Room == 2, "it does not accept");
        await proxy.StopAsync();
        Assert.Equal(3, proxy.Server.Room);
    }

    private static async Task AskAsync(WireEnd client)
    {
        await client.SendAsync(Get);
        await client.ExpectAsync(WireEnd.Response("ok"));
    }
}

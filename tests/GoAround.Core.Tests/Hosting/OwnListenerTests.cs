using System;
using System.Net;
using System.Threading;
using System.Threading.Tasks;
using GoAround.Core.Hosting;
using GoAround.Core.Server;
using GoAround.Core.Tests.Wire;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace GoAround.Core.Tests.Hosting;

/// <summary>A balancer behind listeners that were made with constructors alone.</summary>
public sealed class OwnListenerTests
{
    [Fact]
    public async Task Listeners_made_without_a_host_answer_by_one_balancer()
    {
        using ScriptedBackend backend = new ScriptedBackend().Answer(WireEnd.Response("ok"));
        string address = backend.Backend.Address;
        CancellationToken cancellationToken = CancellationToken.None;

        // <constructors>
        GoAroundOptions options = new();
        options.Backends.Add(address);
        options.Server.Address = IPAddress.Loopback;
        options.Server.Port = 0; // a free one, which LocalEndPoint tells
        await using Balancer balancer = new(options);
        await balancer.StartAsync(cancellationToken);
        await using ProxyServer server = new(options.Server, balancer.Handler, TimeProvider.System, NullLoggerFactory.Instance);
        await server.StartAsync(cancellationToken);
        // </constructors>
        await using ProxyServer other = new(new ServerOptions { Address = IPAddress.Loopback, Port = 0 }, balancer.Handler, TimeProvider.System, NullLoggerFactory.Instance);
        await other.StartAsync(cancellationToken);

        foreach (ProxyServer each in (ProxyServer[])[server, other])
        {
            using WireEnd client = await RawClient.ConnectAsync(each.LocalEndPoint.Port);
            await client.SendAsync("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
            await client.ExpectAsync(WireEnd.Response("ok"));
            await each.StopAsync(cancellationToken);
            await client.ExpectEndAsync();
        }
    }
}

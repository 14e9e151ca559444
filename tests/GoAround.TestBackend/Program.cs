using System;
using System.Globalization;
using System.Net;
using System.Threading;
using System.Threading.Tasks;
using GoAround.Core.Server;
using Microsoft.Extensions.Logging.Abstractions;

namespace GoAround.TestBackend;

/// <summary>An HTTP server that tests put behind the balancer: <c>NAME PORT</c>, where port 0 takes a free one. Runs until it is killed.</summary>
internal static class Program
{
    public static async Task Main(string[] args)
    {
        ServerOptions options = new() { Address = IPAddress.Loopback, Port = int.Parse(args[1], CultureInfo.InvariantCulture) };
        await using ProxyServer server = new(options, new BackendHandler(args[0]), TimeProvider.System, NullLoggerFactory.Instance);
        await server.StartAsync(CancellationToken.None);
        Console.WriteLine($"listening on {server.LocalEndPoint.Port}");
        await Task.Delay(Timeout.Infinite);
    }
}

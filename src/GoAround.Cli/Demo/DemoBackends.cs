using System;
using System.Collections.Generic;
using System.Globalization;
using System.Net;
using System.Threading;
using System.Threading.Tasks;
using GoAround.Core.Server;
using Microsoft.Extensions.Logging;

namespace GoAround.Cli.Demo;

/// <summary>The two backends of <c>-demo</c>, on free ports of the loopback interface.</summary>
internal sealed class DemoBackends : IAsyncDisposable
{
    private static readonly string[] Names = ["backend one", "backend two"];

    private readonly List<ProxyServer> _servers = [];
    private readonly List<string> _addresses = [];

    /// <summary>Where they listen.</summary>
    public IReadOnlyList<string> Addresses => _addresses;

    /// <summary>Starts both.</summary>
    public async Task StartAsync(TimeProvider time, ILoggerFactory loggers, CancellationToken cancellationToken)
    {
        foreach (string name in Names)
        {
            ServerOptions options = new() { Address = IPAddress.Loopback, Port = 0, ShutdownTimeout = TimeSpan.FromSeconds(1) };
            ProxyServer server = new(options, new DemoHandler(name), time, loggers);
            _servers.Add(server);
            await server.StartAsync(cancellationToken).ConfigureAwait(false);
            _addresses.Add(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{server.LocalEndPoint.Port}"));
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (ProxyServer server in _servers)
        {
            await server.StopAsync(CancellationToken.None).ConfigureAwait(false); // lets go of the balancer's idle connections in good order
            await server.DisposeAsync().ConfigureAwait(false);
        }
    }
}

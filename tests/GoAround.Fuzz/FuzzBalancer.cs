using System;
using System.Linq;
using System.Net;
using System.Threading;
using System.Threading.Tasks;
using GoAround.Core;
using GoAround.Core.Pool;
using GoAround.Core.Server;
using GoAround.Core.Upstream;
using Microsoft.Extensions.Logging;

namespace GoAround.Fuzz;

/// <summary>A whole balancer on a free port of this machine, in front of one backend that counts as healthy.</summary>
internal sealed class FuzzBalancer : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(50);

    private readonly ErrorLog _log = new();
    private readonly SocketConnectionFactory _connections;
    private readonly BackendPool _pool;
    private readonly ProxyServer _server;

    private FuzzBalancer()
    {
        // What is short by default is longer here than a busy machine stands still: it would look like a client that left, or a backend that is gone.
        UpstreamOptions upstream = new() { DialTimeout = Patience };
        PoolOptions pool = new() { QueueTimeout = Patience };
        ServerOptions server = new() { Address = IPAddress.Loopback, Port = 0, HalfCloseGrace = Patience / 2, MinBodyRateGrace = Patience };
        _connections = new SocketConnectionFactory(upstream, TimeProvider.System);
        _pool = new BackendPool(pool, _connections, new AlwaysHealthy(), ProxyEvents.None, TimeProvider.System, _log.CreateLogger<BackendPool>());
        _server = new ProxyServer(server, new PoolHandler(_pool), TimeProvider.System, _log);
    }

    /// <summary>Where clients connect to.</summary>
    public IPEndPoint EndPoint => _server.LocalEndPoint;

    /// <summary>Opens it.</summary>
    /// <param name="backendPort">Of this machine.</param>
    public static async Task<FuzzBalancer> OpenAsync(int backendPort)
    {
        FuzzBalancer balancer = new();
        await balancer._pool.ReplaceAsync([Backend.Parse($"http://127.0.0.1:{backendPort}")], default);
        await balancer._server.StartAsync(default);
        return balancer;
    }

    /// <summary>Waits until nothing is in flight.</summary>
    /// <exception cref="FuzzFailure">A slot was lost.</exception>
    public async Task UntilAllSlotsAreBackAsync()
    {
        long start = Environment.TickCount64;
        while (_pool.QueueLength > 0 || _pool.GetStatus().Any(status => status.InFlight > 0))
        {
            if (Environment.TickCount64 - start > Patience.TotalMilliseconds)
            {
                throw new FuzzFailure("a slot did not come back");
            }

            await Task.Yield();
        }
    }

    /// <summary>Nothing was logged as an error: nothing that happened was a bug.</summary>
    /// <exception cref="FuzzFailure">Something was.</exception>
    public void ExpectNoErrors()
    {
        if (_log.Errors.TryDequeue(out string? problem))
        {
            throw new FuzzFailure(problem);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _server.StopAsync(new CancellationToken(canceled: true));
        await _server.DisposeAsync();
        await _pool.DisposeAsync();
        _connections.Dispose();
        _log.Dispose();
    }
}

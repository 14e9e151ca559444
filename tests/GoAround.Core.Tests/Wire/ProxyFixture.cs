using System;
using System.Linq;
using System.Net;
using System.Threading;
using System.Threading.Tasks;
using GoAround.Core.Pool;
using GoAround.Core.Server;
using GoAround.Core.Tests.Pool;
using GoAround.Core.Upstream;
using Microsoft.Extensions.Logging;
using Xunit;

namespace GoAround.Core.Tests.Wire;

/// <summary>A whole balancer on a free port, but for the health checks: every backend is healthy. Or a server with a handler of the test's own.</summary>
internal sealed class ProxyFixture : IAsyncDisposable
{
    private readonly ScriptedBackends _health = new();
    private bool _isStopped;

    private ProxyFixture(Setup setup)
    {
        Connections = new SocketConnectionFactory(setup.Upstream, setup.Time, setup.LookUp, setup.Dialer);
        Pool = new BackendPool(setup.Pool, Connections, _health, Events, setup.Time, new RecordedLog<BackendPool>());
        Server = new ProxyServer(setup.Server, setup.Wrap(new PoolHandler(Pool)), setup.Time, Loggers, Events);
    }

    public SocketConnectionFactory Connections { get; }

    public BackendPool Pool { get; }

    public ProxyServer Server { get; }

    public RecordedTraffic Events { get; } = new();

    public RecordedLogs Loggers { get; } = new();

    public int Port => Server.LocalEndPoint.Port;

    public static Task<ProxyFixture> OpenAsync(params ScriptedBackend[] backends) => OpenAsync(new Setup(), backends);

    public static Task<ProxyFixture> OpenAsync(Setup setup, params ScriptedBackend[] backends) => OpenAtAsync(0, setup, backends);

    /// <summary>The same on a port that the test holds.</summary>
    public static async Task<ProxyFixture> OpenAtAsync(int port, Setup setup, params ScriptedBackend[] backends)
    {
        setup.Server.Port = port;
        if (setup.Time == TimeProvider.System)
        {
            setup.PutDeadlinesOff();
        }

        ProxyFixture fixture = new(setup);
        await fixture.Pool.ReplaceAsync([.. backends.Select(backend => backend.Backend)], default);
        await fixture.Server.StartAsync(default);
        return fixture;
    }

    /// <summary>A server whose requests are answered by a function.</summary>
    public static Task<ProxyFixture> ServeAsync(Func<ProxyRequest, CancellationToken, ValueTask<ProxyResponse>> answer, Setup? setup = null)
    {
        setup ??= new Setup();
        setup.Wrap = _ => new ScriptedHandler(answer);
        return OpenAsync(setup);
    }

    public Task<WireEnd> ConnectAsync() => RawClient.ConnectAsync(new IPEndPoint(IPAddress.Loopback, Port));

    /// <summary>Sends one request over a connection of its own and returns all that comes back until the end.</summary>
    public async Task<string> AskOnceAsync(string request)
    {
        using WireEnd client = await ConnectAsync();
        await client.SendAsync(request);
        return await client.ReadToEndAsync();
    }

    /// <summary>Waits until every slot is free, nobody waits, and all that is to be told of the requests was told.</summary>
    public async Task UntilNothingIsInFlightAsync()
    {
        await Until.TrueAsync(() => Pool.QueueLength == 0 && Pool.GetStatus().All(status => status.InFlight == 0), "a slot did not come back");
        await Until.TrueAsync(() => Events.ActiveRequests == 0, "the end of a request was not told");
    }

    /// <summary>No error was logged: nothing that happened was a bug of this process.</summary>
    public void ExpectNoErrors() => Assert.Equal([], Loggers.Lines.Where(line => line.Level >= LogLevel.Error).Select(line => line.Text));

    public async Task StopAsync()
    {
        _isStopped = true;
        await Server.StopAsync(default).WaitAsync(WireEnd.Patience);
    }

    public async ValueTask DisposeAsync()
    {
        if (!_isStopped)
        {
            await Server.StopAsync(new CancellationToken(canceled: true)).WaitAsync(WireEnd.Patience);
        }

        await Server.DisposeAsync();
        await Pool.DisposeAsync();
        Connections.Dispose();
        await _health.DisposeAsync();
    }

    /// <summary>What a test wants otherwise than by default. In real time every deadline that it does not set is out of reach: a busy machine may take its time.</summary>
    internal sealed class Setup
    {
        public ServerOptions Server { get; } = new();

        public UpstreamOptions Upstream { get; } = new();

        public PoolOptions Pool { get; } = new();

        public TimeProvider Time { get; init; } = TimeProvider.System;

        public Func<string, CancellationToken, Task<IPAddress[]>>? LookUp { get; set; }

        public IBackendDialer? Dialer { get; init; }

        public Func<ProxyHandler, ProxyHandler> Wrap { get; set; } = handler => handler;

        /// <summary>In manual time, and with every deadline out of reach: the test sets the one that it is about.</summary>
        public static Setup Unhurried(TimeProvider time, IBackendDialer? dialer = null)
        {
            Setup setup = new() { Time = time, Dialer = dialer };
            setup.PutDeadlinesOff();
            return setup;
        }

        /// <summary>Puts every deadline off that still has its default.</summary>
        public void PutDeadlinesOff()
        {
            Wire.Unhurried.PutOff(Server);
            Wire.Unhurried.PutOff(Upstream);
            Wire.Unhurried.PutOff(Pool);
        }
    }
}

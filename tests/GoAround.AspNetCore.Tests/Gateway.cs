using System;
using System.Linq;
using System.Net;
using System.Net.Http;
using System.Threading;
using System.Threading.Tasks;
using GoAround.Core;
using GoAround.Core.Hosting;
using GoAround.Core.Tests.Wire;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Xunit;

namespace GoAround.AspNetCore.Tests;

/// <summary>An application on Kestrel whose every path is forwarded to scripted backends, by HTTP/1.1 on one port and HTTP/2 on another.</summary>
internal sealed class Gateway : IAsyncDisposable
{
    public const string Pool = "orders";

    private readonly WebApplication _app;
    private bool _isStopped;

    private Gateway(WebApplication app, RecordedLogs logs, RecordedTraffic events)
    {
        _app = app;
        Logs = logs;
        Events = events;
        string[] addresses = [.. app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses];
        Port = new Uri(addresses[0]).Port;
        Http2Port = new Uri(addresses[1]).Port;
    }

    public int Port { get; }

    public int Http2Port { get; }

    public RecordedLogs Logs { get; }

    public RecordedTraffic Events { get; }

    public IServiceProvider Services => _app.Services;

    public static Task<Gateway> OpenAsync(params ScriptedBackend[] backends) => OpenAsync(new Setup(), [.. backends.Select(backend => backend.Backend)]);

    public static Task<Gateway> OpenAsync(Setup setup, params ScriptedBackend[] backends) => OpenAsync(setup, [.. backends.Select(backend => backend.Backend)]);

    public static async Task<Gateway> OpenAsync(Setup setup, params Backend[] backends)
    {
        RecordedLogs logs = new();
        RecordedTraffic events = new();
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Services.AddSingleton<ILoggerFactory>(logs);
        builder.Services.AddKeyedSingleton<IHealthChecker>(Pool, new AlwaysHealthy());
        builder.Services.AddKeyedSingleton<ProxyEvents>(Pool, events);
        builder.Services.AddGoAroundPool(Pool, options =>
        {
            backends.ToList().ForEach(backend => options.Backends.Add(backend.Address));

            // No test is decided by them, nor by Kestrel's own below, however busy the machine is.
            options.Upstream.DialTimeout = TimeSpan.FromDays(1);
            options.Pool.QueueTimeout = TimeSpan.FromHours(1);
            setup.Options(options);
        });
        setup.Services(builder.Services);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MinRequestBodyDataRate = kestrel.Limits.MinResponseDataRate = null;
            kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http1);
            kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http2);
            setup.Kestrel(kestrel);
        });
        WebApplication app = builder.Build();
        setup.Map(app);
        await app.StartAsync();
        return new Gateway(app, logs, events);
    }

    public Task<WireEnd> ConnectAsync() => RawClient.ConnectAsync(Port);

    /// <summary>Sends one request over a connection of its own and returns all that comes back until the end.</summary>
    public async Task<string> AskOnceAsync(string request)
    {
        using WireEnd client = await ConnectAsync();
        await client.SendAsync(request);
        return await client.ReadToEndAsync();
    }

    /// <summary>A client of HTTP/2, or of HTTP/1.1.</summary>
    public HttpClient Client(bool isHttp2 = true) => new(new SocketsHttpHandler { UseCookies = false, AllowAutoRedirect = false })
    {
        BaseAddress = new Uri($"http://127.0.0.1:{(isHttp2 ? Http2Port : Port)}"),
        DefaultRequestVersion = isHttp2 ? HttpVersion.Version20 : HttpVersion.Version11,
        DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
        Timeout = WireEnd.Patience,
    };

    /// <summary>Waits until every request was counted to its end and every slot is free.</summary>
    public Task UntilIdleAsync(int requests)
    {
        IBackendPool pool = Services.GetRequiredKeyedService<Balancer>(Pool).Pool;
        return Until.TrueAsync(
            () => Events.Ended.Count == requests && pool.QueueLength == 0 && pool.GetStatus().All(status => status.InFlight == 0), $"{Events.Ended.Count} requests ended, or a slot did not come back");
    }

    /// <summary>No error was logged: nothing that happened was a bug of this process.</summary>
    public void ExpectNoErrors() => Assert.Equal([], Logs.Lines.Where(line => line.Level >= LogLevel.Error).Select(line => line.Text));

    public async Task StopAsync()
    {
        _isStopped = true;
        await _app.StopAsync().WaitAsync(WireEnd.Patience);
    }

    public async ValueTask DisposeAsync()
    {
        if (!_isStopped)
        {
            await _app.StopAsync(new CancellationToken(canceled: true)).WaitAsync(WireEnd.Patience);
        }

        await _app.DisposeAsync();
    }

    /// <summary>What a test wants otherwise than by default.</summary>
    internal sealed class Setup
    {
        public Action<GoAroundOptions> Options { get; init; } = _ => { };

        public Action<IServiceCollection> Services { get; init; } = _ => { };

        public Action<KestrelServerOptions> Kestrel { get; init; } = _ => { };

        public Action<WebApplication> Map { get; init; } = app => app.MapGoAround("/{**rest}", Pool);
    }
}

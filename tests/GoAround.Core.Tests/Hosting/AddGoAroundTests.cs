using System;
using System.Collections.Generic;
using System.Net;
using System.Threading.Tasks;
using GoAround.Core.Hosting;
using GoAround.Core.Server;
using GoAround.Core.Tests.Pool;
using GoAround.Core.Tests.Wire;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using NSubstitute;
using Xunit;

namespace GoAround.Core.Tests.Hosting;

public sealed class AddGoAroundTests
{
    private const string Get = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";

    [Fact]
    public async Task Host_that_starts_serves_and_stops_without_losing_a_request()
    {
        using ScriptedBackend backend = new ScriptedBackend().Answer(WireEnd.Response("ok"));
        using IHost host = Build(options => options.Backends.Add(backend.Backend.Address));
        await host.StartAsync();
        int port = host.Services.GetRequiredService<ProxyServer>().LocalEndPoint.Port;
        using WireEnd client = await RawClient.ConnectAsync(port);
        await client.SendAsync(Get);
        await client.ExpectAsync(WireEnd.Response("ok"));
        Assert.Contains(backend.Heads, head => head.StartsWith("GET /health HTTP/1.1\r\n", StringComparison.Ordinal));
        await host.StopAsync();
        await client.ExpectEndAsync();
    }

    [Fact]
    public async Task Host_that_listens_tells_where_and_for_how_many_backends()
    {
        RecordedLog<ProxyServer> log = new();
        ILoggerFactory loggers = Substitute.For<ILoggerFactory>();
        loggers.CreateLogger("GoAround.Core.Hosting.GoAroundService").Returns(log);
        using IHost host = Build(options => options.Server.Address = IPAddress.Loopback, services => services.AddSingleton(loggers));
        await host.StartAsync();
        int port = host.Services.GetRequiredService<ProxyServer>().LocalEndPoint.Port;
        Assert.Equal((LogLevel.Information, 7003, $"Listening on http://127.0.0.1:{port}, backends: 0"), Assert.Single(log.Lines));
        await host.StopAsync();
    }

    [Fact]
    public async Task Host_without_a_backend_answers_503()
    {
        using IHost host = Build(_ => { });
        await host.StartAsync();
        using WireEnd client = await RawClient.ConnectAsync(host.Services.GetRequiredService<ProxyServer>().LocalEndPoint.Port);
        await client.SendAsync(Get);
        string head = await client.ReadHeadAsync();
        Assert.StartsWith("HTTP/1.1 503 ", head);
        Assert.Contains("Retry-After: 1\r\n", head);
        await host.StopAsync();
    }

    [Fact]
    public async Task Host_whose_backend_does_not_answer_its_check_opens_its_port_all_the_same()
    {
        using ScriptedBackend backend = new ScriptedBackend().Serve(link => link.ReadToCloseAsync());
        using IHost host = Build(options =>
        {
            options.Backends.Add(backend.Backend.Address);
            options.FirstCheckTimeout = TimeSpan.FromMilliseconds(1);
        });
        await host.StartAsync().WaitAsync(WireEnd.Patience);
        Assert.NotEqual(0, host.Services.GetRequiredService<ProxyServer>().LocalEndPoint.Port);
        await host.StopAsync();
    }

    [Fact]
    public async Task Handlers_run_in_the_order_they_were_added()
    {
        List<string> order = [];
        using IHost host = Build(options => options
            .Use((_, next) => Note("first", next, order))
            .Use((_, next) => Note("second", next, order)));
        await host.StartAsync();
        using WireEnd client = await RawClient.ConnectAsync(host.Services.GetRequiredService<ProxyServer>().LocalEndPoint.Port);
        await client.SendAsync(Get);
        await client.ReadHeadAsync();
        Assert.Equal(["first", "second"], order);
        await host.StopAsync();
    }

    [Fact]
    public async Task Cache_stands_behind_the_handlers_which_are_asked_before_a_hit_too_and_before_the_pool()
    {
        List<string> order = [];
        using ScriptedBackend backend = new ScriptedBackend().Answer("HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nContent-Length: 2\r\n\r\nok");
        using IHost host = Build(options =>
        {
            options.Cache.IsEnabled = true;
            options.Backends.Add(backend.Backend.Address);
            options.Use((_, next) => Note("asked", next, order));
        });
        await host.StartAsync();
        using WireEnd client = await RawClient.ConnectAsync(host.Services.GetRequiredService<ProxyServer>().LocalEndPoint.Port);
        await client.SendAsync(Get);
        Assert.Contains("\r\nCache-Status: goaround; fwd=uri-miss; ", await client.ReadHeadAsync());
        await client.ExpectAsync("ok");
        await client.SendAsync(Get);
        Assert.Contains("\r\nCache-Status: goaround; hit; ", await client.ReadHeadAsync());
        await client.ExpectAsync("ok");
        Assert.Equal(["asked", "asked"], order);
        Assert.Equal(1, await host.Services.GetRequiredService<ICachePurge>().PurgeAllAsync(default));
        await host.StopAsync();
    }

    [Fact]
    public async Task Host_does_not_start_with_options_that_are_wrong()
    {
        using IHost host = Build(options => options.Pool.ConnectionsPerBackend = 0);
        OptionsValidationException error = await Assert.ThrowsAsync<OptionsValidationException>(() => host.StartAsync());
        Assert.Equal(["Pool.ConnectionsPerBackend (-n) is 0: it must be in 1..65535"], error.Failures);
    }

    private static ScriptedHandler Note(string name, ProxyHandler next, List<string> order) => new((request, cancellationToken) =>
    {
        order.Add(name);
        return next.HandleAsync(request, cancellationToken);
    });

    private static IHost Build(Action<GoAroundOptions> configure, Action<IServiceCollection>? services = null)
    {
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddGoAround(options =>
        {
            options.Server.Port = 0;
            configure(options);
        });
        services?.Invoke(builder.Services);
        return builder.Build();
    }
}

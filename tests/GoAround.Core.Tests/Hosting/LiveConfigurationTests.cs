using System;
using System.Diagnostics;
using System.Linq;
using System.Net;
using System.Net.Sockets;
using System.Threading;
using System.Threading.Tasks;
using GoAround.Core.Hosting;
using GoAround.Core.Server;
using GoAround.Core.Tests.Pool;
using GoAround.Core.Tests.Wire;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Xunit;

namespace GoAround.Core.Tests.Hosting;

public sealed class LiveConfigurationTests
{
    [Fact]
    public async Task Backends_of_a_configuration_that_changes_take_over_without_losing_a_request()
    {
        using ScriptedBackend first = new ScriptedBackend().Answer(WireEnd.Response("ok"));
        using ScriptedBackend second = new ScriptedBackend().Answer(WireEnd.Response("ok"));
        ChangingSource source = new(("Backends:0", first.Backend.Address), ("Server:Port", "0"));
        using IHost host = Build(services => services.AddGoAround(source.Section));
        await host.StartAsync();
        IBackendPool pool = host.Services.GetRequiredService<IBackendPool>();
        int port = host.Services.GetRequiredService<ProxyServer>().LocalEndPoint.Port;
        using CancellationTokenSource enough = new();
        Task<int>[] clients = [AskAsync(port, enough.Token), AskAsync(port, enough.Token), AskAsync(port, enough.Token)];
        for (int i = 0; i < 3; i++)
        {
            source.Change(("Backends:0", second.Backend.Address), ("Server:Port", "0"));
            await UntilAsync(() => pool.Backends.SequenceEqual([second.Backend]));
            int asked = second.Heads.Count;
            await UntilAsync(() => second.Heads.Count > asked + 10);
            source.Change(("Backends:0", first.Backend.Address), ("Backends:1", second.Backend.Address), ("Server:Port", "0"));
            await UntilAsync(() => pool.Backends.SequenceEqual([first.Backend, second.Backend]));
        }

        await enough.CancelAsync();
        Assert.All(await Task.WhenAll(clients), answered => Assert.NotEqual(0, answered));
        await host.StopAsync();
    }

    [Fact]
    public async Task Named_pool_follows_its_own_section_only()
    {
        using ScriptedBackend a = new ScriptedBackend().Answer(WireEnd.Response("a"));
        using ScriptedBackend b = new ScriptedBackend().Answer(WireEnd.Response("b"));
        ChangingSource source = new(("Orders:Backends:0", a.Backend.Address), ("Stock:Backends:0", a.Backend.Address));
        using IHost host = Build(services => services
            .AddGoAroundPool("orders", source.Section.GetSection("Orders"))
            .AddGoAroundPool("orders", options => options.Pool.MaxQueue = 7)
            .AddGoAroundPool("stock", source.Section.GetSection("Stock")));
        await host.StartAsync();
        IBackendPool orders = host.Services.GetRequiredKeyedService<Balancer>("orders").Pool;
        IBackendPool stock = host.Services.GetRequiredKeyedService<Balancer>("stock").Pool;
        source.Change(("Orders:Backends:0", b.Backend.Address), ("Stock:Backends:0", a.Backend.Address));
        await UntilAsync(() => orders.Backends.SequenceEqual([b.Backend]));
        source.Change(("Orders:Backends:0", a.Backend.Address), ("Stock:Backends:0", b.Backend.Address));
        await UntilAsync(() => orders.Backends.SequenceEqual([a.Backend]) && stock.Backends.SequenceEqual([b.Backend]));
        await host.StopAsync();
    }

    [Fact]
    public async Task Stopping_host_closes_the_port_although_a_removed_backend_does_not_end_its_checks()
    {
        TaskCompletionSource disposal = new();
        Backend deaf = Backend.Parse("http://a");
        ScriptedBackends world = new() { Farewell = backend => backend.Equals(deaf) ? disposal.Task : null };
        ChangingSource source = new(("Backends:0", "http://a"), ("Server:Port", "0"));
        using IHost host = Build(services => services
            .AddSingleton<IHealthMonitor>(world).AddSingleton<IConnectionFactory>(world).AddGoAround(source.Section));
        await host.StartAsync();
        int port = host.Services.GetRequiredService<ProxyServer>().LocalEndPoint.Port;
        try
        {
            source.Change(("Backends:0", "http://b"), ("Server:Port", "0"));
            await UntilAsync(() => !world.Health.IsWatched(deaf));
            using CancellationTokenSource atOnce = new();
            Task stopped = host.StopAsync(atOnce.Token);
            await UntilAsync(() => IsRefused(port));
            Assert.False(stopped.IsCompleted);
            await atOnce.CancelAsync();
            await stopped.WaitAsync(WireEnd.Patience);
        }
        finally
        {
            disposal.SetResult(); // or the host could not be disposed
        }
    }

    [Fact]
    public async Task Host_does_not_start_with_a_configuration_that_is_wrong()
    {
        ChangingSource source = new(("Backends:0", "http://a"), ("Server:Prot", "3000"));
        using IHost host = Build(services => services.AddGoAround(source.Section));
        OptionsValidationException error = await Assert.ThrowsAsync<OptionsValidationException>(() => host.StartAsync());
        Assert.Equal("'GoAround:Server:Prot' is no setting of GoAroundOptions that a configuration can hold", error.Message);
    }

    private static bool IsRefused(int port)
    {
        using Socket client = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            client.Connect(IPAddress.Loopback, port);
            return false;
        }
        catch (SocketException)
        {
            return true;
        }
    }

    private static IHost Build(Action<IServiceCollection> add)
    {
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(null);
        add(builder.Services);
        return builder.Build();
    }

    private static async Task<int> AskAsync(int port, CancellationToken enough)
    {
        using WireEnd client = await RawClient.ConnectAsync(port);
        int answered = 0;
        while (!enough.IsCancellationRequested)
        {
            await client.SendAsync("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
            await client.ExpectAsync(WireEnd.Response("ok"));
            answered++;
        }

        return answered;
    }

    private static async Task UntilAsync(Func<bool> isSo)
    {
        long start = Stopwatch.GetTimestamp();
        while (!isSo())
        {
            Assert.True(Stopwatch.GetElapsedTime(start) < WireEnd.Patience, "it did not come");
            await Task.Delay(5);
        }
    }
}

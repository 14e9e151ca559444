using System;
using System.Collections.Concurrent;
using System.IO;
using System.Linq;
using System.Net.Sockets;
using System.Threading.Tasks;
using GoAround.Core.Hosting;
using GoAround.Core.Server;
using GoAround.Core.Tests.Wire;
using GoAround.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using NSubstitute;
using Xunit;

namespace GoAround.Core.Tests.Hosting;

/// <summary>Each part of one's own does its work when a request comes, in whichever way it was given; that the container has it would not yet say so.</summary>
#pragma warning disable CA2012 // NSubstitute names a call by making it
public sealed class ReplacedPartsTests : IDisposable
{
    private const string Key = "orders";

    private static readonly string Closing = WireEnd.Response("ok", fields: "Connection: close\r\n"); // what a check has opened is not used again: the dialer is asked for the request, too
    private static readonly Type[] Checking = [typeof(IHealthChecker), typeof(IHealthMonitor), typeof(IBackendClient)]; // asked at the start, and no more in a short test
    private static readonly Type[] Answering = [typeof(IConnectionFactory), typeof(IBackendPool), typeof(ProxyHandler)]; // in place of the backends

    private readonly ScriptedBackend _a = new ScriptedBackend().Answer(Closing);
    private readonly ScriptedBackend _b = new ScriptedBackend().Answer(Closing);
    private readonly ConcurrentQueue<string> _asked = new();

    /// <summary>Every part that can be replaced, in every way that there is to give it.</summary>
    public static TheoryData<Type, string> Cases
    {
        get
        {
            Type[] parts = [typeof(SelectionPolicy), typeof(IBackendDialer), typeof(IResponseCache), typeof(ProxyEvents), typeof(TimeProvider), typeof(IConnectionFactory), .. Checking];
            TheoryData<Type, string> cases = [];
            foreach (string way in (string[])["before", "after", "named", "constructor"])
            {
                foreach (Type part in parts)
                {
                    cases.Add(part, way);
                }
            }

            foreach (Type part in (Type[])[typeof(IBackendPool), typeof(ProxyHandler)]) // where there is a listener; a Balancer is both
            {
                cases.Add(part, "before");
                cases.Add(part, "after");
            }

            return cases;
        }
    }

    public void Dispose()
    {
        _a.Dispose();
        _b.Dispose();
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task Part_of_ones_own_is_asked(Type part, string way)
    {
        object own = Make(part);
        Task<string> asking = way switch
        {
            "before" => ListenAsync(services => services.AddSingleton(part, own), _ => { }, part),
            "after" => ListenAsync(_ => { }, services => services.AddSingleton(part, own), part),
            "named" => CallAsync(services => _ = part == typeof(TimeProvider) ? services.AddSingleton(part, own) : services.AddKeyedSingleton(part, Key, own)),
            _ => CallAsync(PartsWith(part, own)),
        };
        Assert.Equal(Answering.Contains(part) ? "mine" : "ok", await asking);
        string[] asked = [.. _asked];
        int request = Array.IndexOf(asked, "the request");
        Assert.Contains(part.Name, Checking.Contains(part) ? asked[..request] : asked[request..]);
        string[] heads = [.. _a.Heads, .. _b.Heads];
        Assert.Equal(!Answering.Contains(part), heads.Any(head => head.StartsWith("GET / ", StringComparison.Ordinal)));
        Assert.Equal(!Checking.Contains(part) && part != typeof(IBackendPool), heads.Any(head => head.StartsWith("GET /health ", StringComparison.Ordinal))); // by nobody else beside it
    }

    [Theory]
    [InlineData("listener")]
    [InlineData("named")]
    [InlineData("constructor")]
    public async Task Steps_are_asked_before_and_after_the_backend_the_first_outermost(string way)
    {
        Action<GoAroundOptions> steps = options => options.Use((_, next) => Step("first", next)).Use((_, next) => Step("second", next));
        string answer = way switch
        {
            "listener" => await ListenAsync(services => services.Configure(steps), _ => { }, typeof(ProxyHandler)),
            "named" => await CallAsync(services => services.Configure(Key, steps)),
            _ => await CallAsync(new BalancerParts(), steps),
        };
        Assert.Equal("ok", answer);
        Assert.Equal(["the request", "first", "second", "second saw 200", "first saw 200"], _asked);
    }

    [Fact]
    public void Every_part_that_a_constructor_takes_is_among_the_cases()
    {
        string[] others = [nameof(BalancerParts.Name), nameof(BalancerParts.Random), nameof(BalancerParts.Loggers), nameof(BalancerParts.Meters), nameof(BalancerParts.Services)];
        Assert.All(
            typeof(BalancerParts).GetProperties().Where(property => !others.Contains(property.Name)),
            property => Assert.Contains(Cases, row => (Type)row[0] == property.PropertyType && (string)row[1] == "constructor"));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Purge_of_ones_own_is_what_the_container_gives(bool before)
    {
        ICachePurge own = Substitute.For<ICachePurge>();
        ServiceCollection services = new();
        _ = before ? services.AddSingleton(own).AddGoAround(_ => { }) : services.AddGoAround(_ => { }).AddSingleton(own);
        await using ServiceProvider provider = services.BuildServiceProvider();
        Assert.Same(own, provider.GetRequiredService<ICachePurge>());
    }

    private static BalancerParts PartsWith(Type part, object own)
    {
        BalancerParts parts = new();
        Assert.Single(typeof(BalancerParts).GetProperties(), property => property.PropertyType == part).SetValue(parts, own);
        return parts;
    }

    private ScriptedHandler Step(string name, ProxyHandler next) => new(async (request, cancellationToken) =>
    {
        _asked.Enqueue(name);
        ProxyResponse response = await next.HandleAsync(request, cancellationToken);
        _asked.Enqueue($"{name} saw {response.StatusCode}");
        return response;
    });

    /// <summary>A request through the listener.</summary>
    private async Task<string> ListenAsync(Action<IServiceCollection> before, Action<IServiceCollection> after, Type part)
    {
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(null);
        before(builder.Services);
        builder.Services.AddGoAround(options =>
        {
            options.Server.Port = 0;
            Configure(options);
        });
        after(builder.Services);
        using IHost host = builder.Build();
        await host.StartAsync();
        using WireEnd client = await RawClient.ConnectAsync(host.Services.GetRequiredService<ProxyServer>().LocalEndPoint.Port);
        if (part == typeof(IBackendPool))
        {
            await host.Services.GetRequiredService<IBackendPool>().ReceivedWithAnyArgs(1).ReplaceAsync(default!, default); // the backends of the options
        }

        _asked.Enqueue("the request");
        await client.SendAsync("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
        string answer = await client.ReadToEndAsync();
        client.Dispose(); // or the stop would wait for it
        await host.StopAsync();
        return answer[(answer.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4)..].TrimEnd();
    }

    /// <summary>A request through a pool of the container's.</summary>
    private async Task<string> CallAsync(Action<IServiceCollection> add)
    {
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddGoAroundPool(Key, Configure);
        add(builder.Services);
        using IHost host = builder.Build();
        await host.StartAsync();
        string answer = await AskAsync(host.Services.GetRequiredKeyedService<Balancer>(Key));
        await host.StopAsync();
        return answer;
    }

    /// <summary>A request through a balancer made by its constructor.</summary>
    private async Task<string> CallAsync(BalancerParts parts, Action<GoAroundOptions>? configure = null)
    {
        GoAroundOptions options = new();
        Configure(options);
        configure?.Invoke(options);
        await using Balancer balancer = new(options, parts);
        await balancer.StartAsync(default);
        return await AskAsync(balancer);
    }

    private async Task<string> AskAsync(Balancer balancer)
    {
        using System.Net.Http.HttpClient client = new(new BalancingHttpHandler(balancer));
        _asked.Enqueue("the request");
        return (await client.GetStringAsync("http://orders/")).TrimEnd();
    }

    private void Configure(GoAroundOptions options)
    {
        options.Backends.Add(_a.Backend.Address);
        options.Backends.Add(_b.Backend.Address);
        options.Cache.IsEnabled = true;
    }

    private object Make(Type part)
    {
        void Ask() => _asked.Enqueue(part.Name);
        object own = part == typeof(TimeProvider) ? new AskedTime(Ask) : part == typeof(SelectionPolicy) ? new AskedPolicy(Ask) : part == typeof(ProxyEvents) ? new AskedEvents(Ask) : Substitute.For([part], []);
        switch (own)
        {
            case IBackendDialer dialer:
                dialer.DialAsync(default!, default).ReturnsForAnyArgs(call => DialAsync(call.Arg<Backend>(), Ask));
                break;
            case IHealthChecker checker:
                checker.CheckAsync(default!, default).ReturnsForAnyArgs(Asked(Ask, _ => new ValueTask<HealthReport>(new HealthReport(HealthState.Healthy, "mine"))));
                break;
            case IHealthMonitor monitor:
                ManualHealth health = new(new ManualTime());
                monitor.Subscribe(default!).ReturnsForAnyArgs(Asked<IHealthSubscription>(Ask, call => health.Subscribe(call.Arg<Backend>())));
                break;
            case IBackendClient client:
                client.SendAsync(default!, default!, default).ReturnsForAnyArgs(Asked(Ask, _ => new ValueTask<ProxyResponse>(ProxyResponse.FromText(200, "mine"))));
                break;
            case IConnectionFactory factory:
                factory.Create(default!, default!).ReturnsForAnyArgs(call => Connection(call.Arg<Backend>(), Ask));
                break;
            case IResponseCache cache:
                cache.FindAsync(default, default).ReturnsForAnyArgs(Asked(Ask, _ => new ValueTask<StoredResponse?>((StoredResponse?)null)));
                break;
            case IBackendPool pool:
                pool.WaitForFirstCheckAsync(default).ReturnsForAnyArgs(Task.CompletedTask);
                pool.FetchAsync(default!, default).ReturnsForAnyArgs(Asked(Ask, _ => new ValueTask<ProxyResponse>(ProxyResponse.FromText(200, "mine"))));
                break;
            case ProxyHandler handler:
                handler.HandleAsync(default!, default).ReturnsForAnyArgs(Asked(Ask, _ => new ValueTask<ProxyResponse>(ProxyResponse.FromText(200, "mine"))));
                break;
        }

        return own;
    }

    private static Func<NSubstitute.Core.CallInfo, T> Asked<T>(Action ask, Func<NSubstitute.Core.CallInfo, T> answer) => call =>
    {
        ask();
        return answer(call);
    };

    private static IConnection Connection(Backend backend, Action ask)
    {
        IConnection connection = Substitute.For<IConnection>();
        connection.Backend.Returns(backend);
        connection.IsHealthy.Returns(true);
        connection.SendAsync(default!, default).ReturnsForAnyArgs(Asked(ask, _ => new ValueTask<ProxyResponse>(ProxyResponse.FromText(200, "mine"))));
        return connection;
    }

    private static async ValueTask<Stream> DialAsync(Backend backend, Action ask)
    {
        ask();
        Socket socket = new(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(backend.Host, backend.Port);
        return new NetworkStream(socket, ownsSocket: true);
    }

    private sealed class AskedPolicy(Action ask) : SelectionPolicy
    {
        public override int Choose(ProxyRequest request, ReadOnlySpan<BackendLoad> candidates)
        {
            ask();
            return 0;
        }
    }

    private sealed class AskedEvents(Action ask) : ProxyEvents
    {
        public override void Fetched(int attempts) => ask();
    }

    private sealed class AskedTime(Action ask) : TimeProvider
    {
        public override long GetTimestamp()
        {
            ask();
            return base.GetTimestamp();
        }
    }
}

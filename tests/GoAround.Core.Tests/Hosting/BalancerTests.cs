using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using GoAround.Core.Hosting;
using GoAround.Core.Observability;
using GoAround.Core.Tests.Pool;
using GoAround.Core.Tests.Wire;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using NSubstitute;
using Xunit;

namespace GoAround.Core.Tests.Hosting;

public sealed class BalancerTests
{
    [Fact]
    public async Task Balancer_without_a_container_checks_its_backends_and_answers_through_its_steps()
    {
        using ScriptedBackend backend = new ScriptedBackend().Answer(WireEnd.Response("ok"));
        int passed = 0;
        GoAroundOptions options = new() { Backends = { backend.Backend.Address }, FirstCheckTimeout = WireEnd.Patience };
        options.Use((services, next) =>
        {
            Assert.Null(services.GetService(typeof(TimeProvider)));
            return new CountingStep(next, () => passed++);
        });
        await using Balancer balancer = new(options);
        await balancer.StartAsync(default);
        Assert.Equal(HealthState.Healthy, Assert.Single(balancer.Pool.GetStatus()).State);
        await using ProxyResponse response = await balancer.Handler.HandleAsync(new ProxyRequest("GET", "/"), default);
        Assert.Equal(200, response.StatusCode);
        Assert.Equal(1, passed);
        Assert.Null(balancer.Purge);
    }

    [Fact]
    public async Task Cache_that_is_on_answers_the_second_time_and_can_be_purged()
    {
        using ScriptedBackend backend = new ScriptedBackend().Answer("HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nContent-Length: 2\r\n\r\nok");
        GoAroundOptions options = new() { Backends = { backend.Backend.Address } };
        options.Cache.IsEnabled = true;
        await using Balancer balancer = new(options);
        await balancer.StartAsync(default);
        for (int i = 0; i < 2; i++)
        {
            await using ProxyResponse response = await balancer.Handler.HandleAsync(new ProxyRequest("GET", "/") { Authority = "h"u8.ToArray() }, default);
            while (!(await response.Body.ReadAsync(default)).IsEmpty)
            {
                // to the end: only then it is stored
            }
        }

        Assert.Equal(1, await balancer.Purge!.PurgeAllAsync(default)); // the cache is on
    }

    [Fact]
    public void Option_out_of_its_range_is_refused_with_its_name()
    {
        GoAroundOptions options = new();
        options.Pool.ConnectionsPerBackend = 0;
        OptionsValidationException refusal = Assert.Throws<OptionsValidationException>(() => new Balancer(options));
        Assert.Contains("Pool.ConnectionsPerBackend", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Second_start_waits_for_the_first_and_a_disposed_balancer_does_not_start()
    {
        IHealthMonitor monitor = Substitute.For<IHealthMonitor>();
        Balancer balancer = new(new GoAroundOptions(), new BalancerParts { HealthMonitor = monitor });
        Task first = balancer.StartAsync(default);
        await balancer.StartAsync(default);
        Assert.True(first.IsCompletedSuccessfully);
        await balancer.DisposeAsync();
        await balancer.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => balancer.StartAsync(default));
        await monitor.DidNotReceive().DisposeAsync(); // it belongs to who gave it
    }

    [Fact]
    public async Task Disposal_ends_a_start_that_still_waits_for_a_check()
    {
        using ScriptedBackend backend = new ScriptedBackend().Serve(link => link.ReadToCloseAsync());
        GoAroundOptions options = new() { Backends = { backend.Backend.Address }, FirstCheckTimeout = TimeSpan.FromMinutes(10) };
        Balancer balancer = new(options);
        Task start = balancer.StartAsync(default);
        await balancer.DisposeAsync().AsTask().WaitAsync(WireEnd.Patience);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => start);
    }

    [Fact]
    public async Task Named_balancers_of_one_application_have_backends_parts_and_a_meter_of_their_own()
    {
        using ScriptedBackend first = new ScriptedBackend().Answer(WireEnd.Response("first"));
        using ScriptedBackend second = new ScriptedBackend().Answer(WireEnd.Response("second"));
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddMetrics();
        foreach ((string name, ScriptedBackend backend) in new[] { ("orders", first), ("stock", second) })
        {
            builder.Services.AddGoAroundPool(name, options =>
            {
                options.Backends.Add(backend.Backend.Address);
                options.FirstCheckTimeout = WireEnd.Patience;
            });
        }

        IHealthChecker checker = Substitute.For<IHealthChecker>();
        checker.CheckAsync(default!, default).ReturnsForAnyArgs(new HealthReport(HealthState.Healthy, "said so"));
        builder.Services.AddKeyedSingleton("stock", checker);
        using IHost host = builder.Build();
        List<string> meters = [];
        object scope = host.Services.GetRequiredService<System.Diagnostics.Metrics.IMeterFactory>(); // asked now: the listener hears of the meters of other tests too, in their code
        using System.Diagnostics.Metrics.MeterListener listener = new()
        {
            InstrumentPublished = (instrument, _) =>
            {
                if (instrument.Meter.Name == GoAroundMeter.MeterName && instrument.Meter.Scope == scope)
                {
                    foreach (KeyValuePair<string, object?> tag in instrument.Meter.Tags ?? [])
                    {
                        meters.Add($"{tag.Key}={tag.Value}");
                    }
                }
            },
        };
        listener.Start();
        await host.StartAsync();
        Balancer orders = host.Services.GetRequiredKeyedService<Balancer>("orders");
        Balancer stock = host.Services.GetRequiredKeyedService<Balancer>("stock");
        Assert.Equal([first.Backend], orders.Pool.Backends);
        Assert.Equal([second.Backend], stock.Pool.Backends);
        Assert.Contains(first.Heads, head => head.StartsWith("GET /health ", StringComparison.Ordinal));
        Assert.Empty(second.Heads); // its own checker asked nobody
        Assert.Contains("goaround.pool=orders", meters);
        Assert.Contains("goaround.pool=stock", meters);
        await host.StopAsync();
    }

    [Fact]
    public async Task Named_balancer_takes_its_chance_from_what_is_registered_under_its_name()
    {
        NotingRandom chance = new();
        IHealthChecker checker = Substitute.For<IHealthChecker>();
        checker.CheckAsync(default!, default).ReturnsForAnyArgs(new HealthReport(HealthState.Unhealthy, "said so"));
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddKeyedSingleton("x", checker).AddKeyedSingleton<Random>("x", chance);
        builder.Services.AddGoAroundPool("x", options => options.Backends.Add("http://a"));
        using IHost host = builder.Build();
        await host.StartAsync();
        await chance.Asked.WaitAsync(WireEnd.Patience);
        await host.StopAsync();
    }

    [Fact]
    public async Task Balancer_that_cannot_be_made_leaves_nothing_of_itself()
    {
        TaskCompletionSource ended = new();
        using System.Diagnostics.Metrics.MeterListener listener = new()
        {
            InstrumentPublished = (instrument, own) =>
            {
                if (instrument.Meter.Tags is { } tags && new List<KeyValuePair<string, object?>>(tags).Contains(new("goaround.pool", "never made")))
                {
                    own.EnableMeasurementEvents(instrument);
                }
            },
            MeasurementsCompleted = (_, _) => ended.TrySetResult(),
        };
        listener.Start();
        GoAroundOptions options = new();
        options.Use((_, _) => throw new InvalidCastException());
        Assert.Throws<InvalidCastException>(() => new Balancer(options, new BalancerParts { Name = "never made" }));
        await ended.Task.WaitAsync(WireEnd.Patience);
    }

    [Fact]
    public async Task Start_runs_nobodys_code_on_its_caller_who_may_hold_a_lock()
    {
        ScriptedBackends world = new();
        using SemaphoreSlim held = new(0, 1);
        bool isReleased = false;
        world.RefusesToMake = _ => !(isReleased = held.Wait(WireEnd.Patience));
        GoAroundOptions options = new() { Backends = { "http://a" }, Pool = { ConnectionsPerBackend = 1 } };
        await using Balancer balancer = new(options, new BalancerParts { Connections = world, HealthMonitor = world });
        Task start = balancer.StartAsync(default);
        held.Release();
        await start;
        Assert.True(isReleased);
    }

    [Fact]
    public async Task Selection_policy_that_is_given_chooses_the_backends_of_its_balancer()
    {
        RecordingPolicy given = new(_ => 0);
        RecordingPolicy registered = new(_ => 1);
        RecordingPolicy keyed = new(_ => 1);
        ScriptedBackends world = new();
        GoAroundOptions options = new() { Backends = { "http://a", "http://b weight=2" } };
        await using Balancer balancer = new(options, new BalancerParts { Selection = given, Connections = world, HealthMonitor = world });
        ServiceCollection services = new();
        services.AddSingleton<IConnectionFactory>(world).AddSingleton<IHealthMonitor>(world).AddSingleton<SelectionPolicy>(registered);
        services.AddKeyedSingleton<IConnectionFactory>("x", world).AddKeyedSingleton<IHealthMonitor>("x", world).AddKeyedSingleton<SelectionPolicy>("x", keyed);
        services.AddGoAround(_ => { });
        services.AddGoAroundPool("x", _ => { });
        await using ServiceProvider provider = services.BuildServiceProvider();
        await balancer.StartAsync(default);
        Assert.Equal([1, 2], balancer.Pool.Backends.Select(backend => backend.Weight));
        foreach (IBackendPool pool in (IBackendPool[])[balancer.Pool, provider.GetRequiredService<IBackendPool>(), provider.GetRequiredKeyedService<Balancer>("x").Pool])
        {
            await pool.ReplaceAsync([Backend.Parse("http://a"), Backend.Parse("http://b")], default);
            await using ProxyResponse response = await pool.FetchAsync(new ProxyRequest("GET", "/"), default);
            Assert.Equal(pool == balancer.Pool ? "http://a" : "http://b", response.Backend?.Address);
        }

        Assert.All((RecordingPolicy[])[given, registered, keyed], policy => Assert.Single(policy.Asked));
    }

    private sealed class NotingRandom : Random
    {
        private readonly TaskCompletionSource _asked = new();

        public Task Asked => _asked.Task;

        public override double NextDouble()
        {
            _asked.TrySetResult();
            return 0.5;
        }
    }

    private sealed class CountingStep(ProxyHandler next, Action count) : ProxyHandler
    {
        public override ValueTask<ProxyResponse> HandleAsync(ProxyRequest request, CancellationToken cancellationToken)
        {
            count();
            return next.HandleAsync(request, cancellationToken);
        }
    }
}

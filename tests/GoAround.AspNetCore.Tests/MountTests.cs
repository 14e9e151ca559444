using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Diagnostics.Metrics;
using System.Linq;
using System.Threading.Tasks;
using GoAround.Core.Hosting;
using GoAround.Core.Observability;
using GoAround.Core.Sockets;
using GoAround.Core.Tests.Sockets;
using GoAround.Core.Tests.Wire;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.RateLimiting;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Xunit;

namespace GoAround.AspNetCore.Tests;

public sealed class MountTests
{
    [Fact]
    public async Task Pool_of_a_routes_own_starts_and_ends_with_the_application()
    {
        using ScriptedBackend backend = new ScriptedBackend().Answer(WireEnd.Response("ok"));
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        WebApplication app = builder.Build();
        app.MapGoAround("/api/{**rest}", options => options.Backends.Add(backend.Backend.Address));
        Assert.Equal(0, backend.Accepted);
        List<string> tags = [];
        object scope = app.Services.GetRequiredService<IMeterFactory>(); // asked now: the listener hears of the meters of other tests too, in their code, and longer than the application lives
        using MeterListener meters = new()
        {
            InstrumentPublished = (instrument, _) =>
            {
                if (instrument.Meter.Name == GoAroundMeter.MeterName && instrument.Meter.Scope == scope)
                {
                    tags.AddRange((instrument.Meter.Tags ?? []).Select(tag => $"{tag.Key}={tag.Value}"));
                }
            },
        };
        meters.Start();
        await app.StartAsync();
        int port = new Uri(app.Urls.First()).Port;
        Assert.EndsWith("\r\n\r\nok", await AskAsync(port, "/api/x"), StringComparison.Ordinal); // it waits for the first check
        Assert.StartsWith("HTTP/1.1 404 ", await AskAsync(port, "/other"), StringComparison.Ordinal);
        Assert.Contains("goaround.pool=/api/{**rest}", tags);
        Assert.Contains(backend.Heads, head => head.StartsWith("GET /health ", StringComparison.Ordinal));
        await app.StopAsync();
        await app.DisposeAsync();
    }

    [Fact]
    public async Task Sockets_to_backends_are_closed_when_the_application_has_stopped()
    {
        TaskCompletionSource ended = new();
        using ScriptedBackend backend = new ScriptedBackend().Serve(async link =>
        {
            while (await link.TryReadHeadAsync() is { } head)
            {
                await link.SendAsync(WireEnd.Response("ok"));
                if (head.StartsWith("GET /x ", StringComparison.Ordinal))
                {
                    Assert.Null(await link.TryReadHeadAsync());
                    ended.SetResult();
                    return;
                }
            }
        });
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        await using WebApplication app = builder.Build();
        app.UseGoAround(options => options.Backends.Add(backend.Backend.Address));
        await app.StartAsync();
        await AskAsync(new Uri(app.Urls.First()).Port, "/x");
        Assert.False(ended.Task.IsCompleted);
        await app.StopAsync();
        await ended.Task.WaitAsync(WireEnd.Patience);
    }

    [Fact]
    public async Task Wrong_options_and_unknown_pools_are_refused_where_they_are_mapped()
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Services.AddGoAroundPool("wrong", options => options.Pool.MaxQueue = -1);
        await using WebApplication app = builder.Build();
        Assert.Contains("Backends (-b)", Assert.Throws<OptionsValidationException>(() => app.MapGoAround("/", options => options.Backends.Add("ftp://x"))).Message, StringComparison.Ordinal);
        Assert.Contains("Pool.MaxQueue", Assert.Throws<OptionsValidationException>(() => app.UseGoAround("wrong")).Message, StringComparison.Ordinal);
        Assert.Contains("AddGoAroundPool(\"stock\"", Assert.Throws<InvalidOperationException>(() => app.MapGoAround("/", "stock")).Message, StringComparison.Ordinal);
        Assert.Contains("AddGoAroundPool(\"stock\"", Assert.Throws<InvalidOperationException>(() => app.UseGoAround("stock")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Route_takes_policies_and_metadata_like_any_other()
    {
        Gateway.Setup setup = new()
        {
            Services = services => services.AddRateLimiter(options => options.AddFixedWindowLimiter("one", window =>
            {
                window.PermitLimit = 1;
                window.Window = TimeSpan.FromHours(1);
            })),
            Map = app =>
            {
                app.UseRateLimiter();
                app.MapGoAround("/api/{**rest}", Gateway.Pool).RequireRateLimiting("one").WithMetadata("mine");
            },
        };
        using ScriptedBackend backend = new ScriptedBackend().Answer(WireEnd.Response("ok"));
        await using Gateway gateway = await Gateway.OpenAsync(setup, backend);
        Assert.StartsWith("HTTP/1.1 200 ", await AskAsync(gateway.Port, "/api"), StringComparison.Ordinal);
        Assert.StartsWith("HTTP/1.1 503 ", await AskAsync(gateway.Port, "/api"), StringComparison.Ordinal); // the limiter's own
        await gateway.UntilIdleAsync(1);
        Endpoint endpoint = Assert.Single(gateway.Services.GetRequiredService<EndpointDataSource>().Endpoints);
        Assert.Equal(("mine", "GoAround /api/{**rest}"), (endpoint.Metadata.GetMetadata<string>(), endpoint.DisplayName));
    }

    [Fact]
    public async Task Balancer_made_without_a_container_is_a_delegate()
    {
        using ScriptedBackend backend = new ScriptedBackend().Answer(WireEnd.Response("ok"));
        await using Balancer balancer = new(new GoAroundOptions { Backends = { backend.Backend.Address } }, new BalancerParts { HealthChecker = new AlwaysHealthy() });
        await balancer.StartAsync(default);
        await using Gateway gateway = await Gateway.OpenAsync(new Gateway.Setup { Map = app => app.MapGet("/{**rest}", balancer.ToRequestDelegate()) }, Array.Empty<Core.Backend>());
        Assert.EndsWith("\r\n\r\nok", await AskAsync(gateway.Port, "/x"), StringComparison.Ordinal);
    }

    private static async Task<string> AskAsync(int port, string target)
    {
        using WireEnd client = await RawClient.ConnectAsync(port);
        await client.SendAsync($"GET {target} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
        return await client.ReadToEndAsync();
    }

    [PolledFact]
    public async Task Code_of_the_application_goes_on_on_a_thread_that_does_not_poll()
    {
        using ScriptedBackend backend = new ScriptedBackend().Answer(WireEnd.Response("ok"));
        ConcurrentQueue<bool> seen = new();
        Gateway.Setup setup = new()
        {
            Map = app =>
            {
                app.Use(async (HttpContext context, RequestDelegate next) =>
                {
                    await next(context).ConfigureAwait(false);
                    seen.Enqueue(Poller.IsCurrent);
                });
                app.UseGoAround(Gateway.Pool);
            },
        };
        await using Gateway gateway = await Gateway.OpenAsync(setup, backend);
        for (int i = 0; i < 10; i++)
        {
            await gateway.AskOnceAsync("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
        }

        await Until.TrueAsync(() => seen.Count == 10, "a request did not end");
        Assert.DoesNotContain(true, seen);
    }
}

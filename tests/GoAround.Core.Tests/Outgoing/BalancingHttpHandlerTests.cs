using System;
using System.Linq;
using System.Net;
using System.Net.Http;
using System.Net.Http.Json;
using System.Threading;
using System.Threading.Tasks;
using GoAround.Core.Hosting;
using GoAround.Core.Pool;
using GoAround.Core.Tests.Wire;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using NSubstitute;
using Xunit;

namespace GoAround.Core.Tests.Outgoing;

public sealed class BalancingHttpHandlerTests
{
    [Fact]
    public async Task Client_over_a_mocked_pool_sends_what_the_pool_is_given()
    {
        IBackendPool pool = Substitute.For<IBackendPool>();
        pool.FetchAsync(Arg.Any<ProxyRequest>(), Arg.Any<CancellationToken>()).Returns(call => Echo(call.Arg<ProxyRequest>()));
        using HttpClient client = new(new BalancingHttpHandler(new PoolHandler(pool)));
        client.DefaultRequestHeaders.Add("X-Id", "7");
        using HttpResponseMessage response = await client.GetAsync("http://orders/list?a=b");
        Assert.Equal(HttpStatusCode.Created, response.StatusCode);
        Assert.Equal("GET /list?a=b 7", await response.Content.ReadAsStringAsync());
        await pool.ReceivedWithAnyArgs(1).FetchAsync(default!, default);
    }

    [Fact]
    public async Task Plain_constructor_checks_and_balances_and_its_disposal_ends_the_balancer()
    {
        using ScriptedBackend first = new ScriptedBackend().Answer(WireEnd.Response("1"));
        using ScriptedBackend second = new ScriptedBackend().Answer(WireEnd.Response("2"));
        BalancingHttpHandler handler = new(options =>
        {
            options.Backends.Add(first.Backend.Address);
            options.Backends.Add(second.Backend.Address);
            options.FirstCheckTimeout = WireEnd.Patience; // both are there from the first request on
        });
        HttpClient client = new(handler);
        string answers = "";
        for (int i = 0; i < 8; i++)
        {
            answers += await client.GetStringAsync("http://orders/");
        }

        Assert.Contains('1', answers);
        Assert.Contains('2', answers);
        Assert.Contains(first.Heads, head => head.StartsWith("GET /health ", StringComparison.Ordinal));
        client.Dispose();
        await handler.DisposeAsync();
        await handler.DisposeAsync();
        using HttpMessageInvoker invoker = new(handler);
        using HttpRequestMessage request = new(HttpMethod.Get, "http://orders/");
        await Assert.ThrowsAsync<ObjectDisposedException>(() => invoker.SendAsync(request, default));
    }

    [Fact]
    public async Task First_requests_start_a_balancer_that_nobody_has_started_once()
    {
        using ScriptedBackend backend = new ScriptedBackend().Answer(WireEnd.Response("ok"));
        await using Balancer balancer = new(new GoAroundOptions { Backends = { backend.Backend.Address }, Health = { Interval = TimeSpan.FromHours(1) } });
        using HttpClient client = new(new BalancingHttpHandler(balancer));
        Assert.Equal(["ok", "ok", "ok"], await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => client.GetStringAsync("http://orders/"))));
        Assert.Single(backend.Heads, head => head.StartsWith("GET /health ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Handler_over_a_balancer_of_somebody_else_leaves_it_alone()
    {
        using ScriptedBackend backend = new ScriptedBackend().Answer(WireEnd.Response("ok"));
        await using OutgoingFixture fixture = new(backend);
        new HttpClient(new BalancingHttpHandler(fixture.Balancer)).Dispose();
        Assert.Equal("ok", await fixture.Client.GetStringAsync("/"));
    }

    [Fact]
    public async Task Client_of_a_factory_goes_over_the_named_balancer_which_stays()
    {
        using ScriptedBackend backend = new ScriptedBackend().Answer(WireEnd.Response("ok"));
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddGoAroundPool("orders", options =>
        {
            options.Backends.Add(backend.Backend.Address);
            options.FirstCheckTimeout = WireEnd.Patience;
            options.Health.Interval = TimeSpan.FromHours(1);
        });
        builder.Services.AddHttpClient("orders", client => client.BaseAddress = new Uri("http://orders/"))
            .ConfigurePrimaryHttpMessageHandler(services => new BalancingHttpHandler(services.GetRequiredKeyedService<Balancer>("orders")));
        using IHost host = builder.Build();
        await host.StartAsync();
        IHttpClientFactory clients = host.Services.GetRequiredService<IHttpClientFactory>();
        Assert.Equal("ok", await clients.CreateClient("orders").GetStringAsync("/a"));
        new HttpClient(host.Services.GetRequiredService<IHttpMessageHandlerFactory>().CreateHandler("orders")).Dispose(); // what a factory does with one that is old
        Assert.Equal("ok", await clients.CreateClient("orders").GetStringAsync("/b"));
        Assert.Equal(2, backend.Accepted); // one for the check
        await host.StopAsync();
    }

    [Fact]
    public async Task Handler_has_the_cache_of_its_balancer()
    {
        using ScriptedBackend backend = new ScriptedBackend().Answer("HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nContent-Length: 2\r\n\r\nok");
        await using OutgoingFixture fixture = new(options => options.Cache.IsEnabled = true, null, backend);
        for (int i = 0; i < 3; i++)
        {
            using HttpResponseMessage response = await fixture.Client.GetAsync("/stored");
            Assert.Equal("ok", await response.Content.ReadAsStringAsync());
            Assert.Equal("OK", response.ReasonPhrase);
            Assert.Equal(i > 0, response.Headers.Contains("Age"));
        }

        Assert.Single(backend.Heads);
    }

    [Fact]
    public async Task Nothing_stored_for_only_if_cached_is_an_answer_and_is_counted()
    {
        await using OutgoingFixture fixture = new(options => options.Cache.IsEnabled = true, null);
        using HttpRequestMessage request = new(HttpMethod.Get, "/not-stored") { Headers = { CacheControl = new() { OnlyIfCached = true } } };
        using HttpResponseMessage response = await fixture.Client.SendAsync(request);
        Assert.Equal(HttpStatusCode.GatewayTimeout, response.StatusCode);
        Assert.Equal("Nothing is stored that answers this.\n", await response.Content.ReadAsStringAsync());
        Assert.Equal([(ProxyError.ProxyInternalResponse, 504)], fixture.Events.Errors);
    }

    [Fact]
    public void Synchronous_send_says_what_to_use_instead()
    {
        using HttpClient client = new(new BalancingHttpHandler(_ => { }));
        using HttpRequestMessage request = new(HttpMethod.Get, "http://orders/");
        NotSupportedException refusal = Assert.Throws<NotSupportedException>(() => client.Send(request));
        Assert.Contains("SendAsync", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Many_at_once_get_each_its_own_answer_and_no_backend_more_than_its_cap()
    {
        int inFlight = 0;
        int most = 0;
        using ScriptedBackend backend = new ScriptedBackend().Serve(async link =>
        {
            while (await link.TryReadHeadAsync() is { } head)
            {
                int now = Interlocked.Increment(ref inFlight);
                InterlockedMax(ref most, now);
                string length = head.Split("Content-Length: ")[1].Split('\r')[0];
                string body = await link.ReadAsync(int.Parse(length, System.Globalization.CultureInfo.InvariantCulture));
                Interlocked.Decrement(ref inFlight);
                await link.SendAsync(WireEnd.Response(body));
            }
        });
        await using OutgoingFixture fixture = new(options => options.Pool.ConnectionsPerBackend = 3, null, backend);
        await Parallel.ForAsync(0, 300, new ParallelOptions { MaxDegreeOfParallelism = 16 }, async (i, stop) =>
        {
            using HttpResponseMessage response = await fixture.Client.PutAsync("/", new StringContent($"number {i}"), stop);
            Assert.Equal($"number {i}", await response.Content.ReadAsStringAsync(stop));
        });
        Assert.InRange(most, 1, 3);
        Assert.InRange(backend.Accepted, 1, 3);
        Assert.Empty(backend.Faults);
    }

    [Fact]
    public async Task Objects_go_there_and_back_as_json()
    {
        using ScriptedBackend backend = new ScriptedBackend().Serve(async link =>
        {
            await link.ReadHeadAsync();
            string json = await link.ReadUntilAsync("0\r\n\r\n");
            Assert.Contains("\"name\":\"gr", json, StringComparison.Ordinal);
            await link.SendAsync("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 12\r\n\r\n{\"Name\":\"a\"}");
        });
        await using OutgoingFixture fixture = new(backend);
        using HttpResponseMessage response = await fixture.Client.PostAsJsonAsync("/", new Named("green"));
        Assert.Equal("a", (await response.Content.ReadFromJsonAsync<Named>())!.Name); // it is no null
    }

    private static ProxyResponse Echo(ProxyRequest request) =>
        ProxyResponse.FromText(201, $"{request.Method} {System.Text.Encoding.ASCII.GetString(request.Target.Span)} {request.Fields["X-Id"]}");

    private static void InterlockedMax(ref int most, int value)
    {
        int seen;
        while ((seen = Volatile.Read(ref most)) < value && Interlocked.CompareExchange(ref most, value, seen) != seen)
        {
        }
    }

    private sealed record Named(string Name);
}

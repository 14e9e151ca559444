using System;
using System.Net;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using GoAround.Core;
using GoAround.Core.Hosting;
using GoAround.Core.Tests.Load;
using GoAround.Core.Tests.Pool;
using GoAround.Core.Tests.Wire;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Xunit;
using Xunit.Abstractions;

namespace GoAround.AspNetCore.Tests;

[Collection(Alone.Name)]
public sealed class AllocationTests(ITestOutputHelper output)
{
    private const int Requests = 2_000;
    private const int Most = 320; // bytes

    private static readonly byte[] Response =
        "HTTP/1.1 200 OK\r\nContent-Length: 13\r\nContent-Type: text/plain\r\nDate: Sun, 22 Nov 2026 12:00:00 GMT\r\nServer: test\r\n\r\nHello, world!"u8.ToArray();

    private static readonly byte[] Request = "GET /hello?x=1 HTTP/1.1\r\nHost: localhost:3000\r\nUser-Agent: test\r\nAccept: */*\r\n\r\n"u8.ToArray();

    [OptimizedTheory]
    [InlineData(1)]
    [InlineData(16)]
    public async Task Forwarded_get_allocates_little_more_than_Kestrel_does_for_an_answer_of_its_own(int clients)
    {
        using FixedBackend backend = new(Response);
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Listen(IPAddress.Loopback, 0);
            kestrel.Listen(IPAddress.Loopback, 0);
        });
        builder.Services.AddKeyedSingleton<IHealthChecker>("orders", new AlwaysHealthy());
        builder.Services.AddGoAroundPool("orders", options => options.Backends.Add(backend.Address));
        await using WebApplication app = builder.Build();
        string date = "Sun, 22 Nov 2026 12:00:00 GMT";
        byte[] body = Encoding.ASCII.GetBytes("Hello, world!");
        Microsoft.AspNetCore.Http.RequestDelegate forward = app.Services.GetRequiredKeyedService<Balancer>("orders").ToRequestDelegate();
        int own = 0;
        app.Run(context =>
        {
            if (context.Connection.LocalPort != own)
            {
                return forward(context);
            }

            context.Response.ContentLength = body.Length;
            context.Response.ContentType = "text/plain";
            context.Response.Headers.Date = date;
            context.Response.Headers.Server = "test";
            return context.Response.Body.WriteAsync(body, 0, body.Length);
        });
        await app.StartAsync();
        int[] ports = [.. System.Linq.Enumerable.Select(app.Urls, url => new Uri(url).Port)];
        Volatile.Write(ref own, ports[0]);
        double kestrel = Measure(ports[0], clients, rounds: 5, enough: 0);
        double forwarded = Measure(ports[1], clients, rounds: 30, enough: kestrel + Most);
        output.WriteLine($"{clients} clients: {kestrel:F0} bytes a request by Kestrel alone, {forwarded:F0} forwarded, {forwarded - kestrel:F0} more");
        await app.StopAsync(new CancellationToken(canceled: true)).WaitAsync(WireEnd.Patience);
        Assert.InRange(forwarded - kestrel, 0, Most);
    }

    /// <summary>Bytes a request, the best of so many rounds, or of three where that is enough: the runtime itself allocates a little now and then, by time and not by request.</summary>
    private static double Measure(int port, int clients, int rounds, double enough)
    {
        using FixedClients load = new(clients, port, Request, Response.Length);
        load.Measure(Requests);
        load.Measure(Requests);
        double best = double.MaxValue;
        for (int round = 0; round < rounds && (round < 3 || best > enough); round++)
        {
            best = Math.Min(best, load.Measure(Requests) / (double)(clients * Requests));
        }

        return best;
    }
}

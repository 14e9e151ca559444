using System;
using System.Diagnostics;
using System.Threading.Tasks;
using GoAround.Core.Hosting;
using GoAround.Core.Server;
using GoAround.Core.Tests.Pool;
using GoAround.Core.Tests.Wire;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Xunit;
using Xunit.Abstractions;

namespace GoAround.Core.Tests.Load;

[Collection(Alone.Name)]
public sealed class AllocationTests(ITestOutputHelper output)
{
    private const double BackgroundBytesPerSecond = 4096;

    private static readonly byte[] Response = "HTTP/1.1 200 OK\r\nDate: Sun, 22 Nov 2026 12:00:00 GMT\r\nContent-Type: text/plain\r\nContent-Length: 13\r\n\r\nHello, world!"u8.ToArray();
    private static readonly byte[] Request = "GET /hello?x=1 HTTP/1.1\r\nHost: localhost:3000\r\nUser-Agent: test\r\nAccept: */*\r\n\r\n"u8.ToArray();
    private static readonly byte[] ForwardedRequest = "GET / HTTP/1.1\r\nHost: h\r\nX-Forwarded-For: 10.1.2.3\r\nConnection: keep-alive\r\nCookie: a=b\r\n\r\n"u8.ToArray();

    [OptimizedTheory]
    [InlineData(1, 2_000, false)]
    [InlineData(32, 500, false)]
    [InlineData(8, 1_000, true)]
    [InlineData(256, 40, false)] // more in flight than the framework's pool of buffers keeps
    public async Task Forwarded_get_allocates_nothing(int clients, int requests, bool isForwarded)
    {
        using FixedBackend backend = new(Response);
        await using ServiceProvider services = Services(backend.Address);
        IHostedService host = Assert.Single(services.GetServices<IHostedService>());
        await host.StartAsync(default);
        int port = services.GetRequiredService<ProxyServer>().LocalEndPoint.Port;
        double best = double.MaxValue;
        using (FixedClients load = new(clients, port, isForwarded ? ForwardedRequest : Request, Response.Length))
        {
            load.Measure(requests);
            load.Measure(requests);

            // The best of some rounds, and less than 4 bytes: the runtime itself allocates a little now and then (a thread of
            // its pool, a segment of its queue, a method compiled anew, the test host's own messages), by time and not by request.
            // One allocation a request would be 24 bytes in every round, one in six requests still 4.
            for (int round = 0; round < 40 && best >= 1; round++)
            {
                Stopwatch watch = Stopwatch.StartNew();
                long allocated = load.Measure(requests);
                double background = Math.Min(BackgroundBytesPerSecond * watch.Elapsed.TotalSeconds, 12.0 * clients * requests);
                output.WriteLine($"{clients} clients, round {round}: {allocated} bytes in {clients * requests} requests, {watch.ElapsedMilliseconds} ms");
                best = Math.Min(best, (allocated - background) / (clients * requests));
            }
        }

        await host.StopAsync(new System.Threading.CancellationToken(canceled: true)).WaitAsync(WireEnd.Patience);
        Assert.True(best < 4, $"{best} bytes a request");
    }

    private static ServiceProvider Services(string backend) => new ServiceCollection()
        .AddGoAround(options =>
        {
            options.Server.Port = 0;
            options.Health.Interval = TimeSpan.FromHours(1);
            options.Backends.Add(backend);
        })
        .BuildServiceProvider();
}

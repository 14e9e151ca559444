using System;
using System.IO;
using System.Linq;
using System.Net;
using System.Net.Http;
using System.Net.Sockets;
using System.Threading.Tasks;
using GoAround.AspNetCore;
using GoAround.Core.Hosting;
using GoAround.Core.Server;
using GoAround.Core.Tests.Load;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace GoAround.Bench;

/// <summary>What one request allocates in each way of use, in the steady state, and in what each way stands beside: Kestrel and HttpClient alone.</summary>
internal static class AllocationTable
{
    private const int Requests = 20_000;
    private const int Rounds = 5;

    private static readonly byte[] Answer = "HTTP/1.1 200 OK\r\nDate: Sun, 22 Nov 2026 12:00:00 GMT\r\nContent-Type: text/plain\r\nContent-Length: 13\r\n\r\nHello, world!"u8.ToArray();
    private static readonly byte[] Request = "GET /hello HTTP/1.1\r\nHost: localhost\r\nUser-Agent: bench\r\nAccept: */*\r\n\r\n"u8.ToArray();

    /// <summary>Prints a row for each way: bytes that the whole process allocates for a small GET, the best of some rounds.</summary>
    public static async Task PrintAsync()
    {
        using FixedBackend backend = new(Answer);
        Console.WriteLine($"{Requests} small GETs on one connection, best of {Rounds} rounds; client and backend allocate nothing where they are not what is measured");
        Print("listener of GoAround", await MeasureListenerAsync(backend.Address));
        Print("Kestrel alone, answers itself", await MeasureKestrelAsync(app => app.Run(WriteAsync)));
        Print("Kestrel with MapGoAround", await MeasureKestrelAsync(app => app.MapGoAround("/{**rest}", options => Configure(options, backend.Address))));
        using SocketsHttpHandler sockets = new();
        Print("HttpClient alone", await MeasureClientAsync(sockets, backend.Address));
        await using BalancingHttpHandler balancing = new(options => Configure(options, backend.Address));
        Print("HttpClient over GoAround", await MeasureClientAsync(balancing, backend.Address));
    }

    private static void Print(string way, double bytes) => Console.WriteLine($"{way,-32} {bytes,8:0} bytes a request");

    private static void Configure(GoAroundOptions options, string backend)
    {
        options.Backends.Add(backend);
        options.Health.Interval = TimeSpan.FromHours(1);
    }

    private static Task WriteAsync(HttpContext context)
    {
        context.Response.ContentType = "text/plain";
        context.Response.ContentLength = 13;
        return context.Response.Body.WriteAsync(Answer.AsMemory(Answer.Length - 13)).AsTask();
    }

    private static async Task<double> MeasureListenerAsync(string backend)
    {
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddGoAround(options =>
        {
            options.Server.Port = 0;
            Configure(options, backend);
        });
        using IHost host = builder.Build();
        await host.StartAsync();
        double bytes = Measure(host.Services.GetRequiredService<ProxyServer>().LocalEndPoint.Port);
        await host.StopAsync();
        return bytes;
    }

    private static async Task<double> MeasureKestrelAsync(Action<WebApplication> map)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        await using WebApplication app = builder.Build();
        map(app);
        await app.StartAsync();
        double bytes = Measure(new Uri(app.Urls.First()).Port);
        await app.StopAsync();
        return bytes;
    }

    private static double Measure(int port)
    {
        using FixedClients clients = new(1, port, Request, LengthOfAnswer(port));
        clients.Measure(Requests);
        return Enumerable.Range(0, Rounds).Min(_ => clients.Measure(Requests)) / (double)Requests;
    }

    private static int LengthOfAnswer(int port)
    {
        using Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Connect(IPAddress.Loopback, port);
        byte[] buffer = new byte[16 * 1024];
        socket.Send(Request);
        int length = 0;
        while (!buffer.AsSpan(0, length).EndsWith("Hello, world!"u8))
        {
            int more = socket.Receive(buffer, length, buffer.Length - length, SocketFlags.None);
            length += more > 0 ? more : throw new IOException("the server closed");
        }

        return length;
    }

    private static async Task<double> MeasureClientAsync(HttpMessageHandler handler, string backend)
    {
        using HttpClient client = new(handler, disposeHandler: false);
        Uri target = new(backend + "/hello");
        byte[] buffer = new byte[4096];
        await AskAsync(client, target, buffer);
        double best = double.MaxValue;
        for (int round = 0; round < Rounds; round++)
        {
            long before = GC.GetTotalAllocatedBytes(precise: true);
            await AskAsync(client, target, buffer);
            best = Math.Min(best, (GC.GetTotalAllocatedBytes(precise: true) - before) / (double)Requests);
        }

        return best;
    }

    private static async Task AskAsync(HttpClient client, Uri target, byte[] buffer)
    {
        for (int i = 0; i < Requests; i++)
        {
            using HttpResponseMessage response = await client.GetAsync(target, HttpCompletionOption.ResponseHeadersRead);
            Stream body = await response.Content.ReadAsStreamAsync();
            while (await body.ReadAsync(buffer) > 0)
            {
                // to the end
            }
        }
    }
}

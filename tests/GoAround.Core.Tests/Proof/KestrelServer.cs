using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Net;
using System.Text;
using System.Threading.Tasks;
using GoAround.Fuzz;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace GoAround.Core.Tests.Proof;

/// <summary>Kestrel with its own HTTP/1.1 parser, which keeps every request it has read and answers each with 200 and two bytes.</summary>
internal sealed class KestrelServer : IAsyncDisposable
{
    private readonly WebApplication _application;

    private KestrelServer(WebApplication application) => _application = application;

    /// <summary>The whole requests, in the order in which they ended.</summary>
    public ConcurrentQueue<SeenRequest> Requests { get; } = new();

    /// <summary>Why Kestrel refused what it refused.</summary>
    public ConcurrentQueue<string> Refusals { get; } = new();

    /// <summary>The port it listens on, where it listens on one.</summary>
    public int Port => new Uri(_application.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single()).Port;

    /// <summary>Starts it on a free port of this machine, or on connections in memory.</summary>
    public static async Task<KestrelServer> OpenAsync(IConnectionListenerFactory? memory = null)
    {
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(Configure);
        if (memory is not null)
        {
            builder.Services.AddSingleton(memory);
        }

        RefusalLog log = new();
        builder.Logging.SetMinimumLevel(LogLevel.Debug).AddProvider(log);
        KestrelServer server = new(builder.Build());
        log.Refusals = server.Refusals;
        server._application.Run(server.AnswerAsync);
        await server._application.StartAsync();
        return server;
    }

    public async ValueTask DisposeAsync()
    {
        await _application.StopAsync();
        await _application.DisposeAsync();
    }

    // Its limits and encodings are not what is compared: GoAround has its own, and adds fields of its own.
    private static void Configure(KestrelServerOptions options)
    {
        options.Listen(IPAddress.Loopback, 0);
        options.RequestHeaderEncodingSelector = _ => Encoding.Latin1;
        options.Limits.MaxRequestLineSize = 64 * 1024;
        options.Limits.MaxRequestHeaderCount = 1000;
        options.Limits.MaxRequestHeadersTotalSize = 1 << 20;
        options.Limits.MaxRequestBodySize = null;
        options.Limits.MinRequestBodyDataRate = null;
    }

    private async Task AnswerAsync(HttpContext context)
    {
        using MemoryStream body = new();
        try
        {
            await context.Request.Body.CopyToAsync(body);
        }
        catch (Exception error) when (error is IOException or ConnectionAbortedException)
        {
            // Not whole: it is not counted. Kestrel answers what it has to, and closes.
            if (error is Microsoft.AspNetCore.Http.BadHttpRequestException)
            {
                Refusals.Enqueue(error.Message);
            }

            throw;
        }

        IHttpRequestFeature request = context.Features.GetRequiredFeature<IHttpRequestFeature>();
        IHeaderDictionary trailers = context.Features.Get<IHttpRequestTrailersFeature>() is { Available: true } feature ? feature.Trailers : new HeaderDictionary();
        Requests.Enqueue(new SeenRequest
        {
            Method = request.Method,
            Target = request.RawTarget,
            Authority = request.Headers.Host.ToString(),
            Fields = Lines(request.Headers),
            Body = Encoding.Latin1.GetString(body.ToArray()),
            Trailers = Lines(trailers),
        });
        context.Response.ContentLength = 2;
        if (request.Method != "HEAD")
        {
            await context.Response.Body.WriteAsync("ok"u8.ToArray());
        }
    }

    private static KeyValuePair<string, string>[] Lines(IHeaderDictionary headers) =>
        [.. headers.SelectMany(header => header.Value.Select(value => KeyValuePair.Create(header.Key, value ?? "")))];
}

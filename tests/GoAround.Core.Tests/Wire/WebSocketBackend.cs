using System;
using System.Linq;
using System.Net;
using System.Net.WebSockets;
using System.Security.Cryptography.X509Certificates;
using System.Threading.Tasks;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace GoAround.Core.Tests.Wire;

/// <summary>Kestrel with its own WebSockets, as a backend: what a test does not script, but a real server does.</summary>
internal sealed class WebSocketBackend : IAsyncDisposable
{
    private readonly WebApplication _app;

    private WebSocketBackend(WebApplication app, string address)
    {
        _app = app;
        Backend = Backend.Parse(address);
    }

    public Backend Backend { get; }

    /// <summary>Runs a script on every WebSocket.</summary>
    public static async Task<WebSocketBackend> OpenAsync(Func<WebSocket, Task> script, X509Certificate2? certificate = null)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen =>
        {
            if (certificate is not null)
            {
                listen.UseHttps(certificate);
            }
        }));
        if (certificate is not null)
        {
            builder.WebHost.UseKestrelHttpsConfiguration();
        }

        WebApplication app = builder.Build();
        app.UseWebSockets();
        app.Run(async context =>
        {
            if (!context.WebSockets.IsWebSocketRequest)
            {
                await context.Response.WriteAsync("plain");
                return;
            }

            using WebSocket socket = await context.WebSockets.AcceptWebSocketAsync();
            try
            {
                await script(socket);
            }
            catch (WebSocketException)
            {
                // The other side went without a word.
            }
        });
        await app.StartAsync();
        return new WebSocketBackend(app, app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());
    }

    /// <summary>Sends every message back as it came, and closes when the client does.</summary>
    public static async Task EchoAsync(WebSocket socket)
    {
        byte[] buffer = new byte[70_000];
        while (true)
        {
            WebSocketReceiveResult received = await socket.ReceiveAsync(buffer, default);
            if (received.MessageType == WebSocketMessageType.Close)
            {
                await socket.CloseOutputAsync(received.CloseStatus!.Value, received.CloseStatusDescription, default);
                return;
            }

            await socket.SendAsync(buffer.AsMemory(0, received.Count), received.MessageType, received.EndOfMessage, default);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync(new System.Threading.CancellationToken(canceled: true));
        await _app.DisposeAsync();
    }
}

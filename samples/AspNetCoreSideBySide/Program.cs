// Kestrel and the balancer in one process: the application listens on two free loopback ports, GoAround in front of them on one of its own.
//   dotnet run -- --GoAround:Server:Port=3000
using System;
using System.Linq;
using System.Threading;
using GoAround.Core;
using GoAround.Core.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

WebApplicationBuilder builder = WebApplication.CreateSlimBuilder(args);
builder.WebHost.UseUrls("http://127.0.0.1:0", "http://127.0.0.1:0");
builder.Services.AddGoAround(builder.Configuration.GetSection("GoAround"));

WebApplication app = builder.Build();
app.MapGet("/health", () => Results.Ok());

// The balancer says in X-Forwarded-For who the client is; to Kestrel the balancer itself is the client.
app.MapGet("/", (HttpContext context) => $"port {context.Connection.LocalPort}, for {context.Request.Headers["X-Forwarded-For"]}\n");
app.MapPost("/echo", (HttpContext context) => context.Request.Body.CopyToAsync(context.Response.Body));

// Which ports are free, Kestrel knows only once it listens: until then the balancer has no backend, and answers 503.
await app.StartAsync();
IBackendPool pool = app.Services.GetRequiredService<IBackendPool>();
await pool.ReplaceAsync([.. app.Urls.Select(Backend.Parse)], CancellationToken.None);
await pool.WaitForFirstCheckAsync(CancellationToken.None);
Console.WriteLine($"balancing over {string.Join(" and ", app.Urls)}");
await app.WaitForShutdownAsync();

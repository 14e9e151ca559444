// Backends that listen on Unix sockets: two here, in the same process, so that there is something to see.
//   dotnet run -- --GoAround:Server:Port=3000
using System.IO;
using System.Threading.Tasks;
using GoAround.Core;
using GoAround.Core.Hosting;
using GoAround.Samples.UnixSocketBackends;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

string folder = Directory.CreateTempSubdirectory("goaround-unix").FullName;
await using WebApplication a = await StartBackendAsync("a");
await using WebApplication b = await StartBackendAsync("b");

HostApplicationBuilder builder = Host.CreateApplicationBuilder(args);
builder.Services.AddSingleton<IBackendDialer>(new UnixSocketDialer(folder));
builder.Services.AddGoAround(builder.Configuration.GetSection("GoAround"), options =>
{
    options.Backends.Add("http://a");
    options.Backends.Add("http://b");
});
await builder.Build().RunAsync();
Directory.Delete(folder, recursive: true);

async Task<WebApplication> StartBackendAsync(string name)
{
    WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
    builder.Logging.ClearProviders();
    builder.WebHost.ConfigureKestrel(options => options.ListenUnixSocket(Path.Combine(folder, name + ".sock")));
    WebApplication app = builder.Build();
    app.MapGet("/health", () => Results.Ok());
    app.MapGet("/", (HttpContext context) => $"{name} for {context.Request.Headers["X-Forwarded-For"]}\n");
    await app.StartAsync();
    return app;
}

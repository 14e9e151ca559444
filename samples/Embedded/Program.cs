// The balancer in a generic host. Settings can come from anywhere that configuration comes from: appsettings.json, the environment, or
//   dotnet run -- --GoAround:Server:Port=3000 --GoAround:Backends:0=http://127.0.0.1:8081 --GoAround:Backends:1=http://127.0.0.1:8082
// A test holds README.md and docs/embedding.md to this file.
// <listener>
using GoAround.Core.Hosting;
using Microsoft.Extensions.Hosting;

HostApplicationBuilder builder = Host.CreateApplicationBuilder(args);
builder.Services.AddGoAround(builder.Configuration.GetSection("GoAround"), options =>
{
    options.Server.Port = 3000; // where the configuration says nothing else: --GoAround:Server:Port=3001
    options.Pool.ConnectionsPerBackend = 64;
});
await builder.Build().RunAsync();
// </listener>

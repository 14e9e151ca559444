// The balancer in a generic host. Settings can come from anywhere that configuration comes from: appsettings.json, the environment, or
//   dotnet run -- --GoAround:Server:Port=3000 --GoAround:Backends:0=http://127.0.0.1:8081 --GoAround:Backends:1=http://127.0.0.1:8082
// A test holds README.md to this file, from here on.
using GoAround.Core.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

HostApplicationBuilder builder = Host.CreateApplicationBuilder(args);
builder.Services.AddGoAround(options =>
{
    options.Server.Port = 3000;
    options.Pool.ConnectionsPerBackend = 64;
    builder.Configuration.GetSection("GoAround").Bind(options); // --GoAround:Backends:0=http://127.0.0.1:8081
});
await builder.Build().RunAsync();

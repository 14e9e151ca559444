// A step of one's own before the pool, and a health check of one's own.
//   dotnet run -- --Keys:alice=secret --GoAround:Server:Port=3000 --GoAround:Backends:0=http://127.0.0.1:8081
//   curl -H 'X-Api-Key: secret' http://localhost:3000/
using System;
using System.Linq;
using GoAround.Core;
using GoAround.Core.Hosting;
using GoAround.Samples.CustomHandler;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

HostApplicationBuilder builder = Host.CreateApplicationBuilder(args);
builder.Services.AddSingleton(new ApiKeys(builder.Configuration.GetSection("Keys").GetChildren().ToDictionary(key => key.Value ?? "", key => key.Key, StringComparer.Ordinal)));
builder.Services.AddSingleton<IHealthChecker, ConnectHealthChecker>(); // before or after AddGoAround: it is used instead of GET /health
builder.Services.AddGoAround(
    builder.Configuration.GetSection("GoAround"),
    options => options.Use((services, next) => new ApiKeyHandler(services.GetRequiredService<ApiKeys>(), next)));
await builder.Build().RunAsync();

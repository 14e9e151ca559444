// Steps of one's own before the pool, and a health check of one's own.
//   dotnet run -- --Keys:alice=secret --Split:Percent=20 --Split:Backends:0=http://127.0.0.1:8082 --GoAround:Server:Port=3000 --GoAround:Backends:0=http://127.0.0.1:8081
//   curl -H 'X-Api-Key: secret' http://localhost:3000/
using System;
using System.Globalization;
using System.Linq;
using GoAround.Core;
using GoAround.Core.Hosting;
using GoAround.Samples.CustomSteps;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

HostApplicationBuilder builder = Host.CreateApplicationBuilder(args);
IConfigurationSection split = builder.Configuration.GetSection("Split");
int percent = int.Parse(split["Percent"] ?? "0", CultureInfo.InvariantCulture);
builder.Services.AddSingleton(new ApiKeys(builder.Configuration.GetSection("Keys").GetChildren().ToDictionary(key => key.Value ?? "", key => key.Key, StringComparer.Ordinal)));

// Variant b has a pool of its own, with caps, checks and retries of its own.
builder.Services.AddGoAroundPool("b", options => Array.ForEach(split.GetSection("Backends").Get<string[]>() ?? [], options.Backends.Add));

// <steps>
builder.Services.AddSingleton<IHealthChecker, ConnectHealthChecker>(); // instead of GET /health
builder.Services.AddGoAround(builder.Configuration.GetSection("GoAround"), options => options
    .Use((services, next) => new HeaderHandler(next)) // the outermost
    .Use((services, next) => new ApiKeyHandler(services.GetRequiredService<ApiKeys>(), next))
    .Use((services, next) => new SplitHandler(percent, services.GetRequiredKeyedService<Balancer>("b").Handler, next)));
// </steps>
await builder.Build().RunAsync();

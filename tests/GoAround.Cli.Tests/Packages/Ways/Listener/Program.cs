using GoAround.Core.Hosting;
using Microsoft.Extensions.Hosting;

HostApplicationBuilder builder = Host.CreateApplicationBuilder(args);
builder.Services.AddGoAround(builder.Configuration.GetSection("GoAround"));
await builder.Build().RunAsync();

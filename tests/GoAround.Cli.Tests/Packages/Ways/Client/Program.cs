using GoAround.Core.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

HostApplicationBuilder builder = Host.CreateApplicationBuilder(args);
builder.Services.AddGoAroundPool("orders", builder.Configuration.GetSection("GoAround"));
builder.Services.AddHttpClient("orders").ConfigurePrimaryHttpMessageHandler(services =>
    new BalancingHttpHandler(services.GetRequiredKeyedService<Balancer>("orders")));
using IHost host = builder.Build();
await host.StartAsync();

HttpClient client = host.Services.GetRequiredService<IHttpClientFactory>().CreateClient("orders");
Console.WriteLine(await client.GetStringAsync("http://orders/") + await client.GetStringAsync("http://orders/"));
await host.StopAsync();

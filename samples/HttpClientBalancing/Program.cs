// Outgoing calls over a pool of backends: with the services of an application, and with nothing but a constructor.
//   dotnet run -- --Orders:Backends:0=http://127.0.0.1:8081 --Orders:Backends:1=http://127.0.0.1:8082
using System;
using System.Linq;
using System.Net.Http;
using System.Threading.Tasks;
// <client>
using GoAround.Core.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

HostApplicationBuilder builder = Host.CreateApplicationBuilder(args);
builder.Services.AddGoAroundPool("orders", builder.Configuration.GetSection("Orders"));
builder.Services.AddHttpClient("orders").ConfigurePrimaryHttpMessageHandler(services =>
    new BalancingHttpHandler(services.GetRequiredKeyedService<Balancer>("orders")));
using IHost host = builder.Build();
await host.StartAsync();
HttpClient client = host.Services.GetRequiredService<IHttpClientFactory>().CreateClient("orders");
// </client>
await PrintAsync("with the services", client);

string[] addresses = [.. builder.Configuration.GetSection("Orders:Backends").GetChildren().Select(backend => backend.Value ?? "")];
// <constructor>
using HttpClient plain = new(new BalancingHttpHandler(options => Array.ForEach(addresses, options.Backends.Add)));
string answer = await plain.GetStringAsync("http://orders/"); // which backend answers is the pool's choice
// </constructor>
Console.WriteLine($"with a constructor: {answer.Trim()}");
await host.StopAsync();

static async Task PrintAsync(string how, HttpClient client)
{
    string[] answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => client.GetStringAsync("http://orders/")));
    foreach (IGrouping<string, string> group in answers.GroupBy(answer => answer.Trim()).OrderBy(group => group.Key, StringComparer.Ordinal))
    {
        Console.WriteLine($"{how}: {group.Count()} times {group.Key}");
    }
}

// Outgoing calls over a pool of backends: with the services of an application, and with nothing but a constructor.
//   dotnet run -- --Orders:Backends:0=http://127.0.0.1:8081 --Orders:Backends:1=http://127.0.0.1:8082
using System;
using System.Linq;
using System.Net.Http;
using System.Threading.Tasks;
using GoAround.Core.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

HostApplicationBuilder builder = Host.CreateApplicationBuilder(args);
// <client>
builder.Services.AddGoAroundPool("orders", builder.Configuration.GetSection("Orders"));
builder.Services.AddHttpClient("orders").ConfigurePrimaryHttpMessageHandler(services =>
    new BalancingHttpHandler(services.GetRequiredKeyedService<Balancer>("orders")));
// </client>
using IHost host = builder.Build();
await host.StartAsync();

HttpClient client = host.Services.GetRequiredService<IHttpClientFactory>().CreateClient("orders");
await PrintAsync("with the services", client);

string[] addresses = builder.Configuration.GetSection("Orders:Backends").Get<string[]>() ?? [];
// <constructor>
using HttpClient plain = new(new BalancingHttpHandler(options => Array.ForEach(addresses, options.Backends.Add)));
string answer = await plain.GetStringAsync("http://orders/1"); // which backend answers is the pool's choice
// </constructor>
Console.WriteLine($"with a constructor: {answer.Trim()}");
await host.StopAsync();

static async Task PrintAsync(string how, HttpClient client)
{
    string[] answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(number => client.GetStringAsync($"http://orders/{number}")));
    foreach (IGrouping<string, string> group in answers.GroupBy(answer => answer.Split(' ')[0]).OrderBy(group => group.Key, StringComparer.Ordinal))
    {
        Console.WriteLine($"{how}: {group.Count()} answers of {group.Key}");
    }
}

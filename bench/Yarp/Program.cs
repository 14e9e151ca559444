using System.Collections.Generic;
using System.Globalization;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Yarp.ReverseProxy.Configuration;

// Yarp PORT BACKEND-PORT [CERTIFICATE KEY]: YARP as its documentation sets it up, one route and one backend, with no log of requests.
WebApplicationBuilder builder = WebApplication.CreateBuilder();
builder.Logging.SetMinimumLevel(LogLevel.Warning);
builder.WebHost.ConfigureKestrel(kestrel =>
{
    kestrel.Limits.MaxRequestBodySize = null;
    kestrel.Listen(IPAddress.Loopback, int.Parse(args[0], CultureInfo.InvariantCulture), listen =>
    {
        listen.Protocols = HttpProtocols.Http1;
        if (args.Length == 4)
        {
            listen.UseHttps(X509Certificate2.CreateFromPemFile(args[2], args[3]));
        }
    });
});
builder.Services.AddReverseProxy().LoadFromMemory(
    [new RouteConfig { RouteId = "all", ClusterId = "backend", Match = new RouteMatch { Path = "{**all}" } }],
    [new ClusterConfig { ClusterId = "backend", Destinations = new Dictionary<string, DestinationConfig>
    {
        ["one"] = new DestinationConfig { Address = $"http://127.0.0.1:{args[1]}/" },
    } }]);
WebApplication app = builder.Build();
app.MapReverseProxy();
app.Run();

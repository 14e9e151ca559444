// A gateway within an ASP.NET Core application: one route goes to a pool of backends, the others are the application's own.
//   dotnet run -- --urls http://127.0.0.1:3000 --GoAround:Backends:0=http://127.0.0.1:8081 --GoAround:Backends:1=http://127.0.0.1:8082
// <gateway>
using GoAround.AspNetCore;
using GoAround.Core.Hosting;
using Microsoft.AspNetCore.Builder;

WebApplicationBuilder builder = WebApplication.CreateBuilder(args);
builder.Services.AddGoAroundPool("api", builder.Configuration.GetSection("GoAround"));

WebApplication app = builder.Build();
app.MapGet("/", () => "the application itself\n");
app.MapGoAround("/api/{**rest}", "api", removePrefix: "/api");
await app.RunAsync();
// </gateway>

using GoAround.AspNetCore;
using GoAround.Core.Hosting;

WebApplicationBuilder builder = WebApplication.CreateBuilder(args);
builder.Services.AddGoAroundPool("orders", builder.Configuration.GetSection("GoAround"));

WebApplication app = builder.Build();
app.MapGet("/hello", () => "the application itself\n");
app.MapGoAround("/{**rest}", "orders");
await app.RunAsync();

using GoAround.AspNetCore;
using GoAround.Core.Hosting;

WebApplicationBuilder builder = WebApplication.CreateBuilder(args);
builder.Services.AddGoAroundPool("api", builder.Configuration.GetSection("GoAround"));

WebApplication app = builder.Build();
app.MapGoAround("/{**rest}", "api");
await app.RunAsync();

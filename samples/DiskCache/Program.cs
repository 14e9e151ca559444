// A cache on a disk, behind the same rules: what is stored outlives the program.
//   dotnet run -- --Folder=/var/cache/mine --GoAround:Server:Port=3000 --GoAround:Backends:0=http://127.0.0.1:8081
//   curl -i http://localhost:3000/    (Cache-Status: goaround; hit, the second time, also after a restart, where the response may be stored)
using System;
using System.IO;
using GoAround.Core;
using GoAround.Core.Hosting;
using GoAround.Samples.DiskCache;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

HostApplicationBuilder builder = Host.CreateApplicationBuilder(args);
string folder = builder.Configuration["Folder"] ?? Path.Combine(Path.GetTempPath(), "goaround-cache");
builder.Services.AddSingleton<IResponseCache>(new FolderCache(folder, maxBytes: 1L << 30, TimeProvider.System)); // instead of the one in memory
builder.Services.AddGoAround(builder.Configuration.GetSection("GoAround"), options => options.Cache.IsEnabled = true);
await builder.Build().RunAsync();

using System;
using System.Diagnostics;
using System.IO;
using System.IO.Compression;
using System.Linq;
using System.Reflection;
using System.Threading.Tasks;
using System.Xml.Linq;
using GoAround.Core;
using GoAround.Core.Tests.Repository;
using Xunit;

namespace GoAround.AspNetCore.Tests;

public sealed class PackageTests
{
    [Fact]
    public async Task Package_depends_on_exactly_the_version_of_the_library_that_it_sees_the_inside_of()
    {
        string folder = Directory.CreateTempSubdirectory("goaround-").FullName;
        try
        {
            string configuration = typeof(BalancerExtensions).Assembly.GetCustomAttribute<AssemblyConfigurationAttribute>()?.Configuration ?? "Release";
            ProcessStartInfo start = new("dotnet", ["pack", RepositoryFiles.PathOf("src/GoAround.AspNetCore"), "--no-build", "-c", configuration, "-o", folder, "--nologo", "--tl:off"])
            {
                RedirectStandardOutput = true,
                Environment = { ["MSBUILDDISABLENODEREUSE"] = "1" }, // nothing of it outlives the test
            };
            using Process pack = Process.Start(start) ?? throw new InvalidOperationException("dotnet did not start");
            string said = await pack.StandardOutput.ReadToEndAsync();
            await pack.WaitForExitAsync();
            Assert.True(pack.ExitCode == 0, said);
            await using ZipArchive package = await ZipFile.OpenReadAsync(Directory.GetFiles(folder, "GoAround.AspNetCore.*.nupkg").Single());
            await using Stream nuspec = await package.Entries.Single(entry => entry.Name == "GoAround.AspNetCore.nuspec").OpenAsync();
            XElement dependency = (await XDocument.LoadAsync(nuspec, LoadOptions.None, default)).Descendants().Single(element => element.Name.LocalName == "dependency");
            string version = typeof(ProxyHandler).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0]; // the SDK writes it
            Assert.Equal(("GoAround.Core", $"[{version}]"), (dependency.Attribute("id")?.Value, dependency.Attribute("version")?.Value));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}

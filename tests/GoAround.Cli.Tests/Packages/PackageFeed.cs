using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.IO.Compression;
using System.Linq;
using System.Threading.Tasks;
using GoAround.Cli.Tests.EndToEnd;
using Xunit;

namespace GoAround.Cli.Tests.Packages;

/// <summary>
/// What <c>make pack</c> makes, in a folder outside the repository that serves as the only source of packages, with a version that never was before: nothing older can be taken for
/// it. Packages of others come from where the machine keeps them since this repository was built, so that nothing is asked of a network.
/// </summary>
public sealed class PackageFeed : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    private readonly string _suffix = $"test.{Guid.NewGuid():N}";
    private readonly string _root = Directory.CreateTempSubdirectory("goaround-packages").FullName;

    /// <summary>Nothing is packed yet.</summary>
    public PackageFeed()
    {
        Programs = new PackagedPrograms(this);
    }

    /// <summary>Of the packages made here.</summary>
    public string Version => $"{Repository.Version}-{_suffix}";

    /// <summary>Where the packages lie.</summary>
    public string Folder => FolderOf("feed");

    /// <summary>What <c>make pack</c> wrote.</summary>
    public string Said { get; private set; } = "";

    /// <summary>Where packages are unpacked to: empty at first.</summary>
    public string Unpacked => FolderOf("unpacked");

    /// <summary>What is built against the packages.</summary>
    internal PackagedPrograms Programs { get; }

    private static string Dotnet => Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet";

    /// <inheritdoc/>
    public async Task InitializeAsync()
    {
        string machine = Environment.GetEnvironmentVariable("NUGET_PACKAGES")
            ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");
        await File.WriteAllTextAsync(Path.Combine(_root, "nuget.config"), $"""
            <configuration>
              <packageSources><clear /><add key="made-here" value="{Folder}" /></packageSources>
              <fallbackPackageFolders><clear /><add key="machine" value="{machine}" /></fallbackPackageFolders>
            </configuration>
            """);
        Said = await RunAsync(Repository.Root, "make", "pack", $"PACKAGES={Folder}", $"VERSION_SUFFIX={_suffix}", "PACK=--no-build");
    }

    /// <inheritdoc/>
    public async Task DisposeAsync()
    {
        await Programs.EndAsync();
        Directory.Delete(_root, recursive: true);
    }

    /// <summary>The packages there are, by their ids.</summary>
    public IEnumerable<string> Ids() => Directory.GetFiles(Folder, "*.nupkg").Select(file => Path.GetFileName(file)[..^$".{Version}.nupkg".Length]).Order(StringComparer.Ordinal);

    /// <summary>Opens a package, or its symbols.</summary>
    public ZipArchive Open(string id, string kind = "nupkg") => ZipFile.OpenRead(Path.Combine(Folder, $"{id}.{Version}.{kind}"));

    /// <summary>A folder of a test's own in which only this feed is known; made where it is not there.</summary>
    public string FolderOf(string name) => Directory.CreateDirectory(Path.Combine(_root, name)).FullName;

    /// <summary>Runs <c>dotnet</c> in a folder; it must succeed.</summary>
    public Task<string> DotnetAsync(string folder, params IEnumerable<string> arguments) => RunAsync(folder, Dotnet, arguments);

    /// <summary>Starts a program in a folder, in the environment of these tests.</summary>
    internal RunningProcess Start(string folder, string program, params IEnumerable<string> arguments)
    {
        ProcessStartInfo start = new(program, arguments) { WorkingDirectory = folder };

        // What the run of these tests says to its own build is not said to another; and no server of a build that stays may hold the pipes open.
        foreach (string name in start.Environment.Keys.Where(static name => name.StartsWith("MSBUILD", StringComparison.OrdinalIgnoreCase)).ToArray())
        {
            start.Environment.Remove(name);
        }

        start.Environment["MSBUILDDISABLENODEREUSE"] = "1";
        start.Environment["DOTNET_CLI_USE_MSBUILD_SERVER"] = "0";
        start.Environment["UseSharedCompilation"] = "false";
        start.Environment["DOTNET_TieredPGO"] = "0"; // counting calls pays for itself in programs that live longer than a build
        start.Environment["DOTNET_CLI_TELEMETRY_OPTOUT"] = "1";
        start.Environment["DOTNET_NOLOGO"] = "1";
        start.Environment["DOTNET_CLI_UI_LANGUAGE"] = "en";
        if (Path.GetDirectoryName(Dotnet) is { Length: > 0 } root)
        {
            start.Environment["DOTNET_ROOT"] = root; // of what is no `dotnet` itself: the tool, and what is published
        }

        if (folder != Repository.Root)
        {
            start.Environment["NUGET_PACKAGES"] = Unpacked;
        }

        return RunningProcess.Start(start, "", Patience);
    }

    private async Task<string> RunAsync(string folder, string program, params IEnumerable<string> arguments)
    {
        await using RunningProcess process = Start(folder, program, arguments);
        int status = await process.WaitForExitAsync();
        string output = string.Join('\n', process.Output);
        Assert.True(status == 0, $"{program} {string.Join(' ', arguments)}: status {status}\n{output}\n{string.Join('\n', process.Errors)}");
        return output;
    }
}

using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.IO.Compression;
using System.Linq;
using System.Threading.Tasks;
using System.Xml.Linq;
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

    private readonly string _root = Directory.CreateTempSubdirectory("goaround-packages").FullName;

    /// <summary>Of the packages made here.</summary>
    public string Version { get; } = $"{Repository.Version}-test.{Guid.NewGuid():N}";

    /// <summary>Where the packages lie.</summary>
    public string Folder => FolderOf("feed");

    /// <summary>What <c>make pack</c> wrote.</summary>
    public string Said { get; private set; } = "";

    /// <summary>Where packages are unpacked to: empty at first.</summary>
    public string Unpacked => FolderOf("unpacked");

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
        Said = await RunAsync(Repository.Root, "make", "pack", $"PACKAGES={Folder}", $"PACK=--no-build -p:PackageVersion={Version}");
    }

    /// <inheritdoc/>
    public Task DisposeAsync()
    {
        Directory.Delete(_root, recursive: true);
        return Task.CompletedTask;
    }

    /// <summary>The packages there are, by their ids.</summary>
    public IEnumerable<string> Ids() => Directory.GetFiles(Folder, "*.nupkg").Select(file => Path.GetFileName(file)[..^$".{Version}.nupkg".Length]).Order(StringComparer.Ordinal);

    /// <summary>Opens a package, or its symbols.</summary>
    public ZipArchive Open(string id, string kind = "nupkg") => ZipFile.OpenRead(Path.Combine(Folder, $"{id}.{Version}.{kind}"));

    /// <summary>A folder of a test's own in which only this feed is known; made where it is not there.</summary>
    public string FolderOf(string name) => Directory.CreateDirectory(Path.Combine(_root, name)).FullName;

    /// <summary>Copies a program of <c>Packages/Ways</c> to where nothing of this repository is above it, as a user would begin.</summary>
    public static void Copy(string way, string folder)
    {
        foreach (string file in Directory.GetFiles(PathOf(way)))
        {
            File.Copy(file, Path.Combine(folder, Path.GetFileName(file)));
        }
    }

    /// <summary>Where a program of <c>Packages/Ways</c> is in the repository.</summary>
    public static string PathOf(string way) => Path.Combine(Repository.Root, "tests", "GoAround.Cli.Tests", "Packages", "Ways", way);

    /// <summary>Runs <c>dotnet</c> in a folder; it must succeed.</summary>
    public Task<string> DotnetAsync(string folder, params IEnumerable<string> arguments) => RunAsync(folder, Dotnet, arguments);

    /// <summary>Builds a program against the packages, with what its project asks for.</summary>
    /// <param name="folder">Where it is.</param>
    /// <param name="verb">As in <c>build</c>.</param>
    /// <param name="arguments">Besides the versions.</param>
    public Task<string> MakeAsync(string folder, string verb, params IEnumerable<string> arguments) => DotnetAsync(
        folder,
        [verb, "-c", "Release", "--nologo", "--verbosity", "quiet", "--tl:off", $"-p:GoAroundVersion={Version}", $"-p:ExtensionsVersion={ExtensionsVersion()}", .. arguments]);

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

    private static string ExtensionsVersion() => XDocument.Load(Path.Combine(Repository.Root, "Directory.Packages.props")).Descendants("PackageVersion")
        .Single(static package => (string?)package.Attribute("Include") == "Microsoft.Extensions.Hosting").Attribute("Version")!.Value; // it is there, or the tests were not built

    private async Task<string> RunAsync(string folder, string program, params IEnumerable<string> arguments)
    {
        await using RunningProcess process = Start(folder, program, arguments);
        int status = await process.WaitForExitAsync();
        string output = string.Join('\n', process.Output);
        Assert.True(status == 0, $"{program} {string.Join(' ', arguments)}: status {status}\n{output}\n{string.Join('\n', process.Errors)}");
        return output;
    }
}

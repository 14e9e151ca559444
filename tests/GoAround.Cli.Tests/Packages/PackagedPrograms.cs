using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Runtime.InteropServices;
using System.Threading.Tasks;
using System.Xml.Linq;
using GoAround.Cli.Tests.EndToEnd;
using Xunit;

namespace GoAround.Cli.Tests.Packages;

/// <summary>
/// The programs of <c>Packages/Ways</c>, copied to where nothing of this repository is above them, as a user would begin, and built against the packages. All of them are one solution, built once, while the
/// trimmer, which is busy for as long on one core, publishes the listener: the first test that needs either begins both.
/// </summary>
internal sealed class PackagedPrograms(PackageFeed feed)
{
    private Task<string>? _built;
    private Task<string>? _trimmed;

    private static string Source => Path.Combine(Repository.Root, "tests", "GoAround.Cli.Tests", "Packages", "Ways");

    /// <summary>The programs there are.</summary>
    public static IEnumerable<string> Ways() => Directory.GetDirectories(Source).Select(static folder => Path.GetFileName(folder)).Order(StringComparer.Ordinal);

    /// <summary>The source of one.</summary>
    public static string SourceOf(string way) => File.ReadAllText(Path.Combine(Source, way, "Program.cs"));

    /// <summary>The assembly of one, built without a warning.</summary>
    public async Task<string> BuiltAsync(string way)
    {
        Begin();
        await _built!; // begun
        Assert.True(Directory.Exists(Path.Combine(feed.Unpacked, "goaround.core", feed.Version)), "it was built with another GoAround.Core");
        return Path.Combine(feed.FolderOf("ways"), way, "bin", "Release", "net10.0", way + ".dll");
    }

    /// <summary>The listener as one executable's folder, trimmed without a warning.</summary>
    public async Task<string> TrimmedAsync()
    {
        Begin();
        await _trimmed!; // begun
        return Path.Combine(feed.FolderOf("trimmed"), "out", "Listener");
    }

    /// <summary>Waits for what was begun, whatever becomes of it: nothing may write into a folder that is being deleted.</summary>
    public async Task EndAsync()
    {
        await (_built ?? Task.CompletedTask).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await (_trimmed ?? Task.CompletedTask).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private static void Copy(string way, string folder)
    {
        foreach (string file in Directory.GetFiles(Path.Combine(Source, way)))
        {
            File.Copy(file, Path.Combine(Directory.CreateDirectory(folder).FullName, Path.GetFileName(file)));
        }
    }

    private static string ExtensionsVersion() => XDocument.Load(Path.Combine(Repository.Root, "Directory.Packages.props")).Descendants("PackageVersion")
        .Single(static package => (string?)package.Attribute("Include") == "Microsoft.Extensions.Hosting").Attribute("Version")!.Value; // it is there, or the tests were not built

    private void Begin()
    {
        _built ??= BuildAsync();
        _trimmed ??= TrimAsync();
    }

    private Task<string> BuildAsync()
    {
        string folder = feed.FolderOf("ways");
        XElement solution = new("Solution");
        foreach (string way in Ways())
        {
            Copy(way, Path.Combine(folder, way));
            solution.Add(new XElement("Project", new XAttribute("Path", $"{way}/{way}.csproj")));
        }

        solution.Save(Path.Combine(folder, "Ways.slnx"));
        return MakeAsync(folder, "build");
    }

    private Task<string> TrimAsync()
    {
        string folder = feed.FolderOf("trimmed");
        Copy("Listener", folder);

        // The trimmer in the version that this repository pins, which is the one that the machine has. Analyzers have their say where the same program is built.
        File.Copy(Path.Combine(Repository.Root, "Directory.Build.targets"), Path.Combine(folder, "Directory.Build.targets"));
        return MakeAsync(folder, "publish", "-r", RuntimeInformation.RuntimeIdentifier, "--self-contained", "-p:PublishTrimmed=true", "-p:RunAnalyzers=false", "-o", "out");
    }

    private Task<string> MakeAsync(string folder, string verb, params IEnumerable<string> arguments) => feed.DotnetAsync(
        folder,
        [verb, "-c", "Release", "--nologo", "--verbosity", "quiet", "--tl:off", $"-p:GoAroundVersion={feed.Version}", $"-p:ExtensionsVersion={ExtensionsVersion()}", .. arguments]);
}

using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.IO.Compression;
using System.Linq;
using System.Text;
using System.Text.RegularExpressions;
using System.Threading.Tasks;
using GoAround.Cli.Tests.EndToEnd;
using Xunit;

namespace GoAround.Cli.Tests.Packages;

[Collection(nameof(PackedOnce))]
public class ReproducibleBuildTests(PackageFeed feed)
{
    private const string Project = "src/GoAround.Core";

    /// <summary>What of the repository makes a library beside its own sources.</summary>
    private static readonly string[] Settings =
    [
        "global.json", ".editorconfig", "Directory.Build.props", "Directory.Build.targets", "Directory.Packages.props", "BannedSymbols.txt",
        "LICENSE", "CHANGELOG.md", "assets/icon.png", "src/Directory.Build.props",
    ];

    [Fact]
    public async Task Library_built_from_a_copy_of_its_sources_in_another_folder_has_the_same_bytes()
    {
        string copy = feed.FolderOf("elsewhere, in a copy");
        await CopyAsync(copy);
        string packages = feed.FolderOf("packed-elsewhere");
        await feed.DotnetAsync(
            copy, "pack", Project, "-c", "Release", "-o", packages, $"-p:PackageVersion={feed.Version}", "-p:RunAnalyzers=false", "--nologo", "--verbosity", "quiet", "--tl:off");

        string[] files = Compare(Path.Combine(packages, $"GoAround.Core.{feed.Version}.nupkg"), "nupkg");
        Assert.Contains("lib/net10.0/GoAround.Core.dll", files);
        Assert.Contains("lib/net10.0/GoAround.Core.xml", files);
        Assert.Contains("lib/net10.0/GoAround.Core.pdb", Compare(Path.Combine(packages, $"GoAround.Core.{feed.Version}.snupkg"), "snupkg"));
    }

    /// <summary>The files of both packages, which are the same. What the container writes for itself bears numbers drawn at random.</summary>
    private string[] Compare(string file, string kind)
    {
        using ZipArchive expected = feed.Open("GoAround.Core", kind);
        using ZipArchive actual = ZipFile.OpenRead(file);
        string[] files = [.. Files(expected)];
        Assert.Equal(files, Files(actual));
        Assert.All(files, name => Assert.True(Bytes(expected, name).AsSpan().SequenceEqual(Bytes(actual, name)), $"{name} of the {kind} depends on the folder it was built in"));
        return files;
    }

    private static IEnumerable<string> Files(ZipArchive package) =>
        package.Entries.Select(static entry => entry.FullName).Where(static name => name != "_rels/.rels" && !name.EndsWith(".psmdcp", StringComparison.Ordinal)).Order(StringComparer.Ordinal);

    private static byte[] Bytes(ZipArchive package, string name)
    {
        using Stream stream = package.GetEntry(name)!.Open(); // it is listed
        using MemoryStream copy = new();
        stream.CopyTo(copy);
        byte[] bytes = copy.ToArray();

        // It names the commit of the packing, which may have come after the build that the assembly names.
        return name.EndsWith(".nuspec", StringComparison.Ordinal) ? Encoding.UTF8.GetBytes(Regex.Replace(Encoding.UTF8.GetString(bytes), " commit=\"[0-9a-f]*\"", "")) : bytes;
    }

    /// <summary>Copies what is built, the last file first: nor may the order count in which a disk lists them.</summary>
    private async Task CopyAsync(string folder)
    {
        string root = Path.Combine(Repository.Root, Project);
        IEnumerable<string> sources = Directory.EnumerateFiles(root, "*", SearchOption.AllDirectories)
            .Where(file => Path.GetRelativePath(root, file).Split(Path.DirectorySeparatorChar)[0] is not ("bin" or "obj"))
            .Select(static file => Path.GetRelativePath(Repository.Root, file));
        foreach (string file in sources.Concat(Settings).OrderDescending(StringComparer.Ordinal))
        {
            string target = Path.Combine(folder, file);
            Directory.CreateDirectory(Path.GetDirectoryName(target)!); // it is below the folder
            File.Copy(Path.Combine(Repository.Root, file), target);
        }

        await StandAtTheCommitAsync(folder);
    }

    /// <summary>The assembly names the commit it was built from, where there is one: the copy stands at the same one, of the same repository, as a clone would.</summary>
    private async Task StandAtTheCommitAsync(string folder)
    {
        string built = Path.Combine(Repository.Root, Project, "bin", "Release", "net10.0", "GoAround.Core.dll");
        if (FileVersionInfo.GetVersionInfo(built).ProductVersion?.Split('+') is not [_, string commit])
        {
            return;
        }

        string git = Path.Combine(folder, ".git");
        Directory.CreateDirectory(Path.Combine(git, "objects"));
        Directory.CreateDirectory(Path.Combine(git, "refs"));
        await File.WriteAllTextAsync(Path.Combine(git, "HEAD"), commit + "\n");
        await using RunningProcess asked = feed.Start(Repository.Root, "git", "rev-parse", "--path-format=absolute", "--git-path", "config");
        Assert.Equal(0, await asked.WaitForExitAsync());
        File.Copy(Assert.Single(asked.Output), Path.Combine(git, "config"));
    }
}

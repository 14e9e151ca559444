using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.IO.Compression;
using System.Linq;
using System.Reflection;
using System.Reflection.Metadata;
using System.Text;
using System.Xml.Linq;
using GoAround.Cli.Tests.EndToEnd;
using Xunit;

namespace GoAround.Cli.Tests.Packages;

[Collection(nameof(PackedOnce))]
public class PackageContentTests(PackageFeed feed)
{
    [Fact]
    public void Make_pack_packs_every_project_of_src_and_says_so()
    {
        string[] projects = [.. Directory.GetDirectories(Path.Combine(Repository.Root, "src")).Select(Path.GetFileName).OfType<string>()
            .Select(static name => name == "GoAround.Cli" ? "goaround" : name).Order(StringComparer.Ordinal)];

        Assert.Equal(projects, feed.Ids());
        Assert.All(projects, id => Assert.Contains($"made {feed.Folder}/{id}.{feed.Version}.nupkg, ", feed.Said, StringComparison.Ordinal));
        Assert.All(projects, id => Assert.Contains($"made {feed.Folder}/{id}.{feed.Version}.snupkg, ", feed.Said, StringComparison.Ordinal));
    }

    [Fact]
    public void Core_depends_on_the_abstractions_of_the_framework_and_nothing_else()
    {
        using ZipArchive package = feed.Open("GoAround.Core");

        Assert.Equal(
            [
                "Microsoft.Extensions.DependencyInjection.Abstractions",
                "Microsoft.Extensions.Hosting.Abstractions",
                "Microsoft.Extensions.Logging.Abstractions",
                "Microsoft.Extensions.Options",
                "Microsoft.Extensions.Options.ConfigurationExtensions",
            ],
            All(Manifest(package, "GoAround.Core"), "dependency").Select(static dependency => (string?)dependency.Attribute("id")));
        Assert.Empty(All(Manifest(package, "GoAround.Core"), "frameworkReference"));
    }

    [Fact]
    public void AspNetCore_depends_on_exactly_the_library_it_was_made_with_since_it_sees_its_inside()
    {
        using ZipArchive package = feed.Open("GoAround.AspNetCore");
        XElement dependency = Assert.Single(All(Manifest(package, "GoAround.AspNetCore"), "dependency"));

        Assert.Equal(("GoAround.Core", $"[{feed.Version}]"), ((string?)dependency.Attribute("id"), (string?)dependency.Attribute("version")));
        Assert.Equal("Microsoft.AspNetCore.App", (string?)Assert.Single(All(Manifest(package, "GoAround.AspNetCore"), "frameworkReference")).Attribute("name"));
    }

    [Fact]
    public void Every_package_tells_what_it_is_and_holds_what_it_tells()
    {
        foreach (string id in feed.Ids())
        {
            using ZipArchive package = feed.Open(id);
            XDocument manifest = Manifest(package, id);
            string readme = Text(package, "README.md");

            Assert.Equal(["MIT"], All(manifest, "license").Select(static license => license.Value));
            Assert.Equal(["icon.png"], All(manifest, "icon").Select(static icon => icon.Value));
            Assert.Equal(["README.md"], All(manifest, "readme").Select(static file => file.Value));
            Assert.NotEmpty(Assert.Single(All(manifest, "description")).Value);
            Assert.NotEmpty(Assert.Single(All(manifest, "tags")).Value);
            Assert.Contains("CHANGELOG.md", Assert.Single(All(manifest, "releaseNotes")).Value, StringComparison.Ordinal);
            Assert.StartsWith($"# {id}\n", readme, StringComparison.Ordinal);
            Assert.Contains("```", readme, StringComparison.Ordinal);
            Assert.DoesNotContain("](../", readme, StringComparison.Ordinal);
            Assert.NotNull(package.GetEntry("icon.png"));
            Assert.NotNull(package.GetEntry("LICENSE"));
            Assert.NotNull(package.GetEntry("CHANGELOG.md"));
        }
    }

    [Fact]
    public void Libraries_have_docs_and_symbols_that_hold_the_sources_and_name_no_folder_of_this_machine()
    {
        foreach (string id in feed.Ids().Where(static id => id != "goaround"))
        {
            using ZipArchive package = feed.Open(id);
            using ZipArchive symbols = feed.Open(id, "snupkg");
            using MemoryStream pdb = new(Bytes(symbols, $"lib/net10.0/{id}.pdb"));
            using MetadataReaderProvider provider = MetadataReaderProvider.FromPortablePdbStream(pdb);
            MetadataReader reader = provider.GetMetadataReader();
            string[] documents = [.. reader.Documents.Select(handle => reader.GetString(reader.GetDocument(handle).Name))];

            Assert.NotNull(package.GetEntry($"lib/net10.0/{id}.xml"));
            Assert.NotEmpty(documents);
            Assert.All(documents, document => Assert.StartsWith("/_", document, StringComparison.Ordinal));
            Guid sources = new("0E8A571B-6926-466E-B4AD-8AB04611F5FE"); // embedded source, as the portable format names it
            Assert.Contains(reader.CustomDebugInformation, handle => reader.GetGuid(reader.GetCustomDebugInformation(handle).Kind) == sources);
        }
    }

    [Fact]
    public void Libraries_say_that_they_may_be_trimmed_and_compiled_ahead_of_time()
    {
        foreach (string id in feed.Ids().Where(static id => id != "goaround"))
        {
            using ZipArchive package = feed.Open(id);
            string assembly = Encoding.Latin1.GetString(Bytes(package, $"lib/net10.0/{id}.dll"));

            Assert.All(["IsTrimmable", "IsAotCompatible"], name => Assert.Contains(name, assembly, StringComparison.Ordinal)); // as an AssemblyMetadataAttribute has it
        }
    }

    [Fact]
    public void Version_comes_from_one_place()
    {
        string folder = feed.FolderOf("versions");
        foreach (string id in feed.Ids())
        {
            using ZipArchive package = feed.Open(id);
            string file = Path.Combine(folder, $"{id}.dll");
            File.WriteAllBytes(file, Bytes(package, id == "goaround" ? "tools/net10.0/any/goaround.dll" : $"lib/net10.0/{id}.dll"));
            FileVersionInfo version = FileVersionInfo.GetVersionInfo(file);

            Assert.Equal(
                (Repository.Version + ".0", Repository.Version + ".0", Repository.Version),
                (AssemblyName.GetAssemblyName(file).Version?.ToString(), version.FileVersion, version.ProductVersion?.Split('+')[0]));
        }

        Assert.Contains(Repository.Version, File.ReadAllText(Path.Combine(Repository.Root, "CHANGELOG.md")), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("GoAround.Core", "Listener", "Client")]
    [InlineData("GoAround.AspNetCore", "Gateway")]
    [InlineData("GoAround.Testing", "Kit")]
    public void Examples_of_the_package_are_the_programs_that_run_against_it(string id, params string[] ways)
    {
        using ZipArchive package = feed.Open(id);
        string[] examples = [.. Text(package, "README.md").Split("```csharp\n")[1..].Select(static text => text.Split("```")[0])];

        Assert.Equal(ways.Select(PackagedPrograms.SourceOf), examples);
    }

    private static XDocument Manifest(ZipArchive package, string id) => XDocument.Parse(Text(package, $"{id}.nuspec"));

    private static IEnumerable<XElement> All(XDocument manifest, string name) => manifest.Descendants().Where(element => element.Name.LocalName == name);

    private static string Text(ZipArchive package, string name)
    {
        using MemoryStream bytes = new(Bytes(package, name));
        using StreamReader reader = new(bytes);
        return reader.ReadToEnd();
    }

    private static byte[] Bytes(ZipArchive package, string name)
    {
        ZipArchiveEntry? entry = package.GetEntry(name);
        Assert.True(entry is not null, $"there is no {name}");
        using Stream stream = entry.Open();
        using MemoryStream copy = new();
        stream.CopyTo(copy);
        return copy.ToArray();
    }
}

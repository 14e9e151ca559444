using System;
using System.IO;
using System.Linq;
using System.Text.RegularExpressions;
using Xunit;

namespace GoAround.Cli.Tests.EndToEnd;

public partial class ReadmeTests
{
    private const int MostLines = 15;

    [Fact]
    public void Example_of_the_readme_is_the_sample_that_is_built_and_run()
    {
        string readme = File.ReadAllText(Path.Combine(Repository.Root, "README.md"));
        string example = readme.Split("```csharp\n")[1].Split("```")[0];

        Assert.Equal(SampleSource.Read("samples/Embedded/Program.cs", "listener"), example);
    }

    [Fact]
    public void Readme_of_the_samples_lists_each_of_them_and_each_has_a_page()
    {
        string folder = Path.Combine(Repository.Root, "samples");
        string readme = File.ReadAllText(Path.Combine(folder, "README.md"));

        Assert.All(Directory.GetDirectories(folder), sample => Assert.Contains($"]({Path.GetFileName(sample)}/README.md)", readme, StringComparison.Ordinal));
        Assert.All(Directory.GetDirectories(folder), sample => Assert.True(File.Exists(Path.Combine(sample, "README.md")), sample));
    }

    [Fact]
    public void Code_on_the_page_of_embedding_is_that_of_samples_and_tests()
    {
        string page = File.ReadAllText(Path.Combine(Repository.Root, "docs", "embedding.md"));
        MatchCollection blocks = Block().Matches(page);

        Assert.Equal(page.Split("```csharp").Length - 1, blocks.Count); // none without its source
        Assert.All(blocks, block => Assert.Equal(SampleSource.Read(block.Groups["path"].Value, block.Groups["name"].Value), block.Groups["code"].Value));
    }

    [Theory]
    [InlineData("samples/Embedded/Program.cs", "listener")]
    [InlineData("samples/HttpClientBalancing/Program.cs", "client")]
    [InlineData("samples/HttpClientBalancing/Program.cs", "constructor")]
    [InlineData("samples/AspNetCoreGateway/Program.cs", "gateway")]
    public void Each_way_in_takes_less_than_fifteen_lines(string path, string name)
    {
        Assert.InRange(SampleSource.Read(path, name).Split('\n').Count(line => line.Length > 0), 1, MostLines - 1);
    }

    // <!-- samples/Embedded/Program.cs listener --> and the block below it
    [GeneratedRegex(@"<!-- (?<path>\S+) (?<name>\w+) -->\n```csharp\n(?<code>.*?)```", RegexOptions.Singleline)]
    private static partial Regex Block();
}

using System;
using System.IO;
using Xunit;

namespace GoAround.Cli.Tests.EndToEnd;

public class ReadmeTests
{
    [Fact]
    public void Example_of_the_readme_is_the_sample_that_is_built_and_run()
    {
        string readme = File.ReadAllText(Path.Combine(Repository.Root, "README.md"));
        string example = readme.Split("```csharp\n")[1].Split("```")[0];
        string sample = File.ReadAllText(Path.Combine(Repository.Root, "samples", "EmbeddedBalancer", "Program.cs"));

        Assert.Equal(sample[sample.IndexOf("using ", StringComparison.Ordinal)..], example);
    }

    [Fact]
    public void Readme_of_the_samples_lists_each_of_them()
    {
        string folder = Path.Combine(Repository.Root, "samples");
        string readme = File.ReadAllText(Path.Combine(folder, "README.md"));

        Assert.All(Directory.GetDirectories(folder), sample => Assert.Contains($"]({Path.GetFileName(sample)}/", readme, StringComparison.Ordinal));
    }
}

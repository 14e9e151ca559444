using System.IO;
using Xunit;

namespace GoAround.Core.Tests.Repository;

public class ConformancePageTests
{
    private static readonly SourceFile[] Sources = [new("tests/FooTests.cs", "class FooTests { public void It_holds() { } } // It_fails()")];

    [Fact]
    public void Every_row_names_a_test_and_every_test_that_is_named_exists()
    {
        string page = File.ReadAllText(RepositoryFiles.PathOf("docs/http-conformance.md"));
        string[] faults = [.. ConformancePage.FindFaults(page, RepositoryFiles.All)];

        Assert.True(faults.Length == 0, string.Join('\n', faults));
        Assert.Contains("`RequestConformanceTests.", page, System.StringComparison.Ordinal);
    }

    [Fact]
    public void Every_rule_of_the_cache_names_a_test_that_exists()
    {
        string page = File.ReadAllText(RepositoryFiles.PathOf("docs/caching.md"));
        string[] faults = [.. ConformancePage.FindFaults(page[page.IndexOf("## The rules", System.StringComparison.Ordinal)..], RepositoryFiles.All)];

        Assert.True(faults.Length == 0, string.Join('\n', faults));
        Assert.Contains("`ReuseRulesTests.", page, System.StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("| 1 | MUST | does | `FooTests.It_fails` |")]
    [InlineData("| 1 | MUST | does | `BarTests.It_holds` |")]
    [InlineData("| 1 | MUST | does | later |")]
    [InlineData("| 1 | MUST | `FooTests.It_holds` |")]
    [InlineData("| 1 | MUST |  | `FooTests.It_holds` |")]
    public void Row_without_a_test_that_exists_is_found(string page) => Assert.Single(ConformancePage.FindFaults(page, Sources));

    [Theory]
    [InlineData("| section | requirement | GoAround | shown by |\n|---|---|---|---|\n| 1 | MUST | does | `FooTests.It_holds`, and more |")]
    [InlineData("What `FooTests.It_fails` says in the text")]
    public void Row_with_a_test_and_text_that_is_no_row_are_let_through(string page) => Assert.Empty(ConformancePage.FindFaults(page, Sources));
}

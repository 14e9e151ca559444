using System;
using System.IO;
using Xunit;

namespace GoAround.Core.Tests.Repository;

public class ArchitecturePageTests
{
    private static readonly SourceFile[] Sources = [new("src/Backend.cs", "class Backend { int Port { get; } /* Host */ }")];

    [Fact]
    public void Every_name_on_the_page_exists()
    {
        string page = File.ReadAllText(RepositoryFiles.PathOf("ARCHITECTURE.md"));
        string[] unknown = [.. ArchitecturePage.FindUnknownNames(page, RepositoryFiles.Shipped)];

        Assert.True(unknown.Length == 0, string.Join('\n', unknown));
        Assert.Contains("`ProxyHandler`", page, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("the `Front`")]
    [InlineData("the `Front.Port`")]
    [InlineData("`Backend.Host` of it")]
    [InlineData("call `Backend.Host()`")]
    public void Name_that_does_not_exist_is_found(string page)
    {
        Assert.Single(ArchitecturePage.FindUnknownNames(page, Sources));
    }

    [Theory]
    [InlineData("`Backend` and `Backend.Port`; Front is no code")]
    [InlineData("`GoAround.Core`, `Pool/`, `-p`, `/health`, `make test`")]
    public void Name_that_exists_and_text_that_is_no_name_are_let_through(string page)
    {
        Assert.Empty(ArchitecturePage.FindUnknownNames(page, Sources));
    }
}

using System;
using System.IO;
using System.Linq;
using System.Text.RegularExpressions;
using Xunit;

namespace GoAround.Core.Tests.Repository;

public partial class BenchPageTests
{
    [Fact]
    public void Page_of_the_comparison_names_every_scenario()
    {
        string page = File.ReadAllText(RepositoryFiles.PathOf("bench/README.md"));
        string[] missing = [.. Scenarios().Where(name => !page.Contains($"`{name}`", StringComparison.Ordinal))];

        Assert.True(missing.Length == 0, string.Join('\n', missing));
    }

    [Fact]
    public void Every_target_is_of_a_scenario_there_is()
    {
        string[] scenarios = Scenarios();
        string[] lines = File.ReadAllLines(RepositoryFiles.PathOf("bench/targets.tsv"));
        string[] unknown = [.. lines.Skip(1).Where(line => !scenarios.Contains(line.Split('\t')[0]))];

        Assert.True(lines.Length > 1 && unknown.Length == 0, string.Join('\n', unknown));
    }

    [Fact]
    public void Page_of_the_comparison_names_every_variable()
    {
        string page = File.ReadAllText(RepositoryFiles.PathOf("bench/README.md"));
        string settings = File.ReadAllText(RepositoryFiles.PathOf("bench/compare/settings.py"));
        string[] variables = [.. VariablePattern().Matches(settings).Select(match => match.Groups[1].Value).Distinct()];
        string[] missing = [.. variables.Where(name => !page.Contains($"`{name}`", StringComparison.Ordinal))];

        Assert.True(variables.Length > 10 && missing.Length == 0, string.Join('\n', missing));
    }

    private static string[] Scenarios()
    {
        string source = File.ReadAllText(RepositoryFiles.PathOf("bench/compare/scenarios.py"));
        string[] names = [.. ScenarioPattern().Matches(source).Select(match => match.Groups[1].Value)];
        Assert.NotEmpty(names);
        return names;
    }

    [GeneratedRegex("^    Scenario\\(\"([^\"]+)\"", RegexOptions.Multiline)]
    private static partial Regex ScenarioPattern();

    [GeneratedRegex("(?:environ\\.get|_number)\\(\"([A-Z_]+)\"")]
    private static partial Regex VariablePattern();
}

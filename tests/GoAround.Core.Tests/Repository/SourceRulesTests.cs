using System;
using System.Collections.Generic;
using System.Linq;
using Xunit;

namespace GoAround.Core.Tests.Repository;

public class SourceRulesTests
{
    [Fact]
    public void Every_source_keeps_the_rules()
    {
        string[] faults = [.. RepositoryFiles.All.SelectMany(SourceRules.FindFaults)];

        Assert.True(faults.Length == 0, string.Join('\n', faults));
    }

    [Fact]
    public void Sources_of_library_and_host_and_tests_are_found()
    {
        IEnumerable<string> names = RepositoryFiles.All.Select(source => source.Path);

        Assert.Superset(new HashSet<string> { "src/GoAround.Core/Backend.cs", "src/GoAround.Cli/Program.cs", "tests/GoAround.Core.Tests/Repository/SourceRulesTests.cs" }, names.ToHashSet());
    }

    [Theory]
    [InlineData("src/A/Utilities/Ring.cs", "class Ring;", "folder named Utilities")]
    [InlineData("src/A/Internal/Ring.cs", "class Ring;", "folder named Internal")]
    [InlineData("src/A/Ring.cs", "class Ring;\nenum Colour { Red }", "one type per file, not Ring, Colour")]
    [InlineData("src/A/Ring.cs", "class Ring;\ndelegate int Turn<T>(T angle);", "one type per file, not Ring, Turn")]
    [InlineData("src/A/Ring.cs", "class Ring;\nreadonly record struct Turn(int Angle);", "one type per file, not Ring, Turn")]
    [InlineData("src/A/Ring.cs", "public interface IRing;", "its type, IRing")]
    [InlineData("src/A/RingManager.cs", "class RingManager;", "must not be named Manager")]
    [InlineData("src/A/Ring.cs", "class Ring { struct TurnInfo; }", "must not be named Info")]
    [InlineData("src/A/Ring.cs", "class Ring; // TODO: turn", "Ring.cs(1): TODO")]
    [InlineData("src/A/Ring.cs", "\n/* FIXME */ class Ring;", "Ring.cs(2): FIXME")]
    [InlineData("src/A/Ring.cs", "#region Ring\nclass Ring;\n#endregion", "no regions")]
    public void Breach_of_a_rule_is_found(string path, string text, string expected)
    {
        Assert.Contains(expected, Assert.Single(SourceRules.FindFaults(new SourceFile(path, text))), StringComparison.Ordinal);
    }

    [Fact]
    public void File_of_more_than_400_lines_is_found()
    {
        Assert.Empty(SourceRules.FindFaults(new SourceFile("src/A/Ring.cs", string.Concat(Enumerable.Repeat("//\n", 400)))));
        Assert.Single(SourceRules.FindFaults(new SourceFile("src/A/Ring.cs", string.Concat(Enumerable.Repeat("//\n", 401)))));
    }

    [Theory]
    [InlineData("src/A/Ring.cs", "class Ring<T> where T : class, new() { class Link; delegate void Turned(int angle); }")]
    [InlineData("src/A/Ring{T}.cs", "class Ring<T>;")]
    [InlineData("src/A/Ring.Turns.cs", "partial class Ring { string _mark = \"// TODO {\"; }")]
    [InlineData("src/A/Ring.cs", "sealed record Ring(int Size) { Ring Record(record x) => x with { Size = 1 }; }")]
    [InlineData("src/A/Ring.cs", "/// <summary>A class Of its own; enum Too.</summary>\nstatic class Ring { static Func<int> Turn = delegate { return 1; }; }")]
    [InlineData("src/A/Program.cs", "return 0;")]
    public void What_only_looks_like_a_breach_is_let_through(string path, string text)
    {
        Assert.Empty(SourceRules.FindFaults(new SourceFile(path, text)));
    }
}

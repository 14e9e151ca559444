using System.Collections.Generic;
using Xunit;

namespace GoAround.Core.Tests.Repository;

public class FloorPlanTests
{
    private const string Head = "namespace GoAround.Core.Pool;\n";

    [Fact]
    public void No_room_sees_its_own_floor_or_one_above()
    {
        IReadOnlyList<string> breaches = FloorPlan.FindBreaches(RepositoryFiles.Core);

        Assert.True(breaches.Count == 0, string.Join('\n', breaches));
    }

    [Theory]
    [InlineData("using GoAround.Core.Health;")]
    [InlineData("using static GoAround.Core.Health.HealthRule;")]
    [InlineData("using Rule = GoAround.Core.Health.HealthRule;")]
    [InlineData("using GoAround.Core.Hosting;")]
    public void Room_that_imports_a_neighbour_or_a_higher_floor_is_a_breach(string line)
    {
        string breach = Assert.Single(Check("Pool/BackendPool.cs", line + "\n" + Head + "class BackendPool;"));

        Assert.StartsWith("src/GoAround.Core/Pool/BackendPool.cs(1): Pool must not see H", breach, System.StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("GoAround.Core.Health.HealthRule _rule;")]
    [InlineData("global::GoAround.Core.Health.HealthRule _rule;")]
    [InlineData("Health.HealthRule _rule;")]
    [InlineData("Core.Health.HealthRule _rule;")]
    [InlineData("string _rule = $\"{Health.HealthRule.Name}\";")]
    public void Neighbour_named_in_full_is_a_breach(string member)
    {
        Assert.Contains("Pool must not see Health", Assert.Single(Check("Pool/BackendPool.cs", Head + "class BackendPool { " + member + " }")), System.StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("using GoAround.Core.Http;\nusing GoAround.Core;\nusing GoAround.Core.Async;\n" + Head + "class BackendPool;")]
    [InlineData(Head + "class BackendPool { Backend _backend; /* Health.HealthRule */ string _text = \"Health.HealthRule\"; }")]
    [InlineData(Head + "class BackendPool { int Rule(Options options) => options.Health.HealthRule + Health.Count; }")]
    public void Lower_floors_and_words_that_only_look_alike_are_no_breach(string text)
    {
        Assert.Empty(Check("Pool/BackendPool.cs", text));
    }

    [Fact]
    public void Contract_used_from_the_ground_floor_is_a_breach_though_it_needs_no_using_line()
    {
        Assert.Contains("Http must not see the contract", Assert.Single(Check("Http/Parser.cs", "namespace GoAround.Core.Http;\nclass Parser { Backend _backend; }")), System.StringComparison.Ordinal);
    }

    [Fact]
    public void Contract_that_uses_a_room_above_it_is_a_breach()
    {
        Assert.Contains("the contract must not see Pool", Assert.Single(Check("ProxyRequest.cs", "using GoAround.Core.Pool;\nnamespace GoAround.Core;\nclass ProxyRequest;")), System.StringComparison.Ordinal);
    }

    [Fact]
    public void Unknown_room_is_a_breach()
    {
        Assert.Contains("no room is called Attic", Assert.Single(Check("Attic/Box.cs", "namespace GoAround.Core.Attic;\nclass Box;")), System.StringComparison.Ordinal);
    }

    [Fact]
    public void Namespace_other_than_the_folder_is_a_breach()
    {
        Assert.Contains("should be GoAround.Core.Pool", Assert.Single(Check("Pool/BackendPool.cs", "namespace GoAround.Core;\nclass BackendPool;")), System.StringComparison.Ordinal);
    }

    private static IReadOnlyList<string> Check(string path, string text) => FloorPlan.FindBreaches(
    [
        new SourceFile("src/GoAround.Core/Backend.cs", "namespace GoAround.Core;\nclass Backend;"),
        new SourceFile("src/GoAround.Core/Health/HealthRule.cs", "namespace GoAround.Core.Health;\nclass HealthRule;"),
        new SourceFile("src/GoAround.Core/" + path, text),
    ]);
}

using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading.Tasks;
using Xunit;

namespace GoAround.Core.Tests.Cache.Conformance;

/// <summary>The cases of tests/attack/cache, through the whole chain, time by a clock of the test's own.</summary>
public sealed class CacheConformanceTests
{
    /// <summary>What is not followed, and why. Whoever mends one strikes it off: a case that passes must not stand here.</summary>
    private static readonly Dictionary<string, string> Deviations = new(StringComparer.Ordinal);

    public static TheoryData<string> Required => Named("required");

    public static TheoryData<string> Optional => Named("optional");

    public static TheoryData<string> Chosen => Named("check");

    [Theory, MemberData(nameof(Required))]
    public Task What_the_RFC_requires_of_a_shared_cache_is_followed(string name) => PlayAsync(name);

    [Theory, MemberData(nameof(Optional))]
    public Task What_makes_a_shared_cache_a_good_one_is_there(string name) => PlayAsync(name);

    [Theory, MemberData(nameof(Chosen))]
    public Task Where_either_is_right_it_is_as_decided(string name) => PlayAsync(name);

    [Fact]
    public void Every_case_has_a_name_of_its_own_and_every_deviation_is_a_case()
    {
        string[] names = [.. CacheCases.All.Select(played => played.Name)];
        Assert.Equal(names.Distinct(), names);
        Assert.True(names.Length > 700, $"only {names.Length} cases were read");
        Assert.Empty(Deviations.Keys.Except(names));
    }

    private static TheoryData<string> Named(string kind) => [.. CacheCases.All.Where(played => played.Kind == kind).Select(played => played.Name)];

    private static async Task PlayAsync(string name)
    {
        CacheCase played = CacheCases.All.Single(played => played.Name == name);
        await using CachedProxy proxy = await CachedProxy.OpenAsync();
        Exception? fault = await Record.ExceptionAsync(new CasePlay(played, proxy).RunAsync);
        if (Deviations.ContainsKey(name))
        {
            Assert.True(fault is not null, "a deviation that is none: strike it off");
        }
        else if (fault is not null)
        {
            Assert.Fail(fault.Message);
        }
    }
}

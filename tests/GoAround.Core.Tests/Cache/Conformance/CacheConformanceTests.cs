using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading.Tasks;
using Xunit;

namespace GoAround.Core.Tests.Cache.Conformance;

/// <summary>The cases of tests/attack/cache, through the whole chain, time by a clock of the test's own.</summary>
public sealed class CacheConformanceTests
{
    private const string Undecided = "RFC 9213 does not say what a directive of a wrong type means: it is taken as the more restrictive";
    private const string NoParts = "a part serves who asks for what it has, and is not put together with others; RFC 9111 §3.4 leaves that free";
    private const string OnlyWhenAsked = "an error of the origin is hidden only where the origin or the client asked for it (stale-if-error)";

    /// <summary>What is not so, and why. Whoever makes it so strikes it off: a case that passes must not stand here.</summary>
    private static readonly Dictionary<string, string> Deviations = new(StringComparer.Ordinal)
    {
        ["Pragma: Pragma: no-cache of a response does not hinder the heuristic"] = "whoever writes it means it, and the lifetime is only guessed",
        ["CDN-Cache-Control: CDN-Cache-Control with a value of a wrong type: max-age"] = Undecided,
        ["CDN-Cache-Control: CDN-Cache-Control with a value of a wrong type: max-age=\"0\""] = Undecided,
        ["CDN-Cache-Control: CDN-Cache-Control with a value of a wrong type: max-age=0.0"] = Undecided,
        ["CDN-Cache-Control: CDN-Cache-Control with a value of a wrong type: max-age=-1"] = Undecided,
        ["CDN-Cache-Control: CDN-Cache-Control with a value of a wrong type: no-store=1"] = Undecided,
        ["Updates by a 304: a 304 does not update Content-Encoding"] = "every field is updated; RFC 9111 §3.2 lets a cache leave out this one only if it has decoded the content",
        ["Freshness: single quotes around a directive: 'max-age=3600'"] = "an unknown directive, and so -cache-ttl holds",
        ["Partial content of the origin: a stored part is completed by asking for the rest"] = NoParts,
        ["Stale where the origin is gone: a 500 of the origin without stale-if-error"] = OnlyWhenAsked,
        ["Stale where the origin is gone: a 502 of the origin without stale-if-error"] = OnlyWhenAsked,
        ["Stale where the origin is gone: a 503 of the origin without stale-if-error"] = OnlyWhenAsked,
        ["Stale where the origin is gone: a 504 of the origin without stale-if-error"] = OnlyWhenAsked,
        ["Conditional requests: If-None-Match: abc and ETag: \"abc\", without quotes"] = "abc is no entity tag, and equals only itself",
        ["Conditional requests: If-None-Match: \"abc\" and ETag: abc, without quotes"] = "abc is no entity tag, and equals only itself",
        ["Vary normalisation: a language that the stored response has serves who asks for it among others"] = "what the origin would choose is not guessed",
    };

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
        Assert.True(names.Length > 800, $"only {names.Length} cases were read");
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

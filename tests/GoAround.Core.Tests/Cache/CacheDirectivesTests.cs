using GoAround.Core.Cache;
using Xunit;

namespace GoAround.Core.Tests.Cache;

/// <summary>RFC 9111 §1.2.2, §4.2.1, §5.2, §5.4, RFC 9213.</summary>
public class CacheDirectivesTests
{
    [Theory]
    [InlineData("max-age=3600", 3600)]
    [InlineData("MAX-AGE=3600", 3600)]
    [InlineData("max-age=\"3600\"", 3600)]
    [InlineData("max-age=003600", 3600)]
    [InlineData("max-age=0", 0)]
    [InlineData("foo, ,max-age=3600,,", 3600)]
    [InlineData("foo=bar, max-age=3600", 3600)]
    [InlineData("foo=\"a, max-age=1\", max-age=3600", 3600)]
    [InlineData("foo=\"\\\", max-age=1\", max-age=3600", 3600)]
    [InlineData("max-age=3600\t,no-transform", 3600)]
    [InlineData("max-age=2147483647", 2147483647)]
    [InlineData("max-age=2147483648", 2147483648)]
    [InlineData("max-age=2147483649", 2147483648)]
    [InlineData("max-age=99999999999999999999999999999999", 2147483648)]
    public void A_lifetime_is_read_in_every_form_that_there_is(string value, long expected) => Assert.Equal(expected, MaxAge(value));

    [Theory]
    [InlineData("max-age")]
    [InlineData("max-age=")]
    [InlineData("max-age=\"\"")]
    [InlineData("max-age=-3600")]
    [InlineData("max-age=+3600")]
    [InlineData("max-age=3600.0")]
    [InlineData("max-age=1e3")]
    [InlineData("max-age=a3600")]
    [InlineData("max-age=3600a")]
    [InlineData("max-age='3600'")]
    [InlineData("max-age =3600")]
    [InlineData("max-age= 3600")]
    [InlineData("max-age=3600 foo")]
    [InlineData("max-age=3600; foo")]
    [InlineData("max-age=\"3600")]
    [InlineData("max-age=\"3600\"foo")]
    [InlineData("max-age:3600")]
    public void A_lifetime_that_cannot_be_read_is_stale(string value) => Assert.Equal(0, MaxAge(value));

    [Theory]
    [InlineData("max-age=0, max-age=3600")]
    [InlineData("max-age=3600, max-age=0")]
    [InlineData("max-age=3600, max-age=x")]
    [InlineData("max-age=3600\nCache-Control: max-age=0")]
    [InlineData("max-age=0\nCache-Control: foo\nCache-Control: max-age=3600")]
    public void Of_several_lifetimes_the_shortest_counts(string value) => Assert.Equal(0, MaxAge(value));

    [Theory]
    [InlineData("xmax-age=3600")]
    [InlineData("max-agex=3600")]
    [InlineData("foo=\"max-age=3600\"")]
    [InlineData("")]
    [InlineData("=, \"\", ;;, =max")]
    public void What_is_no_max_age_is_none(string value) => Assert.Equal(CacheDirectives.Absent, MaxAge(value));

    [Theory]
    [InlineData("no-store", DirectiveFlags.NoStore)]
    [InlineData("No-Store=1", DirectiveFlags.NoStore)]
    [InlineData("no-cache", DirectiveFlags.NoCache)]
    [InlineData("no-cache=\"\"", DirectiveFlags.NoCache)]
    [InlineData("no-cache=\" \"", DirectiveFlags.NoCache)]
    [InlineData("no-cache=\"a, b\"", DirectiveFlags.NoCacheFields)]
    [InlineData("no-cache=a", DirectiveFlags.NoCacheFields)]
    [InlineData("no-cache=\"a", DirectiveFlags.NoCache)]
    [InlineData("private", DirectiveFlags.Private)]
    [InlineData("private=\"Set-Cookie\"", DirectiveFlags.PrivateFields)]
    [InlineData("private foo", DirectiveFlags.Private)]
    [InlineData("max-age=60; private", DirectiveFlags.Private)]
    [InlineData("max-age=60 private", DirectiveFlags.Private)]
    [InlineData("foo=\"unclosed, private", DirectiveFlags.Private)]
    [InlineData("foo\"\"=, no-store", DirectiveFlags.NoStore)]
    [InlineData("public, Must-Revalidate, proxy-revalidate", DirectiveFlags.Public | DirectiveFlags.MustRevalidate | DirectiveFlags.ProxyRevalidate)]
    [InlineData("must-understand, no-store", DirectiveFlags.MustUnderstand | DirectiveFlags.NoStore)]
    [InlineData("private\nCache-Control: no-store", DirectiveFlags.Private | DirectiveFlags.NoStore)]
    [InlineData("only-if-cached", DirectiveFlags.OnlyIfCached)]
    [InlineData("foo=\"no-store\"", DirectiveFlags.None)]
    [InlineData("no-storex, xno-cache, nothing-to-see-here", DirectiveFlags.None)]
    public void A_directive_that_forbids_is_found_whatever_stands_around_it(string value, object expected) => Assert.Equal((DirectiveFlags)expected, Response(value).Flags);

    [Theory]
    [InlineData("max-stale", DeltaSeconds.Max)]
    [InlineData("max-stale=10", 10)]
    [InlineData("max-stale, max-stale=10", 10)]
    [InlineData("max-stale=x", CacheDirectives.Absent)]
    [InlineData("min-fresh=10", CacheDirectives.Absent)]
    public void Max_stale_without_a_number_is_any(string value, long expected) =>
        Assert.Equal(expected, CacheDirectives.ReadRequest(Said.Fields("Cache-Control: " + value)).MaxStale);

    [Theory]
    [InlineData("stale-while-revalidate=5, stale-if-error=7", 5, 7)]
    [InlineData("stale-while-revalidate=x, stale-if-error", CacheDirectives.Absent, CacheDirectives.Absent)]
    [InlineData("stale-while-revalidate=9, stale-while-revalidate=5, stale-if-error=0", 5, 0)]
    public void Staleness_is_only_allowed_by_a_number(string value, long whileRevalidate, long ifError)
    {
        CacheDirectives directives = Response(value);
        Assert.Equal(whileRevalidate, directives.StaleWhileRevalidate);
        Assert.Equal(ifError, directives.StaleIfError);
    }

    [Theory]
    [InlineData("Pragma: no-cache", true)]
    [InlineData("Pragma: foo, No-Cache", true)]
    [InlineData("Pragma: foo=\"no-cache\"", false)]
    [InlineData("Pragma: foo", false)]
    [InlineData("Pragma: no-cache\nCache-Control: max-age=1", false)]
    [InlineData("Pragma: no-cache\nCache-Control: nothing-to-see-here", false)]
    public void Pragma_counts_where_there_is_no_Cache_Control(string lines, bool expected) =>
        Assert.Equal(expected, CacheDirectives.ReadRequest(Said.Fields(lines)).Has(DirectiveFlags.NoCache));

    [Theory]
    [InlineData("max-age=60", 60)]
    [InlineData("max-age=60;foo;bar=\"x\", foo=(a b;c \"d\");e", 60)]
    [InlineData("max-age=60, max-age=120", 120)]
    [InlineData("a=1.5, b=:YWJj:, c=?0, d=*tok/en:1, max-age=60", 60)]
    [InlineData("max-age=60\nCDN-Cache-Control: foo", 60)]
    [InlineData("max-age=-1", 0)]
    [InlineData("max-age=1.5", 0)]
    [InlineData("max-age=\"60\"", 0)]
    [InlineData("max-age", 0)]
    [InlineData("max-age=(1 2)", 0)]
    [InlineData("no-cache", CacheDirectives.Absent)]
    public void The_targeted_field_is_followed_in_the_place_of_Cache_Control(string value, long expected)
    {
        CacheDirectives directives = CacheDirectives.ReadResponse(Said.Fields($"Cache-Control: max-age=9, no-store\nCDN-Cache-Control: {value}"), "cdn-cache-control");
        Assert.True(directives.IsTargeted);
        Assert.Equal(expected, directives.MaxAge);
        Assert.False(directives.Has(DirectiveFlags.NoStore));
    }

    [Theory]
    [InlineData("")]
    [InlineData("max-age=60,")]
    [InlineData("max-age=60,,foo")]
    [InlineData("max-age=60 foo")]
    [InlineData("max-age=60;")]
    [InlineData("Max-Age=60")]
    [InlineData("max-age= 60")]
    [InlineData("max-age=60, &")]
    [InlineData("max-age=60, a=\"x")]
    [InlineData("max-age=60, a=\"\\x\"")]
    [InlineData("max-age=60, a=(1")]
    [InlineData("max-age=60, a=(1,2)")]
    [InlineData("max-age=60, a=:Y")]
    [InlineData("max-age=60, a=?2")]
    [InlineData("max-age=60, a=1.")]
    [InlineData("max-age=60, a=1.2345")]
    [InlineData("max-age=60, a=1234567890123456")]
    [InlineData("max-age=60, a=-")]
    [InlineData("max-age=60\nCDN-Cache-Control: ,")]
    public void A_targeted_field_that_is_empty_or_malformed_is_as_good_as_none(string value)
    {
        CacheDirectives directives = CacheDirectives.ReadResponse(Said.Fields($"Cache-Control: max-age=9\nCDN-Cache-Control: {value}"), "CDN-Cache-Control");
        Assert.False(directives.IsTargeted);
        Assert.Equal(9, directives.MaxAge);
    }

    [Theory]
    [InlineData("no-store", DirectiveFlags.NoStore)]
    [InlineData("no-store=?1", DirectiveFlags.NoStore)]
    [InlineData("no-store=?0", DirectiveFlags.None)]
    [InlineData("private=\"a, b\"", DirectiveFlags.PrivateFields)]
    [InlineData("no-cache=x", DirectiveFlags.NoCacheFields)]
    public void The_targeted_field_has_booleans_and_strings(string value, object expected) =>
        Assert.Equal((DirectiveFlags)expected, CacheDirectives.ReadResponse(Said.Fields("CDN-Cache-Control: " + value), "CDN-Cache-Control").Flags);

    [Fact]
    public void Without_a_name_no_field_is_targeted() => Assert.False(CacheDirectives.ReadResponse(Said.Fields("CDN-Cache-Control: max-age=1"), "").IsTargeted);

    private static long MaxAge(string value) => Response(value).MaxAge;

    private static CacheDirectives Response(string value) => CacheDirectives.ReadResponse(Said.Fields("Cache-Control: " + value), "CDN-Cache-Control");
}

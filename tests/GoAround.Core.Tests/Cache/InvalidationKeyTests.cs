using GoAround.Core.Cache;
using Xunit;

namespace GoAround.Core.Tests.Cache;

/// <summary>RFC 9111 §4.4, RFC 3986 §5.</summary>
public class InvalidationKeyTests
{
    private const string Base = "http://example.com/b/c/d?q";

    [Theory]
    [InlineData("POST", 200, true)]
    [InlineData("PUT", 204, true)]
    [InlineData("DELETE", 303, true)]
    [InlineData("FOO", 200, true)]
    [InlineData("POST", 400, false)]
    [InlineData("POST", 500, false)]
    [InlineData("GET", 200, false)]
    [InlineData("OPTIONS", 200, false)]
    public void Section_4_4_a_good_answer_to_an_unsafe_method_makes_outdated(string method, int status, bool expected) =>
        Assert.Equal(expected, Invalidation.Applies(Said.Facts("", method), status));

    [Fact]
    public void Section_4_4_the_target_is_outdated_in_every_variant()
    {
        KeyBuffer key = default;
        Assert.True(Invalidation.TryKey(InvalidationTarget.Target, Said.Request("X-Forwarded-Prefix: /p", "POST"), Said.Response(), ref key));
        Assert.Equal("http://example.com/a", Said.Text(key.Span));
    }

    [Theory]
    [InlineData("http://example.com/x", "http://example.com/x")]
    [InlineData("HTTP://EXAMPLE.com:80/x#y", "http://example.com/x")]
    [InlineData("http://example.com", "http://example.com/")]
    [InlineData("http://example.com?y", "http://example.com/?y")]
    [InlineData("//example.com/x/./y", "http://example.com/x/y")]
    [InlineData("//example.com", "http://example.com/")]
    [InlineData("/x?y#z", "http://example.com/x?y")]
    [InlineData("/x/../y", "http://example.com/y")]
    [InlineData("x", "http://example.com/b/c/x")]
    [InlineData("./x", "http://example.com/b/c/x")]
    [InlineData("x/", "http://example.com/b/c/x/")]
    [InlineData("../x", "http://example.com/b/x")]
    [InlineData("..", "http://example.com/b/")]
    [InlineData(".", "http://example.com/b/c/")]
    [InlineData("../..", "http://example.com/")]
    [InlineData("../../../../x", "http://example.com/x")]
    [InlineData("/./x", "http://example.com/x")]
    [InlineData("/../x", "http://example.com/x")]
    [InlineData("x.", "http://example.com/b/c/x.")]
    [InlineData("..x", "http://example.com/b/c/..x")]
    [InlineData("x/./y", "http://example.com/b/c/x/y")]
    [InlineData("x/../y", "http://example.com/b/c/y")]
    [InlineData("x?y/../z", "http://example.com/b/c/x?y/../z")]
    [InlineData("?y", "http://example.com/b/c/d?y")]
    [InlineData("#z", Base)]
    [InlineData("", Base)]
    [InlineData("/x:y", "http://example.com/x:y")]
    [InlineData("?x:y", "http://example.com/b/c/d?x:y")]
    [InlineData("/a%2Fb", "http://example.com/a%2Fb")]
    public void Section_4_4_what_Location_and_Content_Location_mean_is_outdated(string reference, string expected)
    {
        Assert.Equal(expected, KeyOf(InvalidationTarget.Location, "Location: " + reference));
        Assert.Equal(expected, KeyOf(InvalidationTarget.ContentLocation, "Content-Location: " + reference));
    }

    [Theory]
    [InlineData("http://other.com/x")]
    [InlineData("https://example.com/x")]
    [InlineData("http://example.com:81/x")]
    [InlineData("http://example.com.evil/x")]
    [InlineData("http://user@example.com/x")]
    [InlineData("//other.com/x")]
    [InlineData("//example.com:x/")]
    [InlineData("ftp://example.com/x")]
    [InlineData("http:x")]
    [InlineData("mailto:x")]
    [InlineData("x y")]
    [InlineData("http://")]
    public void Section_4_4_what_is_of_another_origin_stays(string reference)
    {
        Assert.Null(KeyOf(InvalidationTarget.Location, "Location: " + reference));
        Assert.Null(KeyOf(InvalidationTarget.ContentLocation, "Content-Location: " + reference));
    }

    [Fact]
    public void Without_the_field_nothing_more_is_outdated() => Assert.Null(KeyOf(InvalidationTarget.Location, "Content-Location: /x"));

    private static string? KeyOf(InvalidationTarget which, string lines)
    {
        KeyBuffer key = default;
        bool isThere = Invalidation.TryKey(which, Said.Request("", "POST", "/b/c/d?q"), Said.Response(lines), ref key);
        Assert.Equal(isThere, key.Length > 0);
        return isThere ? Said.Text(key.Span) : null;
    }
}

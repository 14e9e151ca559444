using GoAround.Core.Http;
using Xunit;

namespace GoAround.Core.Tests.Http;

public class HostSyntaxTests
{
    [Theory]
    [InlineData("a", true)]
    [InlineData("example.com:", true)]
    [InlineData("example.com:65535", true)]
    [InlineData("127.0.0.1:80", true)]
    [InlineData("[::1]", true)]
    [InlineData("[fe80::1]:443", true)]
    [InlineData("[::ffff:192.0.2.1]", true)]
    [InlineData("[1:2:3:4:5:6:7:8]:1", true)]
    [InlineData("under_score-dash~x", true)]
    [InlineData("a%20b%C3", true)]
    [InlineData("", false)]
    [InlineData(":80", false)]
    [InlineData("a:65536", false)]
    [InlineData("a:4294967376", false)]
    [InlineData("a:+1", false)]
    [InlineData("a%", false)]
    [InlineData("a%2", false)]
    [InlineData("a%g0", false)]
    [InlineData("[]", false)]
    [InlineData("[1]", false)]
    [InlineData("[::1]a", false)]
    [InlineData("[:::]", false)]
    [InlineData("[1:2:3]", false)]
    [InlineData("[::1::2]", false)]
    [InlineData("[12345::]", false)]
    [InlineData("[1:2:3:4:5:6:7:8:9]", false)]
    [InlineData("[::1.2.3]", false)]
    [InlineData("[::1.2.3.256]", false)]
    [InlineData("[192.0.2.1]", false)]
    [InlineData("[fe80::1%251]", false)]
    [InlineData("[v1.a]", false)]
    [InlineData("[::g]", false)]
    [InlineData("::1", false)]
    [InlineData("a\\b", false)]
    [InlineData("a?b", false)]
    [InlineData("a#b", false)]
    [InlineData("<a>", false)]
    [InlineData("\u00e9", false)]
    public void An_authority_is_a_host_with_an_optional_port(string authority, bool expected) =>
        Assert.Equal(expected, HostSyntax.IsValid(Feed.Bytes(authority)));
}

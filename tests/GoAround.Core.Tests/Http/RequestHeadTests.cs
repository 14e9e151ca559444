using GoAround.Core.Http;
using Xunit;

namespace GoAround.Core.Tests.Http;

public class RequestHeadTests
{
    [Theory]
    [InlineData("Content_Length: 5")]
    [InlineData("content_length: 5")]
    [InlineData("Transfer_Encoding: chunked")]
    [InlineData("TRANSFER_encoding: x")]
    public void A_name_that_some_read_as_one_that_frames_the_body_is_refused(string line)
    {
        byte[] wire = Feed.Bytes($"GET / HTTP/1.1\r\nHost: a\r\n{line}\r\n\r\n");
        Assert.All(Feed.Splits(wire), ends => Assert.Equal("Rejected AmbiguousFieldName", Feed.Describe(wire, ends)));
    }

    [Theory]
    [InlineData("Content_Lengths: 5")]
    [InlineData("Contentx_ength: 5")]
    [InlineData("X_Transfer_Encodi: 5")]
    [InlineData("Transfer_Encodinx: 5")]
    public void Any_other_name_with_an_underscore_is_passed_on(string line) =>
        Assert.Equal(line + "\r\n", Parse($"GET / HTTP/1.1\r\nHost: a\r\n{line}\r\n\r\n").Fields.ToString());

    [Theory]
    [InlineData("Connection: X-Hop\r\n", true)]
    [InlineData("Connection: close\r\nConnection: keep-alive, X-Hop\r\n", true)]
    [InlineData("Connection: close, TE, keep-alive, Upgrade,,\r\n", false)]
    [InlineData("", false)]
    public void Trailers_are_dropped_where_Connection_names_fields(string fields, bool expected) =>
        Assert.Equal(expected, Parse($"GET / HTTP/1.1\r\nHost: a\r\n{fields}\r\n").DropsTrailers);

    [Theory]
    [InlineData("HTTP/1.1", "trailers", true)]
    [InlineData("HTTP/1.1", "gzip;q=1, Trailers", true)]
    [InlineData("HTTP/1.1", "gzip", false)]
    [InlineData("HTTP/1.0", "trailers", false)]
    public void Trailers_are_accepted_by_those_who_say_so_and_can(string version, string te, bool expected) =>
        Assert.Equal(expected, Parse($"GET / {version}\r\nHost: a\r\nTE: {te}\r\n\r\n").AcceptsTrailers);

    [Theory]
    [InlineData("https://a/", true)]
    [InlineData("HTTPS://a", true)]
    [InlineData("http://a/", false)]
    [InlineData("/https://a/", false)]
    public void A_target_says_that_it_needs_tls(string target, bool expected) =>
        Assert.Equal(expected, Parse($"GET {target} HTTP/1.1\r\nHost: a\r\n\r\n").TargetsHttps);

    [Fact]
    public void A_method_that_fills_the_line_is_told_apart_from_a_target_that_does()
    {
        HeadLimits limits = new(64, 1024, 10);
        byte[] method = Feed.Bytes(new string('M', 70));
        byte[] target = Feed.Bytes("M /" + new string('t', 70));
        Assert.All(Feed.Splits(method), ends => Assert.Equal("Rejected MethodTooLong", Feed.Describe(method, ends, limits)));
        Assert.All(Feed.Splits(target), ends => Assert.Equal("Rejected RequestLineTooLong", Feed.Describe(target, ends, limits)));
    }

    private static RequestHead Parse(string text)
    {
        byte[] wire = Feed.Bytes(text);
        RequestHead head = new();
        Assert.Equal(ParseStatus.Complete, Feed.Request(wire, Feed.Whole(wire), head, out _));
        head.Bind(wire);
        return head;
    }
}

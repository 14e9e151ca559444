using GoAround.Core.Cache;
using Xunit;

namespace GoAround.Core.Tests.Cache;

/// <summary>RFC 9110 §13.1.5, §14, §15.3.7, §15.5.17. The stored body has 100 bytes.</summary>
public class RangeRulesTests
{
    private const string Modified = "Sun, 06 Nov 1994 08:49:37 GMT";

    [Theory]
    [InlineData("bytes=0-0", 0, 0)]
    [InlineData("bytes=0-", 0, 99)]
    [InlineData("bytes=10-19", 10, 19)]
    [InlineData("bytes=99-", 99, 99)]
    [InlineData("bytes=10-1000", 10, 99)]
    [InlineData("bytes=10-99999999999999999999999", 10, 99)]
    [InlineData("bytes=-1", 99, 99)]
    [InlineData("bytes=-100", 0, 99)]
    [InlineData("bytes=-1000", 0, 99)]
    [InlineData("BYTES=1-2", 1, 2)]
    [InlineData("bytes= 1-2 ", 1, 2)]
    [InlineData("bytes=,1-2,", 1, 2)]
    public void Section_14_1_2_a_part_is_answered(string range, long first, long last) =>
        Assert.Equal(new RangeOutcome(RangeKind.Part, first, last), Evaluate("Range: " + range));

    [Theory]
    [InlineData("bytes=100-")]
    [InlineData("bytes=100-200")]
    [InlineData("bytes=99999999999999999999999-")]
    [InlineData("bytes=-0")]
    public void Section_15_5_17_no_part_of_it_is_416(string range) => Assert.Equal(RangeKind.NotSatisfiable, Evaluate("Range: " + range).Kind);

    [Theory]
    [InlineData("")]
    [InlineData("bytes")]
    [InlineData("bytes=")]
    [InlineData("bytes=-")]
    [InlineData("bytes=a-b")]
    [InlineData("bytes=1")]
    [InlineData("bytes=2-1")]
    [InlineData("bytes=1-2x")]
    [InlineData("bytes=1 - 2")]
    [InlineData("bytes =1-2")]
    [InlineData("bytes=--1")]
    [InlineData("bytes=0-0,2-2")]
    [InlineData("lines=0-0")]
    [InlineData("bytes=0-0\nRange: bytes=2-2")]
    public void Section_14_2_a_range_that_is_malformed_unknown_or_one_of_several_is_ignored(string range) =>
        Assert.Equal(RangeKind.Whole, Evaluate("Range: " + range).Kind);

    [Theory]
    [InlineData("\"a\"", true)]
    [InlineData("W/\"a\"", false)]
    [InlineData("\"b\"", false)]
    [InlineData(Modified, true)]
    [InlineData(Said.Now, false)]
    [InlineData("a", false)]
    public void Section_13_1_5_If_Range_wants_the_very_same(string validator, bool isPart)
    {
        Assert.Equal(isPart ? RangeKind.Part : RangeKind.Whole, Evaluate($"If-Range: {validator}\nRange: bytes=0-0").Kind);
        Assert.Equal(isPart ? RangeKind.Part : RangeKind.Whole, Evaluate($"Range: bytes=0-0\nIf-Range: {validator}").Kind);
    }

    [Theory]
    [InlineData("ETag: W/\"a\"", "W/\"a\"")]
    [InlineData("Foo: bar", "\"a\"")]
    [InlineData("Last-Modified: " + Said.Now, Said.Now)]
    public void Section_13_1_5_If_Range_wants_it_strong(string response, string validator) =>
        Assert.Equal(RangeKind.Whole, Evaluate($"If-Range: {validator}\nRange: bytes=0-0", response).Kind);

    [Fact]
    public void Section_14_2_only_a_GET_of_a_200_has_parts()
    {
        StoredHead found = Said.Stored("Cache-Control: max-age=60");
        StoredHead missing = Said.Stored("Cache-Control: max-age=60", 404);
        Assert.Equal(RangeKind.Whole, RangeRules.Evaluate(Said.Request("Range: bytes=0-0", "HEAD"), in found, 100).Kind);
        Assert.Equal(RangeKind.Whole, RangeRules.Evaluate(Said.Request("Range: bytes=0-0"), in missing, 100).Kind);
    }

    [Theory]
    [InlineData("bytes=0-", RangeKind.NotSatisfiable)]
    [InlineData("bytes=-5", RangeKind.Whole)]
    [InlineData("bytes=-0", RangeKind.NotSatisfiable)]
    public void An_empty_body_has_no_parts(string range, object expected)
    {
        StoredHead head = Said.Stored("Cache-Control: max-age=60");
        Assert.Equal((RangeKind)expected, RangeRules.Evaluate(Said.Request("Range: " + range), in head, 0).Kind);
    }

    [Fact]
    public void Section_15_3_7_a_206_says_which_part_it_is()
    {
        ProxyResponse response = Said.Response("ETag: \"a\"\nContent-Type: text/plain");
        RangeRules.Apply(response, new RangeOutcome(RangeKind.Part, 10, 19), 100);
        Assert.Equal(206, response.StatusCode);
        Assert.Equal(10, response.ContentLength);
        Assert.Equal("ETag: \"a\"\r\nContent-Type: text/plain\r\nContent-Range: bytes 10-19/100\r\n", response.Fields.ToString());
    }

    [Fact]
    public void Section_15_5_17_a_416_says_how_much_there_is_and_nothing_of_what_is_stored()
    {
        ProxyResponse response = Said.Response("ETag: \"a\"\nCache-Control: max-age=60");
        RangeRules.Apply(response, new RangeOutcome(RangeKind.NotSatisfiable, 0, -1), long.MaxValue);
        Assert.Equal(416, response.StatusCode);
        Assert.Equal(0, response.ContentLength);
        Assert.Equal("Content-Range: bytes */9223372036854775807\r\n", response.Fields.ToString());
    }

    private static RangeOutcome Evaluate(string request, string response = "ETag: \"a\"\nLast-Modified: " + Modified)
    {
        StoredHead head = Said.Stored("Cache-Control: max-age=60\n" + response);
        return RangeRules.Evaluate(Said.Request(request), in head, 100);
    }
}

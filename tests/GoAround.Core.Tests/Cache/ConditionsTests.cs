using GoAround.Core.Cache;
using Xunit;

namespace GoAround.Core.Tests.Cache;

/// <summary>RFC 9110 §8.8.3, §13, §15.4.5, RFC 9111 §4.3.2.</summary>
public class ConditionsTests
{
    private const string Modified = "Sun, 06 Nov 1994 08:49:37 GMT";
    private const string Earlier = "Sun, 06 Nov 1994 08:49:36 GMT";

    [Theory]
    [InlineData("\"a\"", "\"a\"", true)]
    [InlineData("\"a\"", "W/\"a\"", true)]
    [InlineData("W/\"a\"", "\"a\"", true)]
    [InlineData("W/\"a\"", "W/\"a\"", true)]
    [InlineData("\"a\"", "\"b\"", false)]
    [InlineData("\"a\"", "\"A\"", false)]
    [InlineData("\"a\"", "w/\"a\"", false)]
    [InlineData("\"a\"", "*", true)]
    [InlineData("\"a\"", "\"b\", \"a\"", true)]
    [InlineData("\"a\"", " ,\"b\" ,, W/\"a\",", true)]
    [InlineData("\"a\"", "\"b\"\nIf-None-Match: \"a\"", true)]
    [InlineData("\"a,b\"", "\"x\", \"a,b\"", true)]
    [InlineData("\"a\"", "\"x,\"a\"", false)]
    [InlineData("\"a\\\"", "\"a\\\"", true)]
    [InlineData("\"\u00e4\"", "\"\u00e4\"", true)]
    [InlineData("a", "a", true)]
    [InlineData("a", "b, a", true)]
    [InlineData("\"a\"", "a", false)]
    [InlineData("a", "\"a\"", false)]
    [InlineData("\"a\"", "", false)]
    [InlineData("", "*", true)]
    [InlineData("", "\"\"", false)]
    [InlineData("\"\"", "\"\"", true)]
    [InlineData("\"a", "\"a", true)]
    public void Section_13_1_2_If_None_Match_compares_weakly(string etag, string condition, bool isNotModified) =>
        AssertResult("ETag: " + etag, "If-None-Match: " + condition, isNotModified);

    [Theory]
    [InlineData("Last-Modified: " + Modified, Modified, true)]
    [InlineData("Last-Modified: " + Modified, Said.Now, true)]
    [InlineData("Last-Modified: " + Modified, Earlier, false)]
    [InlineData("Last-Modified: " + Modified, "Sunday, 06-Nov-94 08:49:37 GMT", true)]
    [InlineData("Last-Modified: " + Modified, "yesterday", false)]
    [InlineData("Last-Modified: " + Modified, "", false)]
    [InlineData("Last-Modified: " + Modified, Modified + "\nIf-Modified-Since: " + Modified, false)]
    [InlineData("Date: " + Modified, Modified, true)]
    [InlineData("Date: " + Modified, Earlier, false)]
    [InlineData("Foo: bar", Said.Now, true)]
    [InlineData("Foo: bar", Modified, false)]
    public void Section_13_1_3_If_Modified_Since_compares_with_Last_Modified_or_Date(string response, string condition, bool isNotModified) =>
        AssertResult(response + "\nETag: \"a\"", "If-Modified-Since: " + condition, isNotModified);

    [Theory]
    [InlineData("If-None-Match: \"b\"\nIf-Modified-Since: " + Modified, false)]
    [InlineData("If-Modified-Since: " + Earlier + "\nIf-None-Match: \"a\"", true)]
    [InlineData("Foo: bar", false)]
    public void Section_13_2_2_If_None_Match_comes_first(string condition, bool isNotModified) =>
        AssertResult("ETag: \"a\"\nLast-Modified: " + Modified, condition, isNotModified);

    [Theory]
    [InlineData(203, true)]
    [InlineData(301, false)]
    [InlineData(404, false)]
    [InlineData(503, false)]
    public void Section_13_2_1_only_a_2xx_can_be_not_modified(int status, bool isNotModified) => AssertResult("ETag: \"a\"", "If-None-Match: \"a\"", isNotModified, status);

    [Theory]
    [InlineData("Last-Modified: " + Modified + "\n", "")]
    [InlineData("", "Last-Modified: " + Modified + "\n")]
    public void Section_15_4_5_a_304_carries_what_guides_caches(string removed, string kept)
    {
        string tag = removed.Length > 0 ? "ETag: \"a\"\n" : "";
        string stays = $"Cache-Control: max-age=60\nContent-Location: /b\nDate: {Said.Now}\n{tag}Expires: 0\nVary: Foo\nX-Foo: 1\nSet-Cookie: a=b\n{kept}";
        StoredHead head = Said.Stored(stays + removed + "Content-Type: text/html\nContent-Encoding: br\nContent-Language: en\n");
        ProxyResponse response = Said.Copy(in head);
        response.ContentLength = 5;

        Conditions.MakeNotModified(response);

        Assert.Equal(304, response.StatusCode);
        Assert.Null(response.ContentLength);
        Assert.Equal(Said.Fields(stays).ToString(), response.Fields.ToString());
    }

    [Fact]
    public void Every_condition_is_taken_out_of_a_request()
    {
        ProxyRequest request = Said.Request("A: 1\nIf-Match: x\nIf-None-Match: x\nB: 2\nIf-Modified-Since: x\nIf-Unmodified-Since: x\nIf-Range: x\nRange: x\nC: 3\nif-none-match: y");
        Conditions.Remove(request.Fields);
        Assert.Equal(Said.Fields("A: 1\nB: 2\nC: 3").ToString(), request.Fields.ToString());
    }

    private static void AssertResult(string response, string request, bool isNotModified, int status = 200)
    {
        StoredHead head = Said.Stored("Cache-Control: max-age=60\n" + response, status);
        Assert.Equal(isNotModified ? ConditionResult.NotModified : ConditionResult.Proceed, Conditions.Evaluate(Said.Request(request), in head));
    }
}

using GoAround.Core.Cache;
using Xunit;

namespace GoAround.Core.Tests.Cache;

/// <summary>RFC 9111 §3.2, §4.3.1, §4.3.4, §4.3.5.</summary>
public class ValidationTests
{
    private const string Modified = "Sun, 06 Nov 1994 08:49:37 GMT";

    [Theory]
    [InlineData("ETag: \"a\"", "If-None-Match: \"a\"")]
    [InlineData("ETag: W/\"a\"", "If-None-Match: W/\"a\"")]
    [InlineData("ETag: a", "If-None-Match: a")]
    [InlineData("Last-Modified: " + Modified, "If-Modified-Since: " + Modified)]
    [InlineData("Last-Modified: Sunday, 06-Nov-94 08:49:37 GMT", "If-Modified-Since: Sunday, 06-Nov-94 08:49:37 GMT")]
    [InlineData("ETag: \"a\"\nLast-Modified: " + Modified, "If-None-Match: \"a\"\nIf-Modified-Since: " + Modified)]
    [InlineData("ETag: \"a\"\nLast-Modified: yesterday", "If-None-Match: \"a\"")]
    public void Section_4_3_1_the_stored_validators_are_sent_as_they_came(string response, string expected)
    {
        ProxyRequest request = Said.Request("Foo: bar");
        StoredHead head = Said.Stored("Cache-Control: max-age=60\n" + response);
        Validation.AddConditions(request.Fields, in head);
        Assert.Equal(Said.Fields("Foo: bar\n" + expected).ToString(), request.Fields.ToString());
    }

    [Theory]
    [InlineData("ETag: \"a\"", "ETag: \"a\"", true)]
    [InlineData("ETag: \"a\"", "ETag: \"b\"", false)]
    [InlineData("ETag: \"a\"", "ETag: W/\"a\"", true)]
    [InlineData("ETag: W/\"a\"", "ETag: W/\"a\"", true)]
    [InlineData("ETag: W/\"a\"", "ETag: \"a\"", false)]
    [InlineData("ETag: W/\"a\"", "ETag: \"b\"", false)]
    [InlineData("ETag: \"a\"", "", true)]
    [InlineData("ETag: \"a\"", "Last-Modified: " + Modified, false)]
    [InlineData("ETag: \"a\"\nLast-Modified: " + Modified, "Last-Modified: " + Modified, true)]
    [InlineData("Last-Modified: " + Modified, "ETag: \"a\"", false)]
    [InlineData("Last-Modified: " + Modified, "Last-Modified: " + Modified, true)]
    [InlineData("Last-Modified: " + Modified, "Last-Modified: " + Said.Now, false)]
    [InlineData("ETag: \"a\"\nLast-Modified: " + Modified, "ETag: \"a\"\nLast-Modified: " + Said.Now, true)]
    public void Section_4_3_4_a_304_is_about_what_it_names(string stored, string notModified, bool expected)
    {
        StoredHead head = Said.Stored("Cache-Control: max-age=60\n" + stored);
        Assert.Equal(expected, Validation.Confirms(in head, Said.Response(notModified, 304)));
    }

    [Theory]
    [InlineData("", null, true)]
    [InlineData("", 100L, true)]
    [InlineData("", 101L, false)]
    [InlineData("ETag: \"a\"", null, true)]
    [InlineData("ETag: W/\"a\"", null, false)]
    [InlineData("ETag: \"b\"", null, false)]
    [InlineData("Last-Modified: " + Modified, null, true)]
    [InlineData("Last-Modified: " + Said.Now, null, false)]
    public void Section_4_3_5_an_answer_to_HEAD_is_about_the_stored_one_that_it_does_not_contradict(string answer, long? length, bool expected)
    {
        StoredHead head = Said.Stored($"Cache-Control: max-age=60\nETag: \"a\"\nLast-Modified: {Modified}");
        ProxyResponse response = Said.Response(answer);
        response.ContentLength = length;
        Assert.Equal(expected, Validation.ConfirmsByHead(in head, response, 100));
    }

    [Theory]
    [InlineData("A: 1\nB: 1\nB: 2", "B: 3", "A: 1\nB: 3")]
    [InlineData("A: 1\nB: 1", "b: 3\nB: 4\nC: 5", "A: 1\nb: 3\nB: 4\nC: 5")]
    [InlineData("A: 1", "", "A: 1")]
    [InlineData("Date: " + Modified, "", "")]
    [InlineData("Date: " + Modified, "Date: " + Said.Now, "Date: " + Said.Now)]
    [InlineData("Content-Type: a/b", "Content-Type: c/d\nContent-Encoding: br", "Content-Type: c/d\nContent-Encoding: br")]
    [InlineData("A: 1", "Content-Range: bytes 0-0/1", "A: 1")]
    [InlineData("A: 1", "Set-Cookie: a=b", "A: 1")]
    [InlineData("Set-Cookie: a=a\nA: 1", "Set-Cookie: a=b", "A: 1\nSet-Cookie: a=b")]
    [InlineData("A: 1", "Age: 5", "A: 1\nAge: 5")]
    public void Section_3_2_every_field_of_a_confirmation_takes_the_place_of_the_stored_one(string stored, string notModified, string expected)
    {
        StoredHead head = Said.Stored("Cache-Control: max-age=60\nDate: " + Said.Now + "\nETag: \"a\"\n" + stored, 203);
        ProxyResponse merged = new();
        FieldUpdate.Merge(in head, Said.Response(notModified, 304), merged);
        Assert.Equal(203, merged.StatusCode);
        Assert.Equal(Said.Fields("Cache-Control: max-age=60\nETag: \"a\"\n" + expected).ToString(), merged.Fields.ToString());
    }

    [Fact]
    public void Section_4_3_4_a_confirmed_response_is_fresh_again()
    {
        StoredHead head = Said.Stored("Cache-Control: max-age=60\nETag: \"a\"\nAge: 30");
        long later = Said.NowMs + 100_000;
        ProxyResponse merged = new();
        FieldUpdate.Merge(in head, Said.Response("Cache-Control: max-age=20", 304), merged);
        StoreDecision decision = StoreRules.DecideUpdate(merged, new CacheOptions(), later, later);

        KeyBuffer bytes = default;
        StoredHeadWriter.Write(ref bytes, in decision, merged, new CacheOptions());
        Assert.True(StoredHead.TryRead(bytes.Memory, out StoredHead updated));
        Assert.Equal(200, updated.StatusCode);
        Assert.Equal(20, updated.FreshSeconds(later));
        Assert.Equal(later / 1000, updated.DateSeconds);
        Assert.Equal("\"a\"", Said.Text(updated.ETag));
    }
}

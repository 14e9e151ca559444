using System;
using GoAround.Core.Http;
using Xunit;

namespace GoAround.Core.Tests.Http;

public class FieldNamesTests
{
    [Theory]
    [InlineData("Connection")]
    [InlineData("Content-Length")]
    [InlineData("Date")]
    [InlineData("Expect")]
    [InlineData("Forwarded")]
    [InlineData("Host")]
    [InlineData("Keep-Alive")]
    [InlineData("Proxy-Authenticate")]
    [InlineData("Proxy-Authorization")]
    [InlineData("Proxy-Connection")]
    [InlineData("TE")]
    [InlineData("TraceParent")]
    [InlineData("Trailer")]
    [InlineData("Transfer-Encoding")]
    [InlineData("Upgrade")]
    [InlineData("Via")]
    [InlineData("X-Forwarded-For")]
    [InlineData("X-Forwarded-Host")]
    [InlineData("X-Forwarded-Proto")]
    public void A_known_name_is_recognised_in_any_case(string name)
    {
        KnownField expected = Enum.Parse<KnownField>(name.Replace("-", "", StringComparison.Ordinal), ignoreCase: true);
        Assert.Equal(expected, FieldNames.Recognise(Feed.Bytes(name)));
        Assert.Equal(expected, FieldNames.Recognise(Feed.Bytes(name.ToUpperInvariant())));
        Assert.Equal(expected, FieldNames.Recognise(Feed.Bytes(name.ToLowerInvariant())));
        byte[] other = Feed.Bytes(name);
        for (int i = 0; i < other.Length; i++)
        {
            other[i] ^= 1;
            Assert.Equal(KnownField.Other, FieldNames.Recognise(other));
            other[i] ^= 1;
        }
    }

    [Fact]
    public void Every_other_name_is_other()
    {
        Assert.Equal(KnownField.Other, FieldNames.Recognise(default));
        Assert.Equal(KnownField.Other, FieldNames.Recognise(new byte[70000]));
        Assert.Equal(KnownField.Other, FieldNames.Recognise("Accept"u8));
        Assert.Equal(KnownField.Other, FieldNames.Recognise("Content_Length"u8));
    }
}

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
            Assert.Equal(name.StartsWith("X-Forwarded-", StringComparison.Ordinal) && i >= 12 ? KnownField.XForwardedOther : KnownField.Other, FieldNames.Recognise(other));
            other[i] ^= 1;
        }
    }

    [Theory]
    [InlineData("X-Forwarded-", KnownField.XForwardedOther)]
    [InlineData("x-forwarded-Port", KnownField.XForwardedOther)]
    [InlineData("X-FORWARDED-Prefix", KnownField.XForwardedOther)]
    [InlineData("X-Forwarded-Fox", KnownField.XForwardedOther)]
    [InlineData("X_Forwarded_For", KnownField.XForwardedUnderscored)]
    [InlineData("x-forwarded_host", KnownField.XForwardedUnderscored)]
    [InlineData("X-Forwarded-My_Proto", KnownField.XForwardedUnderscored)]
    [InlineData("X-Forwarded", KnownField.Other)]
    [InlineData("X-Forwarder-For", KnownField.Other)]
    [InlineData("X-ForwardedFor", KnownField.Other)]
    [InlineData("X-Requested-With", KnownField.Other)]
    public void Names_that_begin_with_x_forwarded_are_told_apart(string name, object expected)
    {
        Assert.Equal(expected, FieldNames.Recognise(Feed.Bytes(name)));
        Assert.Equal(expected, FieldNames.Recognise(Feed.Bytes(name.ToUpperInvariant())));
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

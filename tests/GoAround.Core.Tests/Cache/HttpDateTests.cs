using System;
using GoAround.Core.Cache;
using Xunit;

namespace GoAround.Core.Tests.Cache;

/// <summary>RFC 9110 §5.6.7, RFC 9111 §4.2.</summary>
public class HttpDateTests
{
    private const long Example = 784111777; // Sun, 06 Nov 1994 08:49:37 GMT

    [Theory]
    [InlineData("Sun, 06 Nov 1994 08:49:37 GMT", Example)]
    [InlineData("Sunday, 06-Nov-94 08:49:37 GMT", Example)]
    [InlineData("Sun Nov  6 08:49:37 1994", Example)]
    [InlineData("Wed Nov 16 08:49:37 1994", Example + (10 * 86400))]
    [InlineData("sun, 06 nov 1994 08:49:37 gmt", Example)]
    [InlineData("SUNDAY, 06-NOV-94 08:49:37 GMT", Example)]
    [InlineData("Thu, 01 Jan 1970 00:00:00 GMT", 0)]
    [InlineData("Fri, 31 Dec 9999 23:59:59 GMT", 253402300799)]
    [InlineData("Thu, 29 Feb 2024 00:00:00 GMT", 1709164800)]
    [InlineData("Sat, 31 Dec 2016 23:59:60 GMT", 1483228800)]
    public void The_three_forms_are_read_in_any_case(string text, long expected)
    {
        Assert.True(HttpDate.TryParse(Said.Bytes(text), Said.NowMs, out long seconds));
        Assert.Equal(expected, seconds);
    }

    [Theory]
    [InlineData("Monday, 01-Jan-74 00:00:00 GMT", 2074)]
    [InlineData("Monday, 01-Jan-75 00:00:00 GMT", 2075)]
    [InlineData("Monday, 01-Jan-76 00:00:00 GMT", 1976)]
    [InlineData("Monday, 01-Jan-00 00:00:00 GMT", 2000)]
    public void A_year_of_two_digits_is_at_most_fifty_years_ahead(string text, int year)
    {
        Assert.True(HttpDate.TryParse(Said.Bytes(text), Said.NowMs, out long seconds));
        Assert.Equal(year, DateTimeOffset.FromUnixTimeSeconds(seconds).Year);
    }

    [Theory]
    [InlineData("")]
    [InlineData("0")]
    [InlineData("-1")]
    [InlineData("784111777")]
    [InlineData("Sun, 06 Nov 1994 08:49:37")]
    [InlineData("Sun, 06 Nov 1994 08:49:37 UTC")]
    [InlineData("Sun, 06 Nov 1994 08:49:37 +0000")]
    [InlineData("Sun, 06 Nov 1994 08:49:37 GMT ")]
    [InlineData("Sun, 6 Nov 1994 08:49:37 GMT")]
    [InlineData("Sun, 06 Nov 94 08:49:37 GMT")]
    [InlineData("Sun, 06 Nov 1994 8:49:37 GMT")]
    [InlineData("Sun, 06 Nov 1994 08.49.37 GMT")]
    [InlineData("Sun,  06 Nov 1994 08:49:37 GMT")]
    [InlineData("Sun, 06-Nov-1994 08:49:37 GMT")]
    [InlineData("Sun 06 Nov 1994 08:49:37 GMT")]
    [InlineData("Xyz, 06 Nov 1994 08:49:37 GMT")]
    [InlineData("Sun, 06 Xyz 1994 08:49:37 GMT")]
    [InlineData("Sun, 06 unN 1994 08:49:37 GMT")]
    [InlineData("Sun, 00 Nov 1994 08:49:37 GMT")]
    [InlineData("Sun, 31 Nov 1994 08:49:37 GMT")]
    [InlineData("Sun, 06 Nov 0000 08:49:37 GMT")]
    [InlineData("Sun, 06 Nov 1994 24:00:00 GMT")]
    [InlineData("Sun, 06 Nov 1994 08:60:37 GMT")]
    [InlineData("Sun, 06 Nov 1994 08:49:61 GMT")]
    [InlineData("Sun, 06-Nov-94 08:49:37 GMT")]
    [InlineData("Sunday, 06-Nov-1994 08:49:37 GMT")]
    [InlineData("Sunday, 06 Nov 94 08:49:37 GMT")]
    [InlineData("Sunday,")]
    [InlineData("Sun Nov 06 08:49:37 94")]
    [InlineData("Sun Nov 006 08:49:37 194")]
    [InlineData("Sun Nov   08:49:37 1994xx")]
    public void Anything_else_is_no_date(string text) => Assert.False(HttpDate.TryParse(Said.Bytes(text), Said.NowMs, out _));

    [Fact]
    public void What_is_written_is_an_IMF_fixdate()
    {
        byte[] text = new byte[HttpDate.LengthBytes];
        HttpDate.Write(text, Example);
        Assert.Equal("Sun, 06 Nov 1994 08:49:37 GMT", Said.Text(text));
        HttpDate.Write(text, long.MaxValue);
        Assert.Equal("Fri, 31 Dec 9999 23:59:59 GMT", Said.Text(text));
    }
}

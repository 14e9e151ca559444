using System;
using GoAround.Core.Cache;
using Xunit;

namespace GoAround.Core.Tests.Cache;

/// <summary>RFC 9111 §2, RFC 9110 §4.2.3.</summary>
public class CacheKeyTests
{
    [Theory]
    [InlineData("example.com", "http", "/a?b=c", "http://example.com/a?b=c")]
    [InlineData("EXAMPLE.com", "http", "/A%2Fb/../C", "http://example.com/A%2Fb/../C!EXAMPLE.com")]
    [InlineData("example.com:80", "http", "/", "http://example.com/!example.com:80")]
    [InlineData("example.com:", "http", "/", "http://example.com/!example.com:")]
    [InlineData("example.com:0080", "http", "/", "http://example.com/!example.com:0080")]
    [InlineData("example.com:443", "http", "/", "http://example.com:443/")]
    [InlineData("example.com:443", "https", "/", "https://example.com/!example.com:443")]
    [InlineData("example.com:80", "https", "/", "https://example.com:80/")]
    [InlineData("example.com:8080", "http", "/", "http://example.com:8080/")]
    [InlineData("[::1]", "http", "/", "http://[::1]/")]
    [InlineData("[FE80::1]:80", "http", "/", "http://[fe80::1]/![FE80::1]:80")]
    [InlineData("[::1]:81", "http", "/", "http://[::1]:81/")]
    [InlineData("", "http", "/", "http:///")]
    public void The_key_is_the_URL_with_the_host_in_one_form_and_behind_it_any_other_form(string authority, string scheme, string target, string expected)
    {
        ProxyRequest request = Said.Request(authority: authority, target: target);
        request.Scheme = scheme;
        Assert.Equal(expected, KeyOf(request));
    }

    [Theory]
    [InlineData("X-Forwarded-Proto: http\nX-Forwarded-Host: example.com", "http://example.com/a")]
    [InlineData("X-Forwarded-Proto: https", "https://example.com/a")]
    [InlineData("X-Forwarded-Proto: HTTPS", "https://example.com/a!example.com!X-Forwarded-Proto:HTTPS")]
    [InlineData("X-Forwarded-Proto: http\nX-Forwarded-Proto: https", "https://example.com/a!example.com!X-Forwarded-Proto:http!X-Forwarded-Proto:https")]
    [InlineData("X-Forwarded-Proto: https\nX-Forwarded-Proto: https", "https://example.com/a!example.com!X-Forwarded-Proto:https!X-Forwarded-Proto:https")]
    [InlineData("X-Forwarded-Host: example.com\nX-Forwarded-Host: example.com", "http://example.com/a!example.com!X-Forwarded-Host:example.com!X-Forwarded-Host:example.com")]
    [InlineData("X-Forwarded-Host: example.com\nX-Forwarded-Host: b.com", "http://example.com/a!example.com!X-Forwarded-Host:example.com!X-Forwarded-Host:b.com")]
    [InlineData("X-Forwarded-Host: Other.com", "http://other.com/a!example.com!X-Forwarded-Host:Other.com")]
    [InlineData("X-Forwarded-Proto: ftp", "http://example.com/a!example.com!X-Forwarded-Proto:ftp")]
    [InlineData("X-Forwarded-Host: a, b", "http://example.com/a!example.com!X-Forwarded-Host:a, b")]
    [InlineData("X-Forwarded-Prefix: /p", "http://example.com/a!example.com!X-Forwarded-Prefix:/p")]
    [InlineData("X-Forwarded-For: 1.2.3.4", "http://example.com/a")]
    [InlineData("Forwarded: for=1.2.3.4;by=_x", "http://example.com/a")]
    [InlineData("Forwarded: for=\"[::1]:80\";host=example.com;proto=http, for=_hidden", "http://example.com/a")]
    [InlineData("Forwarded: proto=HTTP", "http://example.com/a!example.com!Forwarded:proto=HTTP;")]
    [InlineData("Forwarded: Host=\"example.com\" ; for=unknown", "http://example.com/a")]
    [InlineData("Forwarded: for=1.2.3.4; Host=evil.example;proto=http", "http://example.com/a!example.com!Forwarded:Host=evil.example;proto=http;")]
    [InlineData("Forwarded: for=1.2.3.4, proto=https", "http://example.com/a!example.com!Forwarded:,proto=https;")]
    [InlineData("Forwarded: host=\"evil:81\"", "http://example.com/a!example.com!Forwarded:host=\"evil:81\";")]
    [InlineData("Forwarded: secret=1;for=a", "http://example.com/a!example.com!Forwarded:secret=1;")]
    [InlineData("Forwarded: for=\"x;host=evil\"", "http://example.com/a!example.com!Forwarded:for=\"x;host=evil\";")]
    [InlineData("Forwarded: for=\"x, host=evil", "http://example.com/a!example.com!Forwarded:for=\"x, host=evil;")]
    [InlineData("Forwarded: for=\"\\\", host=evil", "http://example.com/a!example.com!Forwarded:for=\"\\\", host=evil;")]
    [InlineData("Forwarded: for=1.2.3.4\nForwarded: host=evil", "http://example.com/a!example.com!Forwarded:!Forwarded:host=evil;")]
    [InlineData("X-Forwarded-Host: shop.com\nForwarded: host=shop.com", "http://shop.com/a!example.com!X-Forwarded-Host:shop.com!Forwarded:host=shop.com;")]
    [InlineData("Forwarded: host=shop.com\nX-Forwarded-Host: shop.com", "http://shop.com/a!example.com!Forwarded:host=shop.com;!X-Forwarded-Host:shop.com")]
    [InlineData("X-Forwarded-Prefix: /p\nX-Forwarded-Host: shop.com", "http://shop.com/a!example.com!X-Forwarded-Prefix:/p!X-Forwarded-Host:shop.com")]
    [InlineData("X-Forwarded-Host: a.com\nX-Forwarded-Host: b.com", "http://a.com/a!example.com!X-Forwarded-Host:a.com!X-Forwarded-Host:b.com")]
    [InlineData("X-Forwarded-Proto: https\nForwarded: proto=https", "https://example.com/a")]
    [InlineData("Forwarded: proto=https\nX-Forwarded-Proto: https", "https://example.com/a")]
    [InlineData("Forwarded: proto=http\nX-Forwarded-Proto: https", "https://example.com/a!example.com!Forwarded:proto=http;!X-Forwarded-Proto:https")]
    public void What_a_trusted_proxy_says_is_part_of_the_key(string lines, string expected) => Assert.Equal(expected, KeyOf(Said.Request(lines)));

    [Fact]
    public void What_is_behind_the_URL_is_told_from_it()
    {
        byte[] key = "http://example.com/a\u0001example.com"u8.ToArray();
        Assert.Equal("http://example.com/a", Said.Text(key.AsSpan(0, CacheKey.UrlLength(key))));
        Assert.Equal(8, CacheKey.UrlLength("http://a"u8));
        Assert.Equal(9, CacheKey.UrlLength("http://a/\0x"u8));
    }

    [Theory]
    [InlineData("http://Example.COM:80/A?b#c", "http://example.com/A?b")]
    [InlineData("HTTPS://example.com:443", "https://example.com/")]
    [InlineData("http://example.com?b", "http://example.com/?b")]
    [InlineData("http://example.com#b", "http://example.com/")]
    [InlineData("http://[::1]:81/%2F", "http://[::1]:81/%2F")]
    public void A_URL_of_an_operator_is_brought_into_the_same_form(string url, string expected)
    {
        KeyBuffer key = default;
        Assert.True(CacheKey.TryParse(url, ref key));
        Assert.Equal(expected, Said.Text(key.Span));
    }

    [Theory]
    [InlineData("")]
    [InlineData("/a")]
    [InlineData("example.com/a")]
    [InlineData("ftp://example.com/")]
    [InlineData("http:/example.com")]
    [InlineData("http://")]
    [InlineData("http:///a")]
    [InlineData("http://user@example.com/")]
    [InlineData("http://example.com:x/")]
    [InlineData("http://example.com/a b")]
    [InlineData("http://example.com/\u00e4")]
    [InlineData("http://example.com/\u0001")]
    public void What_is_no_http_URL_is_no_key(string url)
    {
        KeyBuffer key = default;
        Assert.False(CacheKey.TryParse(url, ref key));
        Assert.Equal(0, key.Length);
    }

    private static string KeyOf(ProxyRequest request)
    {
        KeyBuffer key = default;
        CacheKey.Append(ref key, request);
        return Said.Text(key.Span);
    }
}

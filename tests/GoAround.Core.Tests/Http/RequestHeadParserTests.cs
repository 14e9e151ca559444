using System;
using System.Collections.Generic;
using System.Linq;
using GoAround.Core.Http;
using GoAround.Core.Tests.Wire;
using Xunit;

namespace GoAround.Core.Tests.Http;

public class RequestHeadParserTests
{
    private const string Browser =
        "GET /assets/app.js?v=12 HTTP/1.1\r\nHost: example.com:8080\r\nConnection: keep-alive\r\nsec-ch-ua-platform: \"Linux\"\r\n"
        + "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0 Safari/537.36\r\n"
        + "Accept: */*\r\nSec-Fetch-Site: same-origin\r\nSec-Fetch-Mode: no-cors\r\nSec-Fetch-Dest: script\r\n"
        + "Referer: http://example.com:8080/index.html\r\nAccept-Encoding: gzip, deflate, br, zstd\r\nAccept-Language: en-US,en;q=0.9\r\n"
        + "Cookie: session=0123456789abcdef0123456789abcdef; theme=dark\r\n\r\n";

    public static TheoryData<string> ValidHeads() =>
    [
        "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
        "\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
        Browser,
        "POST /p HTTP/1.1\r\nHost: a\r\nContent-Length: 12\r\nExpect: 100-continue\r\n\r\nhello world!",
        "POST /p HTTP/1.1\r\nHost:a\r\nTransfer-Encoding:  CHUNKED \t\r\nTE: gzip;q=0.5, trailers\r\n\r\n0\r\n\r\n",
        "GET http://Other.example:81/a?b HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET / HTTP/1.0\r\n\r\n",
        "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, X-Drop\r\nX-Drop: 1\r\nUpgrade: websocket\r\nX-Keep: 2\r\nConnection: x-other\r\nX-Other: 3\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nX-Empty:\r\nX-Latin: \u00e9\u00ff\r\nX-Tab: a\tb\r\n\r\n",
    ];

    [Theory]
    [MemberData(nameof(ValidHeads))]
    public void A_head_is_the_same_however_it_is_split(string text)
    {
        byte[] wire = Feed.Bytes(text);
        string whole = Feed.Describe(wire, Feed.Whole(wire));
        Assert.DoesNotContain("Rejected", whole, StringComparison.Ordinal);
        Assert.DoesNotContain("NeedMore", whole, StringComparison.Ordinal);
        Assert.All(Feed.Splits(wire), ends => Assert.Equal(whole, Feed.Describe(wire, ends)));
    }

    [Theory]
    [InlineData("GET / HTTP/1.1\nHost: a\r\n\r\n", nameof(Rejection.BareLineFeed))]
    [InlineData("GET / HTTP/1.1\r\nHost: a\n\r\n", nameof(Rejection.BareLineFeed))]
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\n\n", nameof(Rejection.BareLineFeed))]
    [InlineData("\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", nameof(Rejection.BareLineFeed))]
    [InlineData("GET / HTTP/1.1\rHost: a\r\n\r\n", nameof(Rejection.BareCarriageReturn))]
    [InlineData("GET / HTTP/1.1\r\nX: a\rb\r\nHost: a\r\n\r\n", nameof(Rejection.BareCarriageReturn))]
    [InlineData("GET / HTTP/1.1\r\r\nHost: a\r\n\r\n", nameof(Rejection.BareCarriageReturn))]
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\n\rX", nameof(Rejection.BareCarriageReturn))]
    [InlineData("\r\n\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", nameof(Rejection.InvalidRequestLine))]
    [InlineData("GET /\r\nHost: a\r\n\r\n", nameof(Rejection.InvalidRequestLine))]
    [InlineData("GET\r\nHost: a\r\n\r\n", nameof(Rejection.InvalidRequestLine))]
    [InlineData("GET HTTP/1.1\r\nHost: a\r\n\r\n", nameof(Rejection.InvalidRequestLine))]
    [InlineData(" GET / HTTP/1.1\r\nHost: a\r\n\r\n", nameof(Rejection.InvalidMethod))]
    [InlineData("G(T / HTTP/1.1\r\nHost: a\r\n\r\n", nameof(Rejection.InvalidMethod))]
    [InlineData("GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n", nameof(Rejection.InvalidMethod))]
    [InlineData("\u0016\u0003\u0001\u0002\u0000\u0001", nameof(Rejection.InvalidMethod))]
    [InlineData("G\u00c9T / HTTP/1.1\r\nHost: a\r\n\r\n", nameof(Rejection.InvalidMethod))]
    [InlineData("GET / HTTP/2.0\r\nHost: a\r\n\r\n", nameof(Rejection.UnsupportedVersion))]
    [InlineData("GET / HTTP/0.9\r\nHost: a\r\n\r\n", nameof(Rejection.UnsupportedVersion))]
    [InlineData("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", nameof(Rejection.UnsupportedVersion))]
    [InlineData("GET / HTTP/1.\r\nHost: a\r\n\r\n", nameof(Rejection.InvalidVersion))]
    [InlineData("GET / HTTP/1.10\r\nHost: a\r\n\r\n", nameof(Rejection.InvalidVersion))]
    [InlineData("GET / HTTP/01.1\r\nHost: a\r\n\r\n", nameof(Rejection.InvalidVersion))]
    [InlineData("GET / http/1.1\r\nHost: a\r\n\r\n", nameof(Rejection.InvalidVersion))]
    [InlineData("GET / HTTP/1,1\r\nHost: a\r\n\r\n", nameof(Rejection.InvalidVersion))]
    [InlineData("GET / HTTP/1.1 \r\nHost: a\r\n\r\n", nameof(Rejection.InvalidVersion))]
    [InlineData("GET / XTTP/1.1\r\nHost: a\r\n\r\n", nameof(Rejection.InvalidVersion))]
    [InlineData("GET  / HTTP/1.1\r\nHost: a\r\n\r\n", nameof(Rejection.InvalidTarget))]
    [InlineData("GET /  HTTP/1.1\r\nHost: a\r\n\r\n", nameof(Rejection.InvalidTarget))]
    [InlineData("GET  HTTP/1.1\r\nHost: a\r\n\r\n", nameof(Rejection.InvalidTarget))]
    [InlineData("GET /a b HTTP/1.1\r\nHost: a\r\n\r\n", nameof(Rejection.InvalidTarget))]
    [InlineData("GET /a\tb HTTP/1.1\r\nHost: a\r\n\r\n", nameof(Rejection.InvalidTarget))]
    [InlineData("GET /a\u0000b HTTP/1.1\r\nHost: a\r\n\r\n", nameof(Rejection.InvalidTarget))]
    [InlineData("GET /\u007f HTTP/1.1\r\nHost: a\r\n\r\n", nameof(Rejection.InvalidTarget))]
    [InlineData("GET /\u00e9 HTTP/1.1\r\nHost: a\r\n\r\n", nameof(Rejection.InvalidTarget))]
    [InlineData("GET a HTTP/1.1\r\nHost: a\r\n\r\n", nameof(Rejection.InvalidTarget))]
    [InlineData("GET * HTTP/1.1\r\nHost: a\r\n\r\n", nameof(Rejection.InvalidTarget))]
    [InlineData("GET ftp://a/ HTTP/1.1\r\nHost: a\r\n\r\n", nameof(Rejection.InvalidTarget))]
    [InlineData("GET a:80 HTTP/1.1\r\nHost: a\r\n\r\n", nameof(Rejection.InvalidTarget))]
    [InlineData("GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n", nameof(Rejection.FragmentInTarget))]
    [InlineData("GET http://a/#b HTTP/1.1\r\nHost: a\r\n\r\n", nameof(Rejection.FragmentInTarget))]
    [InlineData("CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n", nameof(Rejection.ConnectNotSupported))]
    [InlineData("CONNECT / HTTP/1.1\r\nHost: a\r\n\r\n", nameof(Rejection.ConnectNotSupported))]
    [InlineData("GET / HTTP/1.1\r\n Host: a\r\n\r\n", nameof(Rejection.ObsFold))]
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\n\tb: c\r\n\r\n", nameof(Rejection.ObsFold))]
    [InlineData("GET / HTTP/1.1\r\nHost : a\r\n\r\n", nameof(Rejection.SpaceBeforeColon))]
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding\t: chunked\r\n\r\n", nameof(Rejection.SpaceBeforeColon))]
    [InlineData("GET / HTTP/1.1\r\n: a\r\n\r\n", nameof(Rejection.InvalidFieldName))]
    [InlineData("GET / HTTP/1.1\r\nHost\r\n\r\n", nameof(Rejection.InvalidFieldName))]
    [InlineData("GET / HTTP/1.1\r\nHo st: a\r\n\r\n", nameof(Rejection.InvalidFieldName))]
    [InlineData("GET / HTTP/1.1\r\nX@: a\r\n\r\n", nameof(Rejection.InvalidFieldName))]
    [InlineData("GET / HTTP/1.1\r\nX\u0000: a\r\n\r\n", nameof(Rejection.InvalidFieldName))]
    [InlineData("GET / HTTP/1.1\r\nX\u00e9: a\r\n\r\n", nameof(Rejection.InvalidFieldName))]
    [InlineData("GET / HTTP/1.1\r\nX: a\u0000b\r\n\r\n", nameof(Rejection.InvalidFieldValue))]
    [InlineData("GET / HTTP/1.1\r\nX: a\u000bb\r\n\r\n", nameof(Rejection.InvalidFieldValue))]
    [InlineData("GET / HTTP/1.1\r\nX: \u007f\r\n\r\n", nameof(Rejection.InvalidFieldValue))]
    [InlineData("GET / HTTP/1.1\r\n\r\n", nameof(Rejection.MissingHost))]
    [InlineData("GET http://a/ HTTP/1.1\r\n\r\n", nameof(Rejection.MissingHost))]
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\nhOST: a\r\n\r\n", nameof(Rejection.DuplicateHost))]
    [InlineData("GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n", nameof(Rejection.DuplicateHost))]
    [InlineData("GET / HTTP/1.1\r\nHost:\r\n\r\n", nameof(Rejection.InvalidHost))]
    [InlineData("GET / HTTP/1.1\r\nHost: a b\r\n\r\n", nameof(Rejection.InvalidHost))]
    [InlineData("GET / HTTP/1.1\r\nHost: u@a\r\n\r\n", nameof(Rejection.InvalidHost))]
    [InlineData("GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", nameof(Rejection.InvalidHost))]
    [InlineData("GET / HTTP/1.1\r\nHost: a:b\r\n\r\n", nameof(Rejection.InvalidHost))]
    [InlineData("GET / HTTP/1.1\r\nHost: a:80:80\r\n\r\n", nameof(Rejection.InvalidHost))]
    [InlineData("GET / HTTP/1.1\r\nHost: a:99999\r\n\r\n", nameof(Rejection.InvalidHost))]
    [InlineData("GET / HTTP/1.1\r\nHost: [::1\r\n\r\n", nameof(Rejection.InvalidHost))]
    [InlineData("GET / HTTP/1.1\r\nHost: [::1]x\r\n\r\n", nameof(Rejection.InvalidHost))]
    [InlineData("GET / HTTP/1.1\r\nHost: a%zz\r\n\r\n", nameof(Rejection.InvalidHost))]
    [InlineData("GET http:/// HTTP/1.1\r\nHost: a\r\n\r\n", nameof(Rejection.InvalidHost))]
    [InlineData("GET http://u:p@a/ HTTP/1.1\r\nHost: a\r\n\r\n", nameof(Rejection.InvalidHost))]
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: +1\r\n\r\n", nameof(Rejection.InvalidContentLength))]
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n", nameof(Rejection.InvalidContentLength))]
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 0x1\r\n\r\n", nameof(Rejection.InvalidContentLength))]
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1 1\r\n\r\n", nameof(Rejection.InvalidContentLength))]
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1,1\r\n\r\n", nameof(Rejection.InvalidContentLength))]
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1.0\r\n\r\n", nameof(Rejection.InvalidContentLength))]
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\nContent-Length:\r\n\r\n", nameof(Rejection.InvalidContentLength))]
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 9223372036854775808\r\n\r\n", nameof(Rejection.InvalidContentLength))]
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999\r\n\r\n", nameof(Rejection.InvalidContentLength))]
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: \u00b2\r\n\r\n", nameof(Rejection.InvalidContentLength))]
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n", nameof(Rejection.ConflictingContentLength))]
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", nameof(Rejection.ConflictingContentLength))]
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", nameof(Rejection.LengthAndTransferEncoding))]
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n", nameof(Rejection.LengthAndTransferEncoding))]
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\nConnection: content-length\r\nTransfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n", nameof(Rejection.LengthAndTransferEncoding))]
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n", nameof(Rejection.UnknownTransferCoding))]
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", nameof(Rejection.UnknownTransferCoding))]
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: identity\r\n\r\n", nameof(Rejection.UnknownTransferCoding))]
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n", nameof(Rejection.UnknownTransferCoding))]
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, gzip\r\n\r\n", nameof(Rejection.ChunkedNotLast))]
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, chunked\r\n\r\n", nameof(Rejection.ChunkedNotLast))]
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n", nameof(Rejection.ChunkedNotLast))]
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding:\r\n\r\n", nameof(Rejection.InvalidTransferEncoding))]
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked;q=1\r\n\r\n", nameof(Rejection.InvalidTransferEncoding))]
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: \"chunked\"\r\n\r\n", nameof(Rejection.InvalidTransferEncoding))]
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked,\r\n\r\n", nameof(Rejection.InvalidTransferEncoding))]
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: , chunked\r\n\r\n", nameof(Rejection.InvalidTransferEncoding))]
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked x\r\n\r\n", nameof(Rejection.InvalidTransferEncoding))]
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: \u000bchunked\r\n\r\n", nameof(Rejection.InvalidFieldValue))]
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: ch\u212aunked\r\n\r\n", nameof(Rejection.InvalidTransferEncoding))]
    [InlineData("POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n", nameof(Rejection.TransferEncodingInHttp10))]
    public void A_malformed_head_is_refused_however_it_is_split(string text, string expected)
    {
        byte[] wire = Feed.Bytes(text);
        string rejected = $"Rejected {expected}";
        Assert.Equal(rejected, Feed.Describe(wire, Feed.Whole(wire)));
        Assert.All(Feed.Splits(wire), ends => Assert.Equal(rejected, Feed.Describe(wire, ends)));
    }

    [Fact]
    public void A_browser_head_is_read_in_full()
    {
        byte[] wire = Feed.Bytes(Browser + "left over");
        RequestHead head = new();
        Assert.Equal(ParseStatus.Complete, Feed.Request(wire, Feed.Whole(wire), head, out _));
        Assert.True(head.Method.IsGet);
        Assert.Equal("/assets/app.js?v=12", Feed.Text(head.Target.Span));
        Assert.Equal("example.com:8080", Feed.Text(head.Authority.Span));
        Assert.Equal(Browser.Length, head.Length);
        Assert.True(head.KeepAlive);
        Assert.Equal(BodyFraming.None, head.Framing);
        Assert.Equal(10, head.Fields.Count);
        Assert.Equal("*/*", head.Fields["accept"]);
        Assert.False(head.Fields.Contains("Connection"u8));
        head.Reset();
        Assert.Equal(0, head.Fields.Count + head.Length + head.Target.Length + head.Authority.Length);
    }

    [Theory]
    [InlineData("GET http://h HTTP/1.1", "/", "h")]
    [InlineData("GET HTTP://h:8080/p?q HTTP/1.1", "/p?q", "h:8080")]
    [InlineData("GET https://[::1]:8080?q=/x HTTP/1.1", "/?q=/x", "[::1]:8080")]
    [InlineData("OPTIONS http://h HTTP/1.1", "*", "h")]
    [InlineData("OPTIONS http://h/ HTTP/1.1", "/", "h")]
    [InlineData("OPTIONS * HTTP/1.1", "*", "a")]
    [InlineData("GET //a/../%2e%2E/b%00?x=%zz\\ HTTP/1.1", "//a/../%2e%2E/b%00?x=%zz\\", "a")]
    [InlineData("GET /?http://x HTTP/1.1", "/?http://x", "a")]
    public void A_target_is_passed_on_in_origin_form_and_untouched(string line, string target, string authority)
    {
        byte[] wire = Feed.Bytes(line + "\r\nHost: a\r\n\r\n");
        RequestHead head = new();
        Assert.Equal(ParseStatus.Complete, Feed.Request(wire, Feed.Whole(wire), head, out _));
        Assert.Equal(target, Feed.Text(head.Target.Span));
        Assert.Equal(authority, Feed.Text(head.Authority.Span));
        Assert.True(head.HasAuthority);
    }

    [Theory]
    [InlineData("HTTP/1.1", "", true)]
    [InlineData("HTTP/1.1", "Connection: CLOSE\r\n", false)]
    [InlineData("HTTP/1.1", "Connection: keep-alive, close\r\n", false)]
    [InlineData("HTTP/1.1", "Connection: x\r\nConnection: y , close\r\n", false)]
    [InlineData("HTTP/1.0", "", false)]
    [InlineData("HTTP/1.0", "Connection: Keep-Alive\r\n", true)]
    [InlineData("HTTP/1.0", "Proxy-Connection: keep-alive\r\n", false)]
    [InlineData("HTTP/1.2", "", true)]
    public void Connection_and_version_decide_whether_it_persists(string version, string fields, bool keepAlive)
    {
        byte[] wire = Feed.Bytes($"GET / {version}\r\nHost: a\r\n{fields}\r\n");
        RequestHead head = new();
        Assert.Equal(ParseStatus.Complete, Feed.Request(wire, Feed.Whole(wire), head, out _));
        Assert.Equal(keepAlive, head.KeepAlive);
        Assert.Equal(0, head.Fields.Count);
    }

    [Fact]
    public void Fields_for_this_connection_and_those_that_Connection_names_are_taken_out()
    {
        byte[] wire = Feed.Bytes(
            "GET / HTTP/1.1\r\nX-Before: 1\r\nHost: a\r\nKeep-Alive: 5\r\nConnection: X-Before, x-after,, te\r\nTE: trailers\r\nProxy-Connection: x\r\n"
            + "Connection: X-Third\r\nX-After: 2\r\nx-after: 3\r\nX-Third: 4\r\nX-Stays: 5\r\nTrailer: X\r\nProxy-Authorization: b\r\nUpgrade: x\r\n\r\n");
        RequestHead head = new();
        Assert.Equal(ParseStatus.Complete, Feed.Request(wire, Feed.Whole(wire), head, out _));
        Assert.Equal("X-Stays: 5\r\nTrailer: X\r\nProxy-Authorization: b\r\n", head.Fields.ToString());
        Assert.True(head.AcceptsTrailers);
        Assert.True(head.UpgradeProtocol.IsEmpty);
    }

    [Fact]
    public void Connection_cannot_remove_what_every_recipient_needs()
    {
        const string Essentials =
            "X-Forwarded-For: 1\r\nX-Forwarded-Anything: 1\r\nForwarded: for=x\r\nVia: 1.1 a\r\nX-Real-IP: 1\r\nAuthorization: x\r\nCookie: a=b\r\n"
            + "Cache-Control: no-store\r\nMax-Forwards: 1\r\nContent-Type: text/plain\r\nContent-Encoding: gzip\r\nRange: bytes=0-1\r\nExpect: x\r\nDate: x\r\n";
        byte[] wire = Feed.Bytes(
            "GET / HTTP/1.1\r\nHost: a\r\nConnection: close, host, content-length, x-forwarded-for, x-forwarded-anything, forwarded, via, x-real-ip, authorization, "
            + $"cookie, cache-control, max-forwards, content-type, content-encoding, range, expect, date\r\nContent-Length: 3\r\n{Essentials}\r\n");
        RequestHead head = new();
        Assert.Equal(ParseStatus.Complete, Feed.Request(wire, Feed.Whole(wire), head, out _));
        Assert.Equal(Essentials, head.Fields.ToString());
        Assert.Equal(3, head.ContentLength);
        Assert.Equal("a", Feed.Text(head.Authority.Span));
    }

    [Fact]
    public void Too_many_connection_options_are_refused()
    {
        byte[] wire = Feed.Bytes($"GET / HTTP/1.1\r\nHost: a\r\nConnection: {string.Join(',', Enumerable.Repeat("a", 65))}\r\n\r\n");
        Assert.Equal("Rejected TooManyConnectionOptions", Feed.Describe(wire, Feed.Whole(wire)));
    }

    [Theory]
    [InlineData("HTTP/1.1", "Upgrade: websocket\r\nConnection: Upgrade\r\n", "websocket")]
    [InlineData("HTTP/1.1", "Connection: keep-alive, upgrade\r\nUpgrade: a/1, b\r\n", "a/1, b")]
    [InlineData("HTTP/1.1", "Upgrade: websocket\r\n", "")]
    [InlineData("HTTP/1.0", "Upgrade: websocket\r\nConnection: Upgrade\r\n", "")]
    [InlineData("HTTP/1.1", "Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: x\r\n", "")]
    [InlineData("HTTP/1.1", "Upgrade: we b so\"cket\r\nConnection: Upgrade\r\n", "")]
    [InlineData("HTTP/1.1", "Upgrade: foo/\r\nConnection: Upgrade\r\n", "")]
    [InlineData("HTTP/1.1", "Upgrade: websocket, H2C\r\nConnection: Upgrade\r\n", "")]
    public void An_upgrade_is_offered_only_where_Connection_says_so(string version, string fields, string expected)
    {
        byte[] wire = Feed.Bytes($"GET / {version}\r\nHost: a\r\n{fields}\r\n");
        RequestHead head = new();
        Assert.Equal(ParseStatus.Complete, Feed.Request(wire, Feed.Whole(wire), head, out _));
        Assert.Equal(expected, Feed.Text(head.UpgradeProtocol.Span));
        Assert.Equal(0, head.Fields.Count);
    }

    [Theory]
    [InlineData("HTTP/1.1", "100-Continue", 5, true, 1)]
    [InlineData("HTTP/1.1", "100-continue", 0, false, 1)]
    [InlineData("HTTP/1.1", "something , 100-continue", 5, true, 1)]
    [InlineData("HTTP/1.0", "100-continue,100-continue", 5, false, 0)]
    [InlineData("HTTP/1.0", "100-continue", 5, false, 0)]
    [InlineData("HTTP/1.1", "something", 5, false, 1)]
    public void Expect_is_understood_and_passed_on(string version, string value, int length, bool expects, int fields)
    {
        byte[] wire = Feed.Bytes($"POST / {version}\r\nHost: a\r\nExpect: {value}\r\nContent-Length: {length}\r\n\r\n");
        RequestHead head = new();
        Assert.Equal(ParseStatus.Complete, Feed.Request(wire, Feed.Whole(wire), head, out _));
        Assert.Equal(expects, head.ExpectsContinue);
        Assert.Equal(fields, head.Fields.Count);
        Assert.Equal(BodyFraming.Length, head.Framing);
    }

    [Fact]
    public void A_request_line_is_refused_at_the_first_byte_over_its_limit()
    {
        HeadLimits limits = new(64, 1024, 10);
        string line = "GET /" + new string('a', 50) + " HTTP/1.1";
        Assert.Equal(64, line.Length);
        byte[] fits = Feed.Bytes(line + "\r\nHost: a\r\n\r\n");
        Assert.All(Feed.Splits(fits), ends => Assert.StartsWith("GET /aaa", Feed.Describe(fits, ends, limits), StringComparison.Ordinal));
        byte[] partial = Feed.Bytes("GET /" + new string('a', 60));
        Assert.All(Feed.Splits(partial), ends => Assert.Equal("Rejected RequestLineTooLong", Feed.Describe(partial, ends, limits)));
        byte[] whole = Feed.Bytes("GET /a" + line[5..] + "\r\nHost: a\r\n\r\n");
        Assert.All(Feed.Splits(whole), ends => Assert.Equal("Rejected RequestLineTooLong", Feed.Describe(whole, ends, limits)));
    }

    [Fact]
    public void A_head_is_refused_at_the_first_byte_over_its_limit()
    {
        byte[] wire = Feed.Bytes("GET / HTTP/1.1\r\nHost: a\r\nX: " + new string('b', 40) + "\r\n\r\n");
        HeadLimits exact = new(64, wire.Length, 10);
        Assert.All(Feed.Splits(wire), ends => Assert.StartsWith("GET / ", Feed.Describe(wire, ends, exact), StringComparison.Ordinal));
        for (int size = 1; size < wire.Length; size++)
        {
            HeadLimits small = new(8192, size, 10);
            byte[] filled = wire[..size];
            Assert.All(Feed.Splits(wire), ends => Assert.Equal("Rejected HeadTooLarge", Feed.Describe(wire, ends, small)));
            Assert.Equal("Rejected HeadTooLarge", Feed.Describe(filled, Feed.ByteByByte(filled), small));
        }
    }

    [Fact]
    public void Fields_over_the_limit_are_refused_and_those_taken_out_count()
    {
        byte[] wire = Feed.Bytes("GET / HTTP/1.1\r\nHost: a\r\nA: 1\r\nConnection: close\r\n\r\n");
        Assert.StartsWith("GET / ", Feed.Describe(wire, Feed.Whole(wire), new HeadLimits(100, 1000, 3)), StringComparison.Ordinal);
        Assert.Equal("Rejected TooManyFields", Feed.Describe(wire, Feed.Whole(wire), new HeadLimits(100, 1000, 2)));
    }

    [Fact]
    public void A_name_longer_than_a_line_can_hold_is_refused()
    {
        byte[] wire = Feed.Bytes("GET / HTTP/1.1\r\nHost: a\r\n" + new string('n', 65536) + ": a\r\n\r\n");
        Assert.Equal("Rejected HeadTooLarge", Feed.Describe(wire, Feed.Whole(wire), new HeadLimits(100, 1 << 20, 10)));
    }

    [Fact]
    public void A_head_has_started_with_the_first_byte_of_its_line()
    {
        RequestHeadParser parser = default;
        RequestHead head = new();
        byte[] wire = Feed.Bytes("\r\nG");
        List<bool> started = [];
        for (int end = 0; end <= wire.Length; end++)
        {
            parser.Parse(wire.AsSpan(0, end), head, Feed.Limits);
            started.Add(parser.HasStarted);
        }

        Assert.Equal([false, false, false, true], started);
    }

    [Fact]
    public void Pipelined_heads_are_parsed_one_after_another()
    {
        byte[] wire = Feed.Bytes("GET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\nHost: b\r\n\r\n");
        RequestHead head = new();
        Feed.Request(wire, Feed.Whole(wire), head, out _);
        Assert.Equal("/1", Feed.Text(head.Target.Span));
        byte[] rest = wire[head.Length..];
        Feed.Request(rest, Feed.Whole(rest), head, out _);
        Assert.Equal("/2", Feed.Text(head.Target.Span));
        Assert.Equal("b", Feed.Text(head.Authority.Span));
    }

    [Fact]
    public void A_typical_head_is_parsed_and_written_without_allocating()
    {
        byte[] wire = Feed.Bytes(Browser);
        byte[] room = new byte[2048];
        RequestHead head = new();
        for (int i = 0; i < 10; i++)
        {
            ParseAndWrite(wire, head, room);
        }

        Assert.Equal(0, Allocated.Least(() =>
        {
            for (int i = 0; i < 100; i++)
            {
                ParseAndWrite(wire, head, room);
            }
        }));
    }

    private static void ParseAndWrite(byte[] wire, RequestHead head, byte[] room)
    {
        RequestHeadParser parser = default;
        head.Reset();
        HeadLimits limits = Feed.Limits;
        parser.Parse(wire, head, in limits);
        head.Bind(wire);
        HeadWriter writer = new(room);
        writer.RequestLine(head.Method.Token, default, head.Target.Span);
        writer.Field("Host"u8, head.Authority.Span);
        writer.Fields(head.Fields);
        writer.Field("Content-Length"u8, 12);
        writer.End();
        writer.StatusLine(404, default);
        writer.StatusLine(200, "Fine"u8);
    }
}

using System;
using System.Text;
using GoAround.Core.Http;
using Xunit;

namespace GoAround.Core.Tests;

public sealed class ProxyRequestTests
{
    [Theory]
    [InlineData("/a b")]
    [InlineData("/a\r\nX: y")]
    [InlineData("/a\t")]
    [InlineData("/\x7f")]
    public void Target_or_host_that_would_end_its_line_is_refused(string text)
    {
        byte[] bytes = Encoding.Latin1.GetBytes(text);
        ProxyRequest request = new();
        Assert.Throws<ArgumentException>(() => request.Target = bytes);
        Assert.Throws<ArgumentException>(() => request.Authority = bytes);
        Assert.Throws<ArgumentException>(() => new ProxyRequest("GET", text));
        Assert.Equal(("/", 0), (Encoding.Latin1.GetString(request.Target.Span), request.Authority.Length));
    }

    [Theory]
    [InlineData("/\u00e4")]
    [InlineData("/\u4e16?q=\u754c")]
    [InlineData("/\ud83d\ude00")]
    public void Text_that_is_not_percent_encoded_is_no_target(string text) => Assert.Throws<ArgumentException>("target", () => new ProxyRequest("GET", text));

    [Theory]
    [InlineData("/a\u00fc|^?b=%20#")]
    [InlineData("*")]
    [InlineData("")]
    public void Target_that_stays_on_its_line_is_taken_as_it_is(string text)
    {
        byte[] bytes = Encoding.Latin1.GetBytes(text);
        Assert.Equal(bytes, new ProxyRequest { Target = bytes }.Target.ToArray());
    }

    [Fact]
    public void Upgrade_with_a_line_of_its_own_is_refused()
    {
        ProxyRequest request = new() { UpgradeProtocol = "websocket, echo/1"u8.ToArray() };
        Assert.Throws<ArgumentException>(() => request.UpgradeProtocol = "x\r\nTransfer-Encoding: chunked"u8.ToArray());
        Assert.Equal("websocket, echo/1"u8.ToArray(), request.UpgradeProtocol.ToArray());
    }

    [Theory]
    [InlineData("")]
    [InlineData("G T")]
    [InlineData("GET\r\n")]
    [InlineData("G\u00cbT")]
    public void Method_that_is_no_token_is_refused(string text)
    {
        Assert.Throws<ArgumentException>(() => RequestMethod.From(text));
        Assert.Throws<ArgumentException>(() => new RequestMethod(Encoding.Latin1.GetBytes(text)));
        Assert.Throws<ArgumentException>(() => new ProxyRequest(text, "/"));
    }
}

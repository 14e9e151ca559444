using System;
using System.Net;
using GoAround.Core.Server;
using Xunit;

namespace GoAround.Core.Tests.Server;

public sealed class TrustedProxiesTests
{
    [Theory]
    [InlineData("10.0.0.0/8", "10.255.0.1", true)]
    [InlineData("10.0.0.0/8", "::ffff:10.1.2.3", true)]
    [InlineData("10.0.0.0/8", "11.0.0.1", false)]
    [InlineData("10.0.0.1", "10.0.0.1", true)]
    [InlineData("10.0.0.1", "10.0.0.2", false)]
    [InlineData("::ffff:10.0.0.1", "10.0.0.1", true)]
    [InlineData("::ffff:10.0.0.0/104", "10.9.9.9", true)]
    [InlineData("::ffff:10.0.0.0/104", "11.9.9.9", false)]
    [InlineData("2001:db8::/32", "2001:db8:1::1", true)]
    [InlineData("2001:db8::/32", "2001:db9::1", false)]
    [InlineData("2001:db8::1", "2001:db8::1", true)]
    [InlineData("fe80::/10", "fe80::1%3", true)]
    [InlineData("0.0.0.0/0", "8.8.8.8", true)]
    [InlineData("0.0.0.0/0", "2001:db8::1", false)]
    [InlineData("::/0", "8.8.8.8", false)]
    public void Client_is_trusted_where_a_network_holds_it(string network, string client, bool expected) =>
        Assert.Equal(expected, new TrustedProxies(["192.168.7.7", network]).Contains(IPAddress.Parse(client)));

    [Fact]
    public void Nobody_is_trusted_by_default_and_an_unknown_client_never()
    {
        Assert.False(new TrustedProxies([]).Contains(IPAddress.Loopback));
        Assert.False(new TrustedProxies(["0.0.0.0/0", "::/0"]).Contains(null));
    }

    [Fact]
    public void What_is_no_network_is_an_error() => Assert.Throws<FormatException>(() => new TrustedProxies(["ten"]));
}

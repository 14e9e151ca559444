using System.Net;
using GoAround.Core.Server;
using Xunit;

namespace GoAround.Core.Tests.Server;

public sealed class ClientAddressesTests
{
    [Theory]
    [InlineData("10.0.0.1", "10.0.0.1", true)]
    [InlineData("10.0.0.1", "::ffff:10.0.0.1", true)]
    [InlineData("10.0.0.1", "10.0.0.2", false)]
    [InlineData("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", true)]
    [InlineData("2001:db8:1:2::1", "2001:db8:1:3::1", false)]
    [InlineData("0.0.0.0", "::", false)]
    public void IPv6_client_counts_by_its_network_and_a_mapped_one_as_IPv4(string one, string other, bool isSameClient)
    {
        ClientAddresses addresses = new(1);
        Assert.True(addresses.TryEnter(IPAddress.Parse(one)));
        Assert.Equal(!isSameClient, addresses.TryEnter(IPAddress.Parse(other)));
    }

    [Fact]
    public void Client_that_has_left_is_forgotten()
    {
        ClientAddresses addresses = new(2);
        IPAddress address = IPAddress.Parse("10.0.0.1");
        Assert.True(addresses.TryEnter(address));
        Assert.True(addresses.TryEnter(address));
        Assert.False(addresses.TryEnter(address));
        addresses.Leave(address);
        Assert.Equal(1, addresses.Count);
        Assert.True(addresses.TryEnter(address));
        addresses.Leave(address);
        addresses.Leave(address);
        Assert.Equal(0, addresses.Count);
    }
}

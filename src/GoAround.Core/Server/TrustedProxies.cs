using System.Collections.Generic;
using System.Net;

namespace GoAround.Core.Server;

/// <summary>The networks whose proxies are believed what they say of their clients.</summary>
internal sealed class TrustedProxies
{
    private const int MappedPrefixBits = 96;

    private readonly List<IPNetwork> _networks = [];

    /// <summary>Reads networks and addresses; IPv4 written as IPv6 counts as IPv4.</summary>
    /// <exception cref="System.FormatException">One is neither.</exception>
    public TrustedProxies(IEnumerable<string> networks)
    {
        foreach (string text in networks)
        {
            _networks.Add(Plain(IPAddress.TryParse(text, out IPAddress? address) ? Alone(address) : IPNetwork.Parse(text)));
        }
    }

    /// <summary>Whether a client with this address is one of them; never so where the address is not known.</summary>
    public bool Contains(IPAddress? client)
    {
        if (client is null)
        {
            return false;
        }

        IPAddress plain = client.IsIPv4MappedToIPv6 ? client.MapToIPv4() : client;
        foreach (IPNetwork network in _networks)
        {
            if (network.Contains(plain))
            {
                return true;
            }
        }

        return false;
    }

    private static IPNetwork Alone(IPAddress address) => new(address, address.GetAddressBytes().Length * 8);

    private static IPNetwork Plain(IPNetwork network) =>
        network.BaseAddress.IsIPv4MappedToIPv6 && network.PrefixLength >= MappedPrefixBits
            ? new IPNetwork(network.BaseAddress.MapToIPv4(), network.PrefixLength - MappedPrefixBits)
            : network;
}

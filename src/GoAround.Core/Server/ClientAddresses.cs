using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.Net;
using System.Net.Sockets;
using System.Threading;

namespace GoAround.Core.Server;

/// <summary>How many connections each client address has open; an IPv6 client counts by its /64, since it can have any address there. Safe for concurrent use.</summary>
internal sealed class ClientAddresses
{
    private const int MaxIPv6Bytes = 16;

    private readonly Lock _gate = new();
    private readonly Dictionary<(AddressFamily Family, ulong Prefix), int> _open = [];
    private readonly int _limit;

    /// <param name="limit">Connections of one client at once.</param>
    public ClientAddresses(int limit) => _limit = limit;

    /// <summary>How many clients have a connection.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _open.Count;
            }
        }
    }

    /// <summary>Counts one more connection; false: the client has as many as it may, and nothing was counted.</summary>
    public bool TryEnter(IPAddress address)
    {
        var key = KeyOf(address);
        lock (_gate)
        {
            int count = _open.GetValueOrDefault(key);
            if (count >= _limit)
            {
                return false;
            }

            _open[key] = count + 1;
            return true;
        }
    }

    /// <summary>Counts one less.</summary>
    public void Leave(IPAddress address)
    {
        var key = KeyOf(address);
        lock (_gate)
        {
            int count = _open[key];
            if (count == 1)
            {
                _open.Remove(key);
            }
            else
            {
                _open[key] = count - 1;
            }
        }
    }

    private static (AddressFamily Family, ulong Prefix) KeyOf(IPAddress address)
    {
        Span<byte> bytes = stackalloc byte[MaxIPv6Bytes];
        if (address.IsIPv4MappedToIPv6)
        {
            address = address.MapToIPv4();
        }

        bytes.Clear();
        address.TryWriteBytes(bytes, out _);
        return (address.AddressFamily, BinaryPrimitives.ReadUInt64BigEndian(bytes)); // of IPv4 all four bytes, of IPv6 the /64
    }
}

using System;
using System.Collections.Generic;
using System.Net;
using System.Net.Sockets;

namespace GoAround.Core.Tests.Wire;

/// <summary>
/// A port at which nobody listens, and which nobody else is given: who dials it is refused for certain. A port that was only closed may be
/// another test's in the next moment. Whoever holds it may listen there too, and cease.
/// </summary>
internal sealed class HeldPort : IDisposable
{
    private readonly List<Socket> _sockets = [];

    /// <summary>Takes a free port of 127.0.0.1, or of all these addresses at once.</summary>
    public HeldPort(params IPAddress[] addresses)
    {
        while (!TryTake(addresses.Length > 0 ? addresses : [IPAddress.Loopback]))
        {
            Dispose(); // one of them had it already
        }
    }

    public int Number { get; private set; }

    public Backend Backend => Backend.Parse($"http://127.0.0.1:{Number}");

    public void Dispose()
    {
        _sockets.ForEach(socket => socket.Dispose());
        _sockets.Clear();
    }

    private bool TryTake(IPAddress[] addresses)
    {
        Number = 0;
        foreach (IPAddress address in addresses)
        {
            Socket socket = new(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            _sockets.Add(socket);
            try
            {
                socket.Bind(new IPEndPoint(address, Number));
            }
            catch (SocketException error) when (error.SocketErrorCode == SocketError.AddressAlreadyInUse)
            {
                return false;
            }

            Number = ((IPEndPoint)socket.LocalEndPoint!).Port;
        }

        return true;
    }
}

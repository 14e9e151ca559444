using System.Net;
using System.Net.Sockets;
using System.Threading.Tasks;

namespace GoAround.Core.Tests.Wire;

/// <summary>Opens connections as a client that writes every byte itself.</summary>
internal static class RawClient
{
    public static async Task<WireEnd> ConnectAsync(EndPoint server)
    {
        Socket socket = new(server.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(server).WaitAsync(WireEnd.Patience);
        return new WireEnd(socket);
    }

    /// <summary>Connects by IPv4 to a port of this machine.</summary>
    public static Task<WireEnd> ConnectAsync(int port) => ConnectAsync(new IPEndPoint(IPAddress.Loopback, port));
}

using System;
using System.Net;
using System.Net.Sockets;
using System.Threading.Tasks;
using GoAround.Core.Sockets;
using Xunit;

namespace GoAround.Core.Tests.Sockets;

public class SocketExtensionsTests
{
    [LinuxFact]
    public async Task Kernel_holds_little_for_a_client_that_takes_nothing()
    {
        long bounded = await FillAsync(static listener => listener.LimitUnsent());
        long unbounded = await FillAsync(static _ => { });
        Assert.InRange(bounded, 1, SocketExtensions.MaxUnsentBytes * 4);
        Assert.True(unbounded > bounded * 2, $"{unbounded} bytes without a bound, {bounded} with it: the comparison shows nothing");
    }

    /// <summary>How much an accepted socket takes for a client that reads nothing.</summary>
    private static async Task<long> FillAsync(Action<Socket> prepare)
    {
        using Socket listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        prepare(listener);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen(1);
        using Socket client = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = 4096 };
        await client.ConnectAsync(listener.LocalEndPoint!);
        using Socket served = await listener.AcceptAsync();
        served.Blocking = false;
        byte[] piece = new byte[64 * 1024];
        long taken = 0;
        while (true)
        {
            int sent = served.Send(piece, SocketFlags.None, out SocketError error);
            if (error != SocketError.Success)
            {
                return taken;
            }

            taken += sent;
        }
    }
}

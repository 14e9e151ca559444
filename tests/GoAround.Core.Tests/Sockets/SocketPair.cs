using System;
using System.Net;
using System.Net.Sockets;
using System.Threading.Tasks;
using GoAround.Core.Sockets;
using GoAround.Core.Tests.Wire;
using Xunit;

namespace GoAround.Core.Tests.Sockets;

/// <summary>A transport over a real socket, and the other end of its connection.</summary>
internal sealed class SocketPair : IDisposable
{
    private SocketPair(Socket near, WireEnd far)
    {
        Near = near;
        Far = far;
    }

    public Socket Near { get; }

    public WireEnd Far { get; }

    public static async Task<SocketPair> OpenAsync()
    {
        using Socket listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        WireEnd far = await RawClient.ConnectAsync(listener.LocalEndPoint!);
        return new SocketPair(await listener.AcceptAsync(), far);
    }

    /// <summary>Fills both sides' buffers with zero bytes, so that not one more is taken.</summary>
    public static int Fill(Socket socket)
    {
        byte[] zeros = new byte[64 * 1024];
        int filled = 0;
        socket.Blocking = false;
        foreach (int size in (int[])[zeros.Length, 1])
        {
            while (true)
            {
                int count = socket.Send(zeros.AsSpan(0, size), SocketFlags.None, out SocketError error);
                if (error != SocketError.Success)
                {
                    break;
                }

                filled += count;
            }
        }

        return filled;
    }

    public async Task<TlsTransport> StartTlsAsync()
    {
        Task<TlsTransport> near = TlsTransport.AcceptAsync(Near, new() { ServerCertificate = TestCertificates.Local }, default);
        await Far.StartTlsAsClientAsync("localhost", TestCertificates.Local);
        TlsTransport transport = await near;
        await Until.TrueAsync(() => transport.CountTaken() == transport.Handed, "the session tickets were not taken"); // a reset would meet them on their way
        return transport;
    }

    /// <summary>Closes the far side with a reset, and returns when the near one has it: on a busy machine even loopback takes its time.</summary>
    public static void Reset(WireEnd far, Socket near)
    {
        far.Reset();
        Assert.True(near.Poll(WireEnd.Patience, SelectMode.SelectError), "the reset did not come");
    }

    public void Dispose()
    {
        Near.Dispose();
        Far.Dispose();
    }
}

using System;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Threading;
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
        return new SocketPair(await listener.AcceptAsync().WaitAsync(WireEnd.Patience), far);
    }

    /// <summary>Fills both sides' buffers with zero bytes, so that not one more is taken.</summary>
    public static int Fill(Socket socket)
    {
        int filled = 0;
        socket.Blocking = false;
        for (int before = -1; before < filled; filled += SendAll(socket, 64 * 1024) + SendAll(socket, 1))
        {
            before = filled;
            SpinWait.SpinUntil(() => !IsUnderWay(socket), TimeSpan.FromSeconds(1)); // what is acknowledged makes room again, 40 ms later as a rule
        }

        return filled;
    }

    public async Task<TlsTransport> StartTlsAsync()
    {
        Task<TlsTransport> near = TlsTransport.AcceptAsync(Near, new() { ServerCertificate = TestCertificates.Local }, default);
        await Far.StartTlsAsClientAsync("localhost", TestCertificates.Local);
        TlsTransport transport = await near.WaitAsync(WireEnd.Patience);
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

    private static int SendAll(Socket socket, int size)
    {
        byte[] zeros = new byte[size];
        int sent = 0;
        int count;
        while ((count = socket.Send(zeros, SocketFlags.None, out SocketError error)) > 0 && error == SocketError.Success)
        {
            sent += count;
        }

        return sent;
    }

    /// <summary>Something was sent and is not acknowledged.</summary>
    private static bool IsUnderWay(Socket socket)
    {
        const int Tcp = 6, TcpInfo = 11, Unacknowledged = 24; // tcp_info.tcpi_unacked, of Linux
        Span<byte> info = stackalloc byte[Unacknowledged + sizeof(int)];
        socket.GetRawSocketOption(Tcp, TcpInfo, info);
        return MemoryMarshal.Read<int>(info[Unacknowledged..]) > 0;
    }
}

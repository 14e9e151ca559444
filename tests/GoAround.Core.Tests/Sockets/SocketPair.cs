using System;
using System.Net;
using System.Net.Sockets;
using System.Threading.Tasks;
using GoAround.Core.Sockets;
using GoAround.Core.Tests.Wire;

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

    public async Task<TlsTransport> StartTlsAsync()
    {
        Task<TlsTransport> near = TlsTransport.AcceptAsync(Near, new() { ServerCertificate = TestCertificates.Local }, default);
        await Far.StartTlsAsClientAsync("localhost", TestCertificates.Local);
        TlsTransport transport = await near;
        await Until.TrueAsync(() => transport.CountTaken() == transport.Handed, "the session tickets were not taken"); // a reset would meet them on their way
        return transport;
    }

    public void Dispose()
    {
        Near.Dispose();
        Far.Dispose();
    }
}

using System;
using System.Net;
using System.Net.Sockets;
using System.Threading;

namespace GoAround.Core.Tests.Load;

/// <summary>Answers every request without a body with the same bytes; blocking calls on threads of its own, so that it allocates nothing once its connections stand.</summary>
internal sealed class FixedBackend : IDisposable
{
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly byte[] _response;

    public FixedBackend(byte[] response)
    {
        _response = response;
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen(512);
        new Thread(Accept) { IsBackground = true }.Start();
    }

    public string Address => $"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndPoint!).Port}";

    public void Dispose() => _listener.Dispose();

    private void Accept()
    {
        try
        {
            while (true)
            {
                Socket socket = _listener.Accept();
                socket.NoDelay = true;
                new Thread(() => Serve(socket)) { IsBackground = true }.Start();
            }
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private void Serve(Socket socket)
    {
        byte[] buffer = new byte[16 * 1024];
        int length = 0;
        try
        {
            while (true)
            {
                int count = socket.Receive(buffer, length, buffer.Length - length, SocketFlags.None);
                if (count == 0)
                {
                    break;
                }

                length += count;
                if (buffer.AsSpan(0, length).EndsWith("\r\n\r\n"u8))
                {
                    length = 0;
                    socket.Send(_response);
                }
            }
        }
        catch (SocketException)
        {
            // Cut.
        }

        socket.Dispose();
    }
}

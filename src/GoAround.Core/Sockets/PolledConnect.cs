using System;
using System.Net;
using System.Net.Sockets;
using System.Threading;
using System.Threading.Tasks;

namespace GoAround.Core.Sockets;

/// <summary>How a socket that this process polls itself is connected.</summary>
internal static class PolledConnect
{
    /// <summary>Connects a new socket, without the framework's poll threads: they would be woken for ever after.</summary>
    /// <exception cref="SocketException">The connection was refused, or failed otherwise.</exception>
    /// <exception cref="OperationCanceledException">The caller gave up; the socket is closed.</exception>
    public static async ValueTask<PolledTransport> ConnectAsync(Socket socket, EndPoint point, CancellationToken cancellationToken)
    {
        socket.Blocking = false;
        try
        {
            socket.Connect(point);
        }
        catch (SocketException error) when (error.SocketErrorCode is SocketError.WouldBlock or SocketError.InProgress)
        {
            // As is usual: the poller tells when it is through.
        }

        PolledTransport transport = new(socket);
        SocketError outcome;
        using (cancellationToken.UnsafeRegister(static transport => ((PolledTransport)transport!).Abort(), transport))
        {
            outcome = await transport.ConnectedAsync().ConfigureAwait(false);
        }

        if (outcome == SocketError.Success && !cancellationToken.IsCancellationRequested)
        {
            return transport;
        }

        transport.Dispose(); // or the poller would know it for ever
        cancellationToken.ThrowIfCancellationRequested();
        throw new SocketException((int)outcome);
    }
}

using System;
using System.Net.Sockets;

namespace GoAround.Core.Sockets;

/// <summary>What is asked of a socket that may have ended already.</summary>
internal static class SocketExtensions
{
    /// <summary>Sends FIN where the connection still stands.</summary>
    public static void TryShutdownSend(this Socket socket) => TryShutdown(socket, SocketShutdown.Send);

    /// <summary>Ends what waits for the socket, whoever watches it: a receive brings the end.</summary>
    public static void TryShutdown(this Socket socket) => TryShutdown(socket, SocketShutdown.Both);

    /// <summary>Closes with a reset, so that nothing half sent can look complete.</summary>
    public static void Abort(this Socket socket)
    {
        try
        {
            socket.Close(0);
        }
        catch (SocketException)
        {
            // The connection is gone, which is what was asked for.
        }
    }

    /// <summary>The error that waits for the next call, which is told it no more.</summary>
    public static SocketError TakeError(this Socket socket)
    {
        try
        {
            return (SocketError)(int)socket.GetSocketOption(SocketOptionLevel.Socket, SocketOptionName.Error)!; // an int for this option
        }
        catch (ObjectDisposedException)
        {
            return SocketError.OperationAborted;
        }
    }

    private static void TryShutdown(Socket socket, SocketShutdown how)
    {
        try
        {
            socket.Shutdown(how);
        }
        catch (SocketException)
        {
            // The other side was faster: there is nothing left to tell it.
        }
        catch (ObjectDisposedException)
        {
            // Closed from this side meanwhile, by a deadline or a shutdown.
        }
    }
}

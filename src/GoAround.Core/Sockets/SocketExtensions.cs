using System;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace GoAround.Core.Sockets;

/// <summary>What the framework's socket does not do by itself: to end where it may have ended already, and to bound what waits in the kernel.</summary>
internal static class SocketExtensions
{
    /// <summary>Bytes of a connection that the kernel holds before they were sent even once: enough for two large sends, so that a fast receiver never waits for them.</summary>
    public const int MaxUnsentBytes = 128 * 1024;

    private const int TcpLevel = 6; // IPPROTO_TCP
    private const int NotSentLowAt = 25; // TCP_NOTSENT_LOWAT of Linux

    /// <summary>
    /// Bounds what the kernel holds for each connection of a listener that its client does not take; on Linux, and a no-op elsewhere. Without it
    /// the send buffer grows to <c>tcp_wmem</c>, 4 MiB: a thousand slow readers of a large response hold gigabytes.
    /// </summary>
    public static void LimitUnsent(this Socket listener)
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        try
        {
            listener.SetRawSocketOption(TcpLevel, NotSentLowAt, MemoryMarshal.AsBytes([MaxUnsentBytes])); // accepted sockets inherit it
        }
        catch (SocketException)
        {
            // A kernel that only looks like Linux (gVisor) need not know it: its own bound holds.
        }
    }

    /// <summary>Sends FIN where the connection still stands.</summary>
    public static void TryShutdownSend(this Socket socket)
    {
        try
        {
            socket.Shutdown(SocketShutdown.Send);
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
}

using System;
using System.Net.Sockets;
using GoAround.Core.Sockets;

namespace GoAround.Core.Upstream;

/// <summary>A connected socket.</summary>
/// <param name="Socket">Owned by the transport where there is one.</param>
/// <param name="Transport">What it was connected by; null: nothing watches it yet.</param>
internal readonly record struct DialledSocket(Socket Socket, PolledTransport? Transport) : IDisposable
{
    /// <summary>Closes it; for one that nobody wants.</summary>
    public void Dispose()
    {
        Transport?.Dispose();
        Socket.Dispose();
    }
}

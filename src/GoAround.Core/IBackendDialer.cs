using System;
using System.IO;
using System.Net.Sockets;
using System.Threading;
using System.Threading.Tasks;

namespace GoAround.Core;

/// <summary>
/// Opens the byte stream to a backend, in place of a name look-up and a TCP connection: a Unix socket, a proxy on the way, a pair of pipes in memory.
/// HTTP, TLS for https backends, idle connections, caps and health checks over it stay the library's. Must be safe for concurrent use.
/// </summary>
/// <remarks>
/// The stream belongs to the library from its return on, which disposes it. One read and one write run at once; both must end soon once their token is cancelled
/// or the stream is disposed. A <see cref="NetworkStream"/> costs no more than the library's own TCP connection: its socket is used without it. Any other stream cannot close one half
/// alone, so a tunnel (101) over it lasts until the backend closes it, or <c>TunnelTimeout</c>.
/// </remarks>
public interface IBackendDialer
{
    /// <summary>Opens a new connection; called whenever no idle one is left, so also for each health check.</summary>
    /// <param name="backend">Whom to reach; its host and port may be names of your own, and mean nothing else then.</param>
    /// <param name="cancellationToken">Cancelled when the caller gives up, or <c>DialTimeout</c> has passed.</param>
    /// <returns>A stream that is open both ways; for an https backend without TLS, which is put on it.</returns>
    /// <exception cref="SocketException">The backend could not be reached; it counts as a failed dial, after which any request is tried elsewhere.</exception>
    /// <exception cref="IOException">The same.</exception>
    /// <exception cref="TimeoutException">It did not answer in time, the same otherwise.</exception>
    /// <exception cref="BackendException">The same, with words of your own.</exception>
    ValueTask<Stream> DialAsync(Backend backend, CancellationToken cancellationToken);
}

using System.IO;
using System.Net.Sockets;
using System.Threading;
using System.Threading.Tasks;
using GoAround.Core;

namespace GoAround.Samples.UnixSocketBackends;

/// <summary>Reaches the backend <c>http://name</c> over the Unix socket <c>name.sock</c> in a folder.</summary>
// <dialer>
internal sealed class UnixSocketDialer(string folder) : IBackendDialer
{
    public async ValueTask<Stream> DialAsync(Backend backend, CancellationToken cancellationToken)
    {
        Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(Path.Combine(folder, backend.Host + ".sock")), cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw; // a SocketException counts as a failed dial: another backend is tried
        }
    }
}
// </dialer>

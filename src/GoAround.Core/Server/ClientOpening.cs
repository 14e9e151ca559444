using System;
using System.IO;
using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Threading;
using System.Threading.Tasks;
using GoAround.Core.Sockets;

namespace GoAround.Core.Server;

/// <summary>What happens on a client connection before its first request.</summary>
internal static class ClientOpening
{
    /// <summary>Takes the socket over, after a TLS handshake where the server has a certificate; null: the handshake failed.</summary>
    public static async ValueTask<Transport?> OpenAsync(ServerContext server, Socket socket, IPEndPoint? client)
    {
        if (server.Tls is null)
        {
            return Transport.Over(socket);
        }

        using CancellationTokenSource timeout = new(server.Options.TlsTimeout, server.Time);
        try
        {
            Transport transport = await TlsTransport.AcceptAsync(socket, server.Tls, timeout.Token).ConfigureAwait(false);
            server.Events.TlsHandshakeEnded(succeeded: true);
            return transport;
        }
        catch (Exception error) when (error is AuthenticationException or IOException or OperationCanceledException or ObjectDisposedException)
        {
            ServerLog.TlsFailed(server.Log, client, error.InnerException?.Message ?? error.Message);
            server.Events.TlsHandshakeEnded(succeeded: false);
            return null;
        }
    }

    /// <summary>Where the client is; IPv4 as such, and null where it left before it was looked at.</summary>
    public static IPEndPoint? EndPointOf(Socket socket)
    {
        try
        {
            IPEndPoint? point = socket.RemoteEndPoint as IPEndPoint;
            return point is { Address.IsIPv4MappedToIPv6: true } ? new IPEndPoint(point.Address.MapToIPv4(), point.Port) : point;
        }
        catch (SocketException)
        {
            return null;
        }
    }
}

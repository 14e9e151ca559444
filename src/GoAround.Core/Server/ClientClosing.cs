using System.Threading.Tasks;
using GoAround.Core.Http;
using GoAround.Core.Sockets;

namespace GoAround.Core.Server;

/// <summary>How a connection ends in order: after its last response, which is whole.</summary>
internal static class ClientClosing
{
    /// <summary>
    /// The client has said that this was its last request (RFC 9112 §9.6, or HTTP/1.0), and all it sent was read: there is nothing to wait for, and the close tells it that it has
    /// all. TLS has an end of its own to send before.
    /// </summary>
    public static bool MayBeAtOnce(ServerContext server, RequestHead head, Inbox inbox, Transport transport) =>
        !head.KeepAlive
        && !head.HasBody
        && server.Tls is null
        && inbox.IsEmpty
        && !transport.MayBeReadable
        && inbox.TryWithdraw()
        && transport.TryFlush();

    /// <summary>
    /// No request follows the last answer, of whose last bytes some may have found no room: the close would drop them, and look in order. TLS has an end of its
    /// own, without which it looks cut short.
    /// </summary>
    public static ValueTask WithoutRequestAsync(ServerContext server, ResponseWriter writer, ClientInflow inflow, Transport transport) =>
        server.Tls is not null ? writer.CloseHalfAsync()
        : transport.TryFlush() ? default
        : InStagesAsync(server, writer, inflow);

    /// <summary>Closes the sending half, and reads on for a while where the client may still send.</summary>
    public static async ValueTask InStagesAsync(ServerContext server, ResponseWriter writer, ClientInflow inflow)
    {
        await writer.CloseHalfAsync().ConfigureAwait(false);
        if (!inflow.IsOver)
        {
            await Lingering.ReadAsync(server, inflow.Inbox).ConfigureAwait(false);
        }
    }
}

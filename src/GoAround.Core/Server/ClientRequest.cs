using System.Threading;
using System.Threading.Tasks;
using GoAround.Core.Http;

namespace GoAround.Core.Server;

/// <summary>The request of a session's client; one for each session, used again.</summary>
internal sealed class ClientRequest : ProxyRequest
{
    private readonly ClientSession _session;

    public ClientRequest(ClientSession session) => _session = session;

    /// <inheritdoc/>
    public override ValueTask SendInterimAsync(int statusCode, FieldList fields, CancellationToken cancellationToken) =>
        Version == ProtocolVersion.Http10 ? default : _session.SendInterimAsync(statusCode, fields);

    /// <inheritdoc/>
    public override MessageBody OpenTunnel() => _session.OpenTunnel();
}

using System.Threading;
using System.Threading.Tasks;
using GoAround.Core.Http;

namespace GoAround.Core.Server;

/// <summary>The request of a session's client; one for each session, used again.</summary>
internal sealed class ClientRequest : ProxyRequest
{
    private static readonly byte[] Slash = "/"u8.ToArray();

    private readonly ClientSession _session;

    public ClientRequest(ClientSession session) => _session = session;

    /// <summary>Forgets what it said: its bytes are no longer there.</summary>
    public void Forget()
    {
        Method = RequestMethod.Get;
        Target = Slash;
        Authority = default;
        Version = ProtocolVersion.Http11;
        UpgradeProtocol = default;
        Fields.Clear();
    }

    /// <inheritdoc/>
    public override ValueTask SendInterimAsync(int statusCode, FieldList fields, CancellationToken cancellationToken) =>
        Version == ProtocolVersion.Http10 ? default : _session.SendInterimAsync(statusCode, fields);

    /// <inheritdoc/>
    public override MessageBody OpenTunnel() => _session.OpenTunnel();
}

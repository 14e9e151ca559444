using System.Net;
using System.Threading;
using System.Threading.Tasks;
using GoAround.Core.Http;

namespace GoAround.Core.Server;

/// <summary>The request of a session's client; one for each session, used again.</summary>
internal sealed class ClientRequest : ProxyRequest
{
    private static readonly byte[] Slash = "/"u8.ToArray();

    private readonly ClientSession _session;
    private readonly string _scheme;
    private readonly IPEndPoint? _client;

    public ClientRequest(ClientSession session, bool isTls, IPEndPoint? client)
    {
        _session = session;
        _scheme = isTls ? "https" : "http";
        _client = client;
    }

    /// <inheritdoc/>
    internal override bool MayBlock => false;

    /// <inheritdoc/>
    internal override void OnExpected() => _session.HoldBack();

    /// <summary>Says what its head does, all but the body.</summary>
    public void Accept(RequestHead head)
    {
        Method = head.Method;
        SetParsed(head.Target, head.Authority, head.UpgradeProtocol);
        Version = head.Version;
        ExpectsContinue = head.ExpectsContinue;
        AcceptsTrailers = head.AcceptsTrailers;
        Scheme = _scheme; // a handler may have changed it
        RemoteEndPoint = _client;
    }

    /// <summary>Forgets what it said: its bytes are no longer there.</summary>
    public void Forget()
    {
        Method = RequestMethod.Get;
        SetParsed(Slash, default, default);
        Version = ProtocolVersion.Http11;
        ExpectsContinue = false;
        AcceptsTrailers = false;
        Scheme = _scheme;
        RemoteEndPoint = _client;
        Fields.Clear();
    }

    /// <inheritdoc/>
    public override ValueTask SendInterimAsync(int statusCode, FieldList fields, CancellationToken cancellationToken) =>
        Version == ProtocolVersion.Http10 ? default : _session.SendInterimAsync(statusCode, fields);

    /// <inheritdoc/>
    public override MessageBody OpenTunnel() => _session.OpenTunnel();
}

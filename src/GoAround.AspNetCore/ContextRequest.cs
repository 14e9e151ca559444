using System;
using System.Diagnostics;
using System.Net;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using GoAround.Core;
using GoAround.Core.Http;
using GoAround.Core.Server;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace GoAround.AspNetCore;

/// <summary>A request of ASP.NET Core as the engine takes it; used again from request to request.</summary>
internal sealed class ContextRequest : ProxyRequest
{
    private static readonly byte[] Slash = "/"u8.ToArray();
    private static readonly byte[] WebSocket = "websocket"u8.ToArray();

    private readonly ServerOptions _options;
    private readonly TimeProvider _time;
    private TextBytes _text;
    private ContextBody? _body;
    private State _state;

    /// <param name="options">What of them means something here is named where a pool is mounted.</param>
    /// <param name="time">The clock.</param>
    public ContextRequest(ServerOptions options, TimeProvider time)
    {
        _options = options;
        _time = time;
    }

    /// <summary>Bytes that were announced; 0 where they were not.</summary>
    public long DeclaredLength { get; private set; }

    /// <summary>The target is an absolute one of the scheme https.</summary>
    public bool TargetsHttps => _state.TargetsHttps;

    /// <summary>The backend agreed to an upgrade, and waits for the client's bytes.</summary>
    public ContextTunnel? Tunnel => _state.Tunnel;

    /// <summary>Of a WebSocket that came by CONNECT: the key in the handshake with the backend. Else null.</summary>
    public string? WebSocketKey => _state.WebSocketKey;

    /// <summary>A read of the body, or of a tunnel, found that the client is gone.</summary>
    public bool HasLeft => _body is { HasLeft: true } || _state.Tunnel is { HasLeft: true };

    /// <summary>Says what a request does; it is forgotten first.</summary>
    /// <param name="context">The request.</param>
    /// <param name="removePrefix">Taken off its path; may be empty.</param>
    public Rejection Accept(HttpContext context, string removePrefix)
    {
        HttpRequest request = context.Request;
        Version = VersionOf(request.Protocol);
        Scheme = request.IsHttps ? "https" : "http";
        RemoteEndPoint = EndPointOf(context);
        Rejection fault = TakeMethod(context);
        fault = fault == Rejection.None ? TakeTarget(context, removePrefix) : fault;
        if (fault != Rejection.None)
        {
            return fault;
        }

        RequestFields fields = new(Version);
        fault = fields.Read(context, Fields, ref _text);
        if (fault != Rejection.None)
        {
            return fault;
        }

        Authority = Authority.IsEmpty ? fields.Host(in _text) : Authority;
        AcceptsTrailers = fields.AcceptsTrailers;
        if (_state.WebSocketKey is not null)
        {
            UpgradeProtocol = WebSocket;
            Fields.Set("Sec-WebSocket-Key", _state.WebSocketKey);
        }
        else if (context.Features.Get<IHttpUpgradeFeature>() is { IsUpgradableRequest: true })
        {
            UpgradeProtocol = fields.Upgrade(in _text);
        }

        // A tracer that samples the request is told of its next hop; the state of others is passed on untouched.
        if (Activity.Current is { Recorded: true, IdFormat: ActivityIdFormat.W3C } span)
        {
            Fields.Set("traceparent", span.Id ?? "");
        }

        return TakeBody(context, in fields);
    }

    /// <summary>Gives back and forgets everything.</summary>
    public void Forget()
    {
        _body?.End();
        _state.Tunnel?.Dispose();
        _state = default;
        _text.Length = 0;
        Method = RequestMethod.Get;
        Target = Slash;
        Authority = default;
        Version = ProtocolVersion.Http11;
        UpgradeProtocol = default;
        ExpectsContinue = false;
        AcceptsTrailers = false;
        Scheme = "http";
        RemoteEndPoint = null;
        Body = MessageBody.Empty;
        DeclaredLength = 0;
        Fields.Clear();
    }

    /// <summary>The server has no interface for interim responses: it sends 100 (Continue) when the body is read, and the others end here.</summary>
    public override ValueTask SendInterimAsync(int statusCode, FieldList fields, CancellationToken cancellationToken)
    {
        if (statusCode == 100)
        {
            _body?.Continue();
        }

        return ValueTask.CompletedTask;
    }

    /// <summary>The head as a TRACE is shown it that goes no further (the server keeps none); empty for other methods.</summary>
    public ReadOnlySpan<byte> HeadForTrace() => Method.HasForwardLimit && !Method.IsOptions
        ? Encoding.Latin1.GetBytes($"{Method} {Encoding.Latin1.GetString(Target.Span)} HTTP/1.1\r\nHost: {Encoding.Latin1.GetString(Authority.Span)}\r\n{Fields}\r\n")
        : default;

    /// <inheritdoc/>
    public override MessageBody OpenTunnel() => _state.Tunnel ??= new ContextTunnel();

    private static ProtocolVersion VersionOf(string protocol) =>
        HttpProtocol.IsHttp11(protocol) ? ProtocolVersion.Http11
        : HttpProtocol.IsHttp2(protocol) ? ProtocolVersion.Http2
        : HttpProtocol.IsHttp3(protocol) ? ProtocolVersion.Http3
        : ProtocolVersion.Http10;

    /// <summary>Where the client is, in the words of the application: it may have put another address there than the connection's own.</summary>
    private static IPEndPoint? EndPointOf(HttpContext context)
    {
        ConnectionInfo connection = context.Connection;
        if (connection.RemoteIpAddress is not { } address)
        {
            return null;
        }

        return context.Features.Get<IConnectionEndPointFeature>()?.RemoteEndPoint is IPEndPoint known && known.Port == connection.RemotePort && known.Address.Equals(address)
            ? known
            : new IPEndPoint(address, connection.RemotePort);
    }

    private Rejection TakeMethod(HttpContext context)
    {
        string method = context.Request.Method;
        bool isConnect = HttpMethods.IsConnect(method);
        if (isConnect && context.Features.Get<IHttpExtendedConnectFeature>() is { IsExtendedConnect: true } connect
            && string.Equals(connect.Protocol, "websocket", StringComparison.OrdinalIgnoreCase))
        {
            _state.WebSocketKey = AspNetCore.WebSocketKey.Make(); // towards the backend it is a GET   RFC 8441 §4
            return Rejection.None;
        }

        int start = _text.Length;
        if (!_text.TryAppend(method) || !FieldSyntax.IsToken(_text.Span[start..]))
        {
            return Rejection.InvalidMethod;
        }

        Method = RequestMethod.Recognise(_text.Slice(start, _text.Length - start));
        return isConnect ? Rejection.ConnectNotSupported : Rejection.None; // a gateway opens no tunnels to anywhere
    }

    private Rejection TakeTarget(HttpContext context, string removePrefix)
    {
        RequestTarget target = RequestTarget.Read(context, removePrefix);
        if (target.Rejection != Rejection.None)
        {
            return target.Rejection;
        }

        int start = _text.Length;
        if (!_text.TryAppend(target.Path) || !_text.TryAppend(target.Query) || !RequestLine.IsTarget(_text.Span[start..]))
        {
            return Rejection.InvalidTarget;
        }

        Target = _text.Slice(start, _text.Length - start);
        _state.TargetsHttps = target.IsHttps;
        if (!target.Authority.IsEmpty)
        {
            int authority = _text.Length;
            if (!_text.TryAppend(target.Authority) || !HostSyntax.IsValid(_text.Span[authority..]))
            {
                return Rejection.InvalidHost;
            }

            Authority = _text.Slice(authority, _text.Length - authority);
        }

        return Rejection.None;
    }

    private Rejection TakeBody(HttpContext context, in RequestFields fields)
    {
        if (_state.WebSocketKey is not null || context.Features.Get<IHttpRequestBodyDetectionFeature>() is { CanHaveBody: false })
        {
            return Rejection.None;
        }

        long? length = context.Request.ContentLength;
        if (length == 0)
        {
            return Rejection.None;
        }

        if (Method.Token.SequenceEqual("TRACE"u8))
        {
            return Rejection.TraceWithBody; // RFC 9110 §9.3.8
        }

        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { } limit)
        {
            if (_options.MaxBodyBytes is { } most && !limit.IsReadOnly)
            {
                limit.MaxRequestBodySize = most;
            }

            if (length > limit.MaxRequestBodySize)
            {
                return Rejection.BodyTooLarge; // no backend need be bothered with it
            }
        }

        DeclaredLength = length ?? 0;
        ExpectsContinue = fields.ExpectsContinue;
        _body ??= new ContextBody();
        _body.Begin(context, length, !fields.DropsTrailers, Method.IsIdempotent ? _options.ReplayBufferBytes : 0, ExpectsContinue, _time);
        Body = _body;
        return Rejection.None;
    }

    private struct State
    {
        public ContextTunnel? Tunnel;
        public string? WebSocketKey;
        public bool TargetsHttps;
    }
}

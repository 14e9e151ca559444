using System;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using GoAround.Core.Async;
using GoAround.Core.Http;

namespace GoAround.Core.Outgoing;

/// <summary>The request that an HttpRequestMessage becomes, with the token that ends its exchange; used again.</summary>
#pragma warning disable CA1001 // a source without a timer or a wait handle holds nothing
internal sealed class OutgoingRequest : ProxyRequest
#pragma warning restore CA1001
{
    private static readonly RequestMethod Patch = RequestMethod.From("PATCH");
    private static readonly RequestMethod Trace = RequestMethod.From("TRACE");

    private const int MostAroundHost = 8; // [ ] and a port

    private byte[] _text = new byte[256];
    private readonly CancellationTokenSource _stop = new();
    private CancellationTokenRegistration _caller;
    private OutgoingBody? _body;
    private Handover? _tunnel;

    /// <inheritdoc/>
    internal override bool IsOutgoing => true;

    /// <summary>Cancelled when whoever sends it gives up before the response's head is there, or <see cref="Stop"/> is called.</summary>
    public CancellationToken Stopping => _stop.Token;

    /// <summary>It may be stopped by somebody who comes late, so it is not used again; default false.</summary>
    public bool IsSpent { get; set; }

    /// <summary>Where the bytes for the backend are written after an upgrade.</summary>
    public Handover Tunnel => _tunnel ??= new Handover();

    /// <summary>A request that was used before, or a new one.</summary>
    public static OutgoingRequest Rent() => FreeList<OutgoingRequest>.TryTake() ?? new OutgoingRequest();

    /// <summary>Says what the message does.</summary>
    /// <param name="message">Its target, fields and content are read; nothing of it is changed.</param>
    /// <param name="options">How its content is sent.</param>
    /// <exception cref="HttpRequestException">It cannot be sent by HTTP/1.1.</exception>
    /// <exception cref="InvalidOperationException">It has no absolute target.</exception>
    /// <exception cref="NotSupportedException">Its method or scheme is not for a backend.</exception>
    public void Accept(HttpRequestMessage message, OutgoingOptions options)
    {
        Uri uri = message.RequestUri is { IsAbsoluteUri: true } target
            ? target
            : throw new InvalidOperationException("A request needs an absolute target: set RequestUri, or the client's BaseAddress.");
        Scheme = SchemeOf(uri);
        Method = MethodOf(message.Method.Method);
        CheckVersion(message);
        AcceptTarget(uri, message.Headers.Host);
        OutgoingFraming framing = OutgoingFields.Accept(this, message.Headers);
        if (message.Content is { } content)
        {
            AcceptContent(content, framing, options);
        }
        else if (framing.IsChunked)
        {
            throw new HttpRequestException("A chunked transfer coding needs content.");
        }

        if (framing.Connection is not null)
        {
            OutgoingFields.RemoveNamed(Fields, framing.Connection);
        }

        if (Activity.Current is { } activity)
        {
            DistributedContextPropagator.Current.Inject(activity, Fields, static (fields, name, value) => Inject((FieldList)fields!, name, value));
        }
    }

    /// <summary>From here to <see cref="Release"/> the caller's token ends the exchange.</summary>
    public void StopWith(CancellationToken caller) => _caller = caller.UnsafeRegister(static request => ((OutgoingRequest)request!).Stop(), this);

    /// <summary>The caller's token does not count any more. False: it ends the exchange already.</summary>
    public bool Release()
    {
        bool isFree = _caller.Token == default || _caller.Unregister();
        _caller = default;
        IsSpent |= !isFree;
        return isFree;
    }

    /// <summary>Ends the exchange, wherever it stands.</summary>
    public void Stop() => _stop.Cancel();

    /// <inheritdoc/>
    public override ValueTask SendInterimAsync(int statusCode, FieldList fields, CancellationToken cancellationToken)
    {
        if (statusCode == 100)
        {
            _body?.Continue();
        }

        return default; // HttpClient has no use for the others
    }

    /// <inheritdoc/>
    public override MessageBody OpenTunnel() => new OutgoingTunnel(Tunnel);

    /// <summary>The exchange is over and its response disposed: nothing touches this any more.</summary>
    public void End()
    {
        bool isUsable = Release() && !IsSpent && _stop.TryReset();
        _tunnel?.Abandon();
        _body?.End();
        _body = null;
        _tunnel = null;
        Body = MessageBody.Empty;
        Fields.Clear();
        SetParsed(default, default, default);
        Version = ProtocolVersion.Http11; // a step may have set these two
        RemoteEndPoint = null;
        ExpectsContinue = false;
        AcceptsTrailers = false;
        if (isUsable)
        {
            FreeList<OutgoingRequest>.Give(this);
        }
    }

    private static string SchemeOf(Uri uri) => uri.Scheme switch
    {
        "http" or "ws" => "http",
        "https" or "wss" => "https",
        _ => throw new NotSupportedException($"The scheme '{uri.Scheme}' is not one of HTTP."),
    };

    // The well-known ones in any case, as HttpClient takes them; others as they are.
    private static RequestMethod MethodOf(string method) => method.Length switch
    {
        3 when Is(method, "GET") => RequestMethod.Get,
        3 when Is(method, "PUT") => RequestMethod.Put,
        4 when Is(method, "POST") => RequestMethod.Post,
        4 when Is(method, "HEAD") => RequestMethod.Head,
        5 when Is(method, "PATCH") => Patch,
        5 when Is(method, "TRACE") => Trace,
        6 when Is(method, "DELETE") => RequestMethod.Delete,
        7 when Is(method, "OPTIONS") => RequestMethod.Options,
        7 when Is(method, "CONNECT") => throw new NotSupportedException("CONNECT is for a proxy, not for a backend."),
        _ => RequestMethod.From(method),
    };

    private static bool Is(string method, string known) => method.Equals(known, StringComparison.OrdinalIgnoreCase);

    private static void CheckVersion(HttpRequestMessage message)
    {
        bool mayBeOther = message.Version > HttpVersion.Version11
            ? message.VersionPolicy == HttpVersionPolicy.RequestVersionOrLower
            : message.VersionPolicy == HttpVersionPolicy.RequestVersionOrHigher;
        if (message.Version != HttpVersion.Version11 && !mayBeOther)
        {
            throw new HttpRequestException(
                HttpRequestError.VersionNegotiationError, $"HTTP/{message.Version} was asked for with {message.VersionPolicy}: backends are spoken to by HTTP/1.1.");
        }
    }

    private static void Inject(FieldList fields, string name, string value)
    {
        if (fields[name] is null)
        {
            OutgoingFields.Add(fields, name, value);
        }
    }

    private void AcceptTarget(Uri uri, string? host)
    {
        string target = uri.PathAndQuery;
        string name = host ?? uri.IdnHost;
        int longest = target.Length + name.Length + MostAroundHost;
        if (_text.Length < longest)
        {
            _text = new byte[Math.Max(longest, _text.Length * 2)];
        }

        int length = target.Length;
        Encoding.Latin1.GetBytes(target, _text);
        bool isLiteral = host is null && uri.HostNameType == UriHostNameType.IPv6;
        length += Write(isLiteral ? "[" : "", length);
        length += Write(name, length);
        length += Write(isLiteral ? "]" : "", length);
        if (host is null && !uri.IsDefaultPort)
        {
            length += Write(":", length);
            uri.Port.TryFormat(_text.AsSpan(length), out int digits, provider: CultureInfo.InvariantCulture); // there is room
            length += digits;
        }

        ReadOnlyMemory<byte> authority = _text.AsMemory(target.Length, length - target.Length);
        if (target.AsSpan().ContainsAnyExceptInRange('!', '~') || !OutgoingFields.IsLatin1(name) || !HostSyntax.IsValid(authority.Span))
        {
            throw new HttpRequestException($"The target '{uri}', or its host '{name}', has characters that cannot be sent.");
        }

        SetParsed(_text.AsMemory(0, target.Length), authority, default);
    }

    private int Write(string text, int offset) => Encoding.Latin1.GetBytes(text, _text.AsSpan(offset));

    private void AcceptContent(HttpContent content, OutgoingFraming framing, OutgoingOptions options)
    {
        long? length = framing.IsChunked ? null : content.Headers.ContentLength; // asked for first: it may compute one
        OutgoingFields.Accept(this, content.Headers);
        if (length == 0)
        {
            return;
        }

        ExpectsContinue = framing.ExpectsContinue;
        if (framing.ExpectsContinue)
        {
            Fields.Add("Expect"u8, "100-continue"u8);
        }

        _body = new OutgoingBody(content, length, Method.IsIdempotent ? options.ReplayBufferBytes : 0, framing.ExpectsContinue, options.Time);
        Body = _body;
    }
}

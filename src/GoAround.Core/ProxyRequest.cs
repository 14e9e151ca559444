using System;
using System.Net;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using GoAround.Core.Http;

namespace GoAround.Core;

/// <summary>
/// One request on its way to a backend, free of any wire form: framing and hop-by-hop fields were taken off when it
/// came in and are put on again when it goes out. Borrowed by whoever handles it, until its response is disposed.
/// </summary>
/// <remarks>Not safe for concurrent use, except that the body may be read while an interim response is sent.</remarks>
public class ProxyRequest
{
    private ReadOnlyMemory<byte> _target = "/"u8.ToArray();
    private ReadOnlyMemory<byte> _authority;
    private ReadOnlyMemory<byte> _upgradeProtocol;

    /// <summary>Makes an empty GET of <c>/</c>.</summary>
    public ProxyRequest()
    {
    }

    /// <summary>Makes a request from text, as a test or an embedding application would.</summary>
    /// <param name="method">A token, such as <c>GET</c>; its letters' case counts.</param>
    /// <param name="target">The path and query, such as <c>/a?b=c</c>, percent-encoded as it shall go out.</param>
    /// <exception cref="ArgumentNullException">One of them is null.</exception>
    /// <exception cref="ArgumentException">The method is no token, or the target has what must be percent-encoded: white space, control characters, or what is not ASCII (RFC 9112 §3.2).</exception>
    public ProxyRequest(string method, string target)
    {
        Method = RequestMethod.From(method);
        _target = target.AsSpan().ContainsAnyExceptInRange('!', '~')
            ? throw new ArgumentException("A target has neither white space nor control characters, and is ASCII: the others are percent-encoded (RFC 9112 §3.2).", nameof(target))
            : Encoding.ASCII.GetBytes(target);
    }

    /// <summary>The method; default GET.</summary>
    public RequestMethod Method { get; set; } = RequestMethod.Get;

    /// <summary>The path and query as received, or <c>*</c> (RFC 9112 §3.2.1, §3.2.4); percent-encoding and dot segments are untouched; default <c>/</c>.</summary>
    /// <exception cref="ArgumentException">It is set to what would end the target on the wire: white space or control bytes.</exception>
    public ReadOnlyMemory<byte> Target
    {
        get => _target;
        set => _target = FieldSyntax.IsUnbroken(value.Span)
            ? value
            : throw new ArgumentException("A target has neither white space nor control bytes: they are percent-encoded (RFC 9112 §3.2).", nameof(value));
    }

    /// <summary>The value of Host as the client sent it (HTTP/2: <c>:authority</c>); empty where there was none: the backend is then told its own. It stands here and not in <see cref="Fields"/>.</summary>
    /// <exception cref="ArgumentException">It is set to white space or control bytes.</exception>
    public ReadOnlyMemory<byte> Authority
    {
        get => _authority;
        set => _authority = FieldSyntax.IsUnbroken(value.Span)
            ? value
            : throw new ArgumentException("A host has neither white space nor control bytes (RFC 9110 §7.2).", nameof(value));
    }

    /// <summary><c>http</c> or <c>https</c>: how the client reached this balancer; not checked; default <c>http</c>.</summary>
    public string Scheme { get; set; } = "http";

    /// <summary>The version the client spoke; default HTTP/1.1.</summary>
    public ProtocolVersion Version { get; set; } = ProtocolVersion.Http11;

    /// <summary>The end-to-end fields. What is put here goes out as it is: Host, framing and Connection are written besides, from the other properties, and must not be added.</summary>
    public FieldList Fields { get; } = new();

    /// <summary>The body; <see cref="MessageBody.Empty"/> where there is none, the default.</summary>
    public MessageBody Body { get; set; } = MessageBody.Empty;

    /// <summary>The protocols the client offers to upgrade to (RFC 9110 §7.8), as in the Upgrade field; empty where it offers none, the default.</summary>
    /// <exception cref="ArgumentException">It is set to control bytes.</exception>
    public ReadOnlyMemory<byte> UpgradeProtocol
    {
        get => _upgradeProtocol;
        set => _upgradeProtocol = FieldSyntax.IsValue(value.Span)
            ? value
            : throw new ArgumentException("A field value has no control bytes (RFC 9110 §5.5).", nameof(value));
    }

    /// <summary>The client waits for 100 (Continue) before it sends its body (RFC 9110 §10.1.1), which a backend says, or a handler that reads the body itself, by <see cref="SendInterimAsync"/>; default false.</summary>
    public bool ExpectsContinue { get; set; }

    /// <summary>The client accepts trailers (<c>TE: trailers</c>, RFC 9110 §10.1.4); default false.</summary>
    public bool AcceptsTrailers { get; set; }

    /// <summary>Where the request came from, or null where that is not known, as over a Unix socket.</summary>
    public IPEndPoint? RemoteEndPoint { get; set; }

    /// <summary>It was made in this process and not received: its span is a client's.</summary>
    internal virtual bool IsOutgoing => false;

    /// <summary>Whoever waits for its answer is an application's, and may block where it goes on: never on top of what others wait for.</summary>
    internal virtual bool MayBlock => true;

    /// <summary>The expectation goes on to a backend: its word is what the client waits for.</summary>
    internal virtual void OnExpected()
    {
    }

    /// <summary>Says what a parser has read, which has checked it.</summary>
    internal void SetParsed(ReadOnlyMemory<byte> target, ReadOnlyMemory<byte> authority, ReadOnlyMemory<byte> upgradeProtocol)
    {
        _target = target;
        _authority = authority;
        _upgradeProtocol = upgradeProtocol;
    }

    /// <summary>Passes an interim (1xx, not 101) response to the client; does nothing where the client cannot take one: over HTTP/1.0, and but for 100 behind Kestrel and an HttpClient.</summary>
    /// <param name="statusCode">100, or 102..199; not checked.</param>
    /// <param name="fields">Its fields; lent until the call has ended.</param>
    /// <param name="cancellationToken">Gives up, in an override that can; the server's own send ends when the client is gone or too slow.</param>
    public virtual ValueTask SendInterimAsync(int statusCode, FieldList fields, CancellationToken cancellationToken) => ValueTask.CompletedTask;

    /// <summary>
    /// The client's raw bytes from here on, once the backend has agreed to an upgrade with 101. Only called when
    /// <see cref="UpgradeProtocol"/> is not empty, and at most once a request.
    /// </summary>
    public virtual MessageBody OpenTunnel() => MessageBody.Empty;
}

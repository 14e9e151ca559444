using System;

namespace GoAround.Core.Http;

/// <summary>The head of one request, filled by <see cref="RequestHeadParser"/>; reused from request to request.</summary>
internal sealed class RequestHead
{
    private static readonly byte[] Slash = "/"u8.ToArray();
    private static readonly byte[] Asterisk = "*"u8.ToArray();

    private State _state;

    /// <summary>Makes a head with a list of its own.</summary>
    public RequestHead()
        : this(new FieldList())
    {
    }

    /// <summary>Makes a head that fills a given list.</summary>
    public RequestHead(FieldList fields) => Fields = fields;

    /// <summary>The end-to-end fields; Host is not among them, see <see cref="Authority"/>.</summary>
    public FieldList Fields { get; }

    /// <summary>The method; lent until the wire is.</summary>
    public RequestMethod Method => _state.Method;

    /// <summary>The path and query as received, at least <c>/</c>, or <c>*</c>; of an absolute target its path and query.</summary>
    public ReadOnlyMemory<byte> Target => _state.Target;

    /// <summary>The authority of an absolute target, else the value of Host as sent (RFC 9112 §3.2.2); empty where there was none.</summary>
    public ReadOnlyMemory<byte> Authority => _state.Authority;

    /// <summary>Whether there was an authority; always so in HTTP/1.1.</summary>
    public bool HasAuthority => _state.Layout.AuthorityLength > 0;

    /// <summary>HTTP/1.0 or HTTP/1.1.</summary>
    public ProtocolVersion Version => _state.Layout.Line.Version;

    /// <summary>None, Length or Chunked. A Content-Length of zero is Length.</summary>
    public BodyFraming Framing => _state.Layout.Framing;

    /// <summary>Bytes; 0 where no Content-Length was sent.</summary>
    public long ContentLength => _state.Layout.Connection.Length;

    /// <summary>At least one byte follows the head.</summary>
    public bool HasBody => _state.Layout.HasBody;

    /// <summary>The client wants to send another request on this connection (RFC 9112 §9.3).</summary>
    public bool KeepAlive => _state.Layout.Connection.Persists(Version);

    /// <summary>The client of HTTP/1.1 waits for 100 (Continue) before it sends a body (RFC 9110 §10.1.1); never so without a body.</summary>
    public bool ExpectsContinue => _state.Layout.ExpectsContinue;

    /// <summary>The client of HTTP/1.1 accepts trailers (<c>TE: trailers</c>).</summary>
    public bool AcceptsTrailers => _state.Layout.Connection.AcceptsTrailers && Version == ProtocolVersion.Http11;

    /// <summary>Connection names fields: trailers, which may have such a name, are not passed on (RFC 9110 §7.6.1).</summary>
    public bool DropsTrailers => _state.Layout.Connection.NamesFields;

    /// <summary>The target is an absolute one of the scheme https.</summary>
    public bool TargetsHttps => _state.Layout.Line.IsHttps;

    /// <summary>The protocols offered in Upgrade; empty unless Connection names it and the version is 1.1, and where h2c is among them.</summary>
    public ReadOnlyMemory<byte> UpgradeProtocol => _state.UpgradeProtocol;

    /// <summary>Bytes from the first one received to the end of the empty line.</summary>
    public int Length => _state.Layout.Length;

    /// <summary>Says where the head's bytes are, once the parser was through with them; may be said again when the buffer moved.</summary>
    /// <param name="wire">Begins with the first byte the parser was given.</param>
    public void Bind(ReadOnlyMemory<byte> wire)
    {
        ref readonly RequestLayout layout = ref _state.Layout;
        int line = layout.LineOffset;
        _state.Method = RequestMethod.Recognise(wire.Slice(line, layout.Line.MethodLength));
        _state.Authority = wire.Slice(layout.AuthorityOffset, layout.AuthorityLength);
        _state.UpgradeProtocol = layout.OffersUpgrade
            ? wire.Slice(layout.Connection.UpgradeOffset, layout.Connection.UpgradeLength)
            : default;
        ReadOnlyMemory<byte> target = wire.Slice(line + layout.Line.TargetOffset, layout.Line.TargetLength);
        _state.Target = layout.Line.Form switch
        {
            TargetForm.Path => target,
            TargetForm.Root => Slash,
            TargetForm.Asterisk => Asterisk,
            _ => (byte[])[(byte)'/', .. target.Span],
        };
        Fields.Borrow(wire);
    }

    /// <summary>Forgets the request, its fields included.</summary>
    public void Reset()
    {
        _state = default;
        Fields.Clear();
    }

    /// <summary>Takes over what the parser found.</summary>
    internal void Accept(in RequestLayout layout) => _state.Layout = layout;

    private struct State
    {
        public RequestLayout Layout;
        public RequestMethod Method;
        public ReadOnlyMemory<byte> Target;
        public ReadOnlyMemory<byte> Authority;
        public ReadOnlyMemory<byte> UpgradeProtocol;
    }
}

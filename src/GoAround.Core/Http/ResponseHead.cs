using System;

namespace GoAround.Core.Http;

/// <summary>The head of one response, filled by <see cref="ResponseHeadParser"/>; reused from response to response.</summary>
internal sealed class ResponseHead
{
    private State _state;

    /// <summary>Makes a head with a list of its own.</summary>
    public ResponseHead()
        : this(new FieldList())
    {
    }

    /// <summary>Makes a head that fills a given list.</summary>
    public ResponseHead(FieldList fields) => Fields = fields;

    /// <summary>The end-to-end fields; Content-Length is not among them, see <see cref="DeclaredLength"/>.</summary>
    public FieldList Fields { get; }

    /// <summary>100..599.</summary>
    public int StatusCode => _state.Layout.StatusCode;

    /// <summary>The reason phrase as received; may be empty; lent until the wire is.</summary>
    public ReadOnlyMemory<byte> Reason => _state.Reason;

    /// <summary>HTTP/1.0 or HTTP/1.1.</summary>
    public ProtocolVersion Version => _state.Layout.Version;

    /// <summary>How the end of the body is told. A Content-Length of zero is Length; 101 is None.</summary>
    public BodyFraming Framing => _state.Layout.Framing;

    /// <summary>Bytes of the body; 0 unless the framing is Length.</summary>
    public long ContentLength => Framing == BodyFraming.Length ? _state.Layout.Connection.Length : 0;

    /// <summary>Bytes; what Content-Length said, also in an answer to HEAD and in 304; null where it was not sent, and in 1xx and 204, which have none (RFC 9110 §8.6).</summary>
    public long? DeclaredLength =>
        _state.Layout.Connection.HasLength && StatusCode >= 200 && StatusCode != 204 ? _state.Layout.Connection.Length : null;

    /// <summary>The backend takes another request on this connection; never so after 101 or where the body ends with the connection.</summary>
    public bool KeepAlive => _state.Layout.KeepAlive;

    /// <summary>Connection names fields: trailers, which may have such a name, are not passed on (RFC 9110 §7.6.1).</summary>
    public bool DropsTrailers => _state.Layout.Connection.NamesFields;

    /// <summary>The protocols in Upgrade; empty unless Connection names it and the version is 1.1.</summary>
    public ReadOnlyMemory<byte> UpgradeProtocol => _state.UpgradeProtocol;

    /// <summary>Bytes from the first one received to the end of the empty line.</summary>
    public int Length => _state.Layout.Length;

    /// <summary>Says where the head's bytes are, once the parser was through with them; may be said again when the buffer moved.</summary>
    /// <param name="wire">Begins with the first byte the parser was given.</param>
    public void Bind(ReadOnlyMemory<byte> wire)
    {
        ref readonly ResponseLayout layout = ref _state.Layout;
        _state.Reason = wire.Slice(layout.ReasonOffset, layout.ReasonLength);
        _state.UpgradeProtocol = layout.OffersUpgrade
            ? wire.Slice(layout.Connection.UpgradeOffset, layout.Connection.UpgradeLength)
            : default;
        Fields.Borrow(wire);
    }

    /// <summary>Forgets the response, its fields included.</summary>
    public void Reset()
    {
        _state = default;
        Fields.Clear();
    }

    /// <summary>Takes over what the parser found.</summary>
    internal void Accept(in ResponseLayout layout) => _state.Layout = layout;

    private struct State
    {
        public ResponseLayout Layout;
        public ReadOnlyMemory<byte> Reason;
        public ReadOnlyMemory<byte> UpgradeProtocol;
    }
}

using System;
using System.Buffers;
using System.Net;
using System.Net.Sockets;
using GoAround.Core.Http;

namespace GoAround.Core.Server;

/// <summary>
/// Tells the backend who the client is and what it asked for: X-Forwarded-For, -Proto and -Host, or Forwarded. What a client
/// itself says there is taken out, unless it is a proxy that is trusted. One for each session, or used again from client to client.
/// </summary>
internal sealed class ForwardedFields
{
    private const int MaxAddressBytes = 45; // of IPv6 that ends in IPv4
    private const int AddressOffset = 17; // behind name, colon and space

    private readonly bool _setsXForwarded;
    private readonly bool _setsForwarded;
    private readonly TrustedProxies _proxies;
    private readonly byte[] _line = new byte[AddressOffset + MaxAddressBytes + 2]; // X-Forwarded-For: 192.0.2.1 CRLF
    private int _length;
    private IPAddress? _client;

    /// <param name="options">Which fields, and in which form.</param>
    /// <param name="proxies">Whose word is believed.</param>
    /// <param name="client">Null where it is not known.</param>
    public ForwardedFields(ServerOptions options, TrustedProxies proxies, IPAddress? client)
    {
        ForwardedFormat format = options.Forwarded;
        _proxies = proxies;
        _setsXForwarded = format is ForwardedFormat.XForwarded or ForwardedFormat.Both;
        _setsForwarded = format is ForwardedFormat.Forwarded or ForwardedFormat.Both;
        Take(client);
    }

    /// <summary>The client is a proxy that is believed what it says.</summary>
    public bool IsTrusted { get; private set; }

    private ReadOnlySpan<byte> Address => _line.AsSpan(AddressOffset, _length);

    /// <summary>From here on the client is another one.</summary>
    public void Begin(IPAddress? client)
    {
        if (!ReferenceEquals(client, _client) || client is null)
        {
            Take(client);
        }
    }

    /// <summary>Takes out what is not believed, and adds what is known here.</summary>
    public void Apply(ProxyRequest request)
    {
        Earlier earlier = Sift(request.Fields);
        if (_setsXForwarded)
        {
            AddXForwarded(request, in earlier);
        }

        if (_setsForwarded)
        {
            AddForwarded(request, earlier.ForwardedBytes);
        }
    }

    private void Take(IPAddress? client)
    {
        _client = client;
        IsTrusted = _proxies.Contains(client);
        "X-Forwarded-For: "u8.CopyTo(_line);
        Span<byte> address = _line.AsSpan(AddressOffset);
        if (client is null)
        {
            "unknown"u8.CopyTo(address);
            _length = "unknown"u8.Length;
        }
        else
        {
            Plain(client).TryFormat(address, out _length); // it has room for every address
        }

        "\r\n"u8.CopyTo(address[_length..]);
    }

    // The zone of a link-local address means nothing to anybody else, and has no place in RFC 7239's IPv6address.
    private static IPAddress Plain(IPAddress address) =>
        address.IsIPv4MappedToIPv6 ? address.MapToIPv4()
        : address is { AddressFamily: AddressFamily.InterNetworkV6, ScopeId: > 0 } ? new IPAddress(address.GetAddressBytes()) : address;

    /// <summary>Takes out what is not believed; tells what is left.</summary>
    private Earlier Sift(FieldList fields)
    {
        Earlier earlier = default;
        for (int i = fields.Count - 1; i >= 0; i--)
        {
            KnownField known = fields.KnownAt(i);
            if (known is not (KnownField.Forwarded or (>= KnownField.XForwardedFor and <= KnownField.XForwardedUnderscored)))
            {
                continue;
            }

            if (!IsTrusted || known == KnownField.XForwardedUnderscored)
            {
                fields.RemoveAt(i);
                continue;
            }

            switch (known)
            {
                case KnownField.Forwarded:
                    if (HasOpenQuote(fields[i].Value))
                    {
                        // What is added behind it would be within the quotes: a client's trick that its proxy let through. Whom it forwards for is not to be told from it   RFC 7239 §6.2
                        fields.ReplaceAt(i, "Forwarded"u8, "for=unknown"u8, KnownField.Forwarded);
                    }

                    earlier.ForwardedBytes += fields[i].Value.Length + 2;
                    break;
                case KnownField.XForwardedFor:
                    earlier.ForBytes += fields[i].Value.Length + 2;
                    break;
                case KnownField.XForwardedHost:
                    earlier.HasHost = true;
                    break;
                case KnownField.XForwardedProto:
                    earlier.HasProto = true;
                    break;
            }
        }

        return earlier;
    }

    // quoted-string = DQUOTE *( qdtext / quoted-pair ) DQUOTE; quoted-pair = "\" ( HTAB / SP / VCHAR / obs-text )   RFC 9110 §5.6.4
    private static bool HasOpenQuote(ReadOnlySpan<byte> value)
    {
        bool isOpen = false;
        while (value.IndexOfAny((byte)'"', (byte)'\\') is var at and >= 0)
        {
            bool isPair = isOpen && value[at] == (byte)'\\';
            isOpen ^= value[at] == (byte)'"';
            value = value[Math.Min(at + (isPair ? 2 : 1), value.Length)..];
        }

        return isOpen;
    }

    private void AddXForwarded(ProxyRequest request, in Earlier earlier)
    {
        FieldList fields = request.Fields;
        if (earlier.ForBytes == 0)
        {
            fields.AddOwnLine(_line.AsSpan(0, AddressOffset + _length + 2), AddressOffset - 2, KnownField.XForwardedFor);
        }
        else
        {
            byte[] rented = ArrayPool<byte>.Shared.Rent(earlier.ForBytes + _length);
            Line line = new(rented);
            line.Take(fields, KnownField.XForwardedFor);
            line.Append(Address);
            fields.AddOwn("X-Forwarded-For"u8, line.Bytes, KnownField.XForwardedFor);
            ArrayPool<byte>.Shared.Return(rented);
        }

        if (!earlier.HasProto)
        {
            ReadOnlySpan<byte> line = request.Scheme == "https" ? "X-Forwarded-Proto: https\r\n"u8 : "X-Forwarded-Proto: http\r\n"u8;
            fields.AddOwnLine(line, "X-Forwarded-Proto".Length, KnownField.XForwardedProto);
        }

        if (!earlier.HasHost && !request.Authority.IsEmpty)
        {
            fields.AddOwn("X-Forwarded-Host"u8, request.Authority.Span, KnownField.XForwardedHost);
        }
    }

    // Forwarded = 1#forwarded-element; forwarded-element = [ forwarded-pair ] *( ";" [ forwarded-pair ] )
    // forwarded-pair = token "=" value; value = token / quoted-string; node = IPv4address / "[" IPv6address "]" / "unknown"   RFC 7239 §4, §6
    private void AddForwarded(ProxyRequest request, int earlierBytes)
    {
        const int OtherBytes = 64; // names and marks
        ReadOnlySpan<byte> host = request.Authority.Span;
        byte[] rented = ArrayPool<byte>.Shared.Rent(earlierBytes + _length + host.Length + OtherBytes);
        Line line = new(rented);
        if (earlierBytes > 0)
        {
            line.Take(request.Fields, KnownField.Forwarded);
        }

        bool isV6 = Address.Contains((byte)':');
        line.Append(isV6 ? "for=\"["u8 : "for="u8);
        line.Append(Address);
        line.Append(isV6 ? "]\""u8 : default);
        if (!host.IsEmpty)
        {
            bool isToken = FieldSyntax.IsToken(host);
            line.Append(isToken ? ";host="u8 : ";host=\""u8); // an authority has no quote and no backslash: HostSyntax
            line.Append(host);
            line.Append(isToken ? default : "\""u8);
        }

        line.Append(";proto="u8);
        line.Append(SchemeOf(request));
        request.Fields.AddOwn("Forwarded"u8, line.Bytes, KnownField.Forwarded);
        ArrayPool<byte>.Shared.Return(rented);
    }

    private static ReadOnlySpan<byte> SchemeOf(ProxyRequest request) => request.Scheme == "https" ? "https"u8 : "http"u8;

    /// <summary>What trusted proxies said before.</summary>
    private struct Earlier
    {
        public int ForBytes;
        public int ForwardedBytes;
        public bool HasHost;
        public bool HasProto;
    }

    /// <summary>A value that grows in a span with room enough.</summary>
    private ref struct Line(Span<byte> room)
    {
        private readonly Span<byte> _room = room;
        private int _length;

        public readonly ReadOnlySpan<byte> Bytes => _room[.._length];

        public void Append(scoped ReadOnlySpan<byte> bytes)
        {
            bytes.CopyTo(_room[_length..]);
            _length += bytes.Length;
        }

        /// <summary>Moves the lines of a field out of the list, into one.</summary>
        public void Take(FieldList fields, KnownField known)
        {
            for (int i = 0; i < fields.Count; i++)
            {
                if (fields.KnownAt(i) != known)
                {
                    continue;
                }

                ReadOnlySpan<byte> value = fields[i].Value;
                if (!value.IsEmpty)
                {
                    Append(value);
                    Append(", "u8);
                }

                fields.RemoveAt(i--);
            }
        }
    }
}

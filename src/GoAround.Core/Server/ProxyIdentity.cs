using System;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using GoAround.Core.Http;

namespace GoAround.Core.Server;

/// <summary>What this balancer says of itself in messages, Via and Proxy-Status, rendered once.</summary>
internal sealed class ProxyIdentity
{
    /// <summary>Longer details are left out of Proxy-Status.</summary>
    public const int MaxDetailsBytes = 128;

    // Balancers in a chain may all have the default name: one that stands there a few times is a chain, many times a loop.
    private const int MaxPasses = 10;

    private readonly bool _marksRequests;
    private readonly byte[] _name;
    private readonly byte[] _via10; // whole lines
    private readonly byte[] _via11;
    private readonly byte[] _via2;
    private readonly byte[] _via3;
    private readonly byte[][] _statuses;

    public ProxyIdentity(ServerOptions options)
    {
        string name = options.ProxyName;
        _name = Encoding.ASCII.GetBytes(name);
        _via10 = Encoding.ASCII.GetBytes($"Via: 1.0 {name}\r\n");
        _via11 = Encoding.ASCII.GetBytes($"Via: 1.1 {name}\r\n");
        _via2 = Encoding.ASCII.GetBytes($"Via: 2 {name}\r\n");
        _via3 = Encoding.ASCII.GetBytes($"Via: 3 {name}\r\n");
        _statuses = Array.ConvertAll(Enum.GetValues<ProxyError>(), error => Encoding.ASCII.GetBytes($"{Item(name)}; error={error.Name()}"));
        _marksRequests = options.Via != ViaMode.Off;
        MarksResponses = options.Via == ViaMode.Both;
    }

    /// <summary>Responses of backends get a Via.</summary>
    public bool MarksResponses { get; }

    /// <summary>The line of Via for a message that was received in a version, with its CRLF.</summary>
    // Via = #( received-protocol RWS received-by [ RWS comment ] )   RFC 9110 §7.6.3
    public ReadOnlySpan<byte> ViaLine(ProtocolVersion received) => received switch
    {
        ProtocolVersion.Http10 => _via10,
        ProtocolVersion.Http11 => _via11,
        ProtocolVersion.Http2 => _via2,
        _ => _via3,
    };

    /// <summary>The value of Via for a message that was received in a version.</summary>
    public ReadOnlySpan<byte> Via(ProtocolVersion received) => ViaLine(received)["Via: ".Length..^2];

    /// <summary>The value of Proxy-Status, without details; empty for what is not told there.</summary>
    // Proxy-Status = sf-list, here of one member with its parameters   RFC 9209 §2
    public ReadOnlySpan<byte> Status(ProxyError error) =>
        error is ProxyError.None or ProxyError.ClientLeft || (int)error >= _statuses.Length ? default : _statuses[(int)error];

    /// <summary>Whether details can stand in Proxy-Status as they are.</summary>
    // sf-string = DQUOTE *( unescaped / "\" ( DQUOTE / "\" ) ) DQUOTE; unescaped = %x20-21 / %x23-5B / %x5D-7E   RFC 8941 §3.3.3
    public static bool MayTell([NotNullWhen(true)] string? details) =>
        details is { Length: <= MaxDetailsBytes } && !details.AsSpan().ContainsAnyExceptInRange(' ', '~') && details.AsSpan().IndexOfAny('"', '\\') < 0;

    /// <summary>The value of Proxy-Status with its details, as text; null for what is not told there.</summary>
    public string? StatusText(ProxyError error, string? details)
    {
        ReadOnlySpan<byte> status = Status(error);
        return status.IsEmpty ? null
            : MayTell(details) ? $"{Encoding.ASCII.GetString(status)}; details=\"{details}\""
            : Encoding.ASCII.GetString(status);
    }

    /// <summary>Adds the Via of a request; false: it has passed a proxy of this name so often that it must be going round in a circle (RFC 9110 §7.6).</summary>
    public bool TryMark(ProxyRequest request)
    {
        if (!_marksRequests)
        {
            return true;
        }

        bool isLoop = IsLoop(request.Fields);
        request.Fields.AddOwnLine(ViaLine(request.Version), "Via".Length, KnownField.Via);
        return !isLoop;
    }

    private bool IsLoop(FieldList fields)
    {
        int passes = 0;
        for (int i = 0; i < fields.Count; i++)
        {
            if (fields.KnownAt(i) == KnownField.Via)
            {
                passes += Passes(fields[i].Value);
            }
        }

        return passes >= MaxPasses;
    }

    private int Passes(ReadOnlySpan<byte> via)
    {
        int passes = 0;
        ListReader hops = new(via);
        while (hops.TryNext(out ReadOnlySpan<byte> hop))
        {
            int space = hop.IndexOfAny((byte)' ', (byte)'\t');
            ReadOnlySpan<byte> by = space < 0 ? default : FieldSyntax.Trim(hop[space..]);
            int end = by.IndexOfAny((byte)' ', (byte)'\t');
            passes += Ascii.EqualsIgnoreCase(end < 0 ? by : by[..end], _name) ? 1 : 0;
        }

        return passes;
    }

    // sf-item = ( sf-token / sf-string ... ) parameters; sf-token = ( ALPHA / "*" ) *( tchar / ":" / "/" )   RFC 8941 §3.3
    private static string Item(string name) => char.IsAsciiLetter(name[0]) || name[0] == '*' ? name : $"\"{name}\"";
}

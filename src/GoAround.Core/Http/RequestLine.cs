using System;
using System.Buffers;
using System.Text;

namespace GoAround.Core.Http;

/// <summary>Where the parts of a request line stand; offsets from the line's first byte.</summary>
internal struct RequestLine
{
    // Every visible ASCII byte but the fragment's mark. Some of these need percent-encoding by RFC 3986, but clients send them bare.
    private static readonly SearchValues<byte> TargetBytes = SearchValues.Create(
        "!\"$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghijklmnopqrstuvwxyz{|}~"u8);

    public int MethodLength { get; private set; }

    public int TargetOffset { get; private set; }

    public int TargetLength { get; private set; }

    public TargetForm Form { get; private set; }

    public int AuthorityOffset { get; private set; }

    public int AuthorityLength { get; private set; }

    public ProtocolVersion Version { get; private set; }

    public bool IsHttps { get; private set; }

    /// <summary>Reads a line that has no control bytes but HTAB.</summary>
    // request-line = method SP request-target SP HTTP-version   RFC 9112 §3
    public static Rejection Read(ReadOnlySpan<byte> line, out RequestLine result)
    {
        result = default;
        int space = line.StartsWith("GET "u8) ? 3 : FieldSyntax.TokenLength(line);
        if (space == 0 || (space < line.Length && line[space] != (byte)' '))
        {
            return Rejection.InvalidMethod;
        }

        int targetEnd = line.Length - VersionSyntax.LengthBytes - 1;
        if (targetEnd <= space || line[targetEnd] != (byte)' ')
        {
            // Without a second space it may be HTTP/0.9, which nobody speaks; the line is malformed either way.
            bool hasVersion = space < line.Length && line[(space + 1)..].Contains((byte)' ');
            return hasVersion ? Rejection.InvalidVersion : Rejection.InvalidRequestLine;
        }

        Rejection rejection = VersionSyntax.Read(line[(targetEnd + 1)..], out ProtocolVersion version);
        if (rejection != Rejection.None)
        {
            return rejection;
        }

        result.Version = version;
        result.MethodLength = space;
        result.TargetOffset = space + 1;
        result.TargetLength = targetEnd - space - 1;
        return result.ReadTarget(line[..space], line[(space + 1)..targetEnd]);
    }

    // request-target = origin-form / absolute-form / authority-form / asterisk-form   RFC 9112 §3.2
    private Rejection ReadTarget(ReadOnlySpan<byte> method, ReadOnlySpan<byte> target)
    {
        if (method.SequenceEqual("CONNECT"u8))
        {
            return Rejection.ConnectNotSupported;
        }

        if (target.IsEmpty)
        {
            return Rejection.InvalidTarget;
        }

        int invalid = target.IndexOfAnyExcept(TargetBytes);
        if (invalid >= 0)
        {
            return target[invalid] == (byte)'#' ? Rejection.FragmentInTarget : Rejection.InvalidTarget;
        }

        if (target[0] == (byte)'/')
        {
            return Rejection.None;
        }

        bool isOptions = method.SequenceEqual("OPTIONS"u8);
        if (target.SequenceEqual("*"u8))
        {
            Form = TargetForm.Asterisk;
            return isOptions ? Rejection.None : Rejection.InvalidTarget;
        }

        return ReadAbsolute(target, isOptions);
    }

    // absolute-form = absolute-URI = "http" ["s"] "://" authority path-abempty [ "?" query ]   RFC 9112 §3.2.2, RFC 9110 §4.2
    private Rejection ReadAbsolute(ReadOnlySpan<byte> target, bool isOptions)
    {
        int scheme = StartsWith(target, "http://"u8) ? 7 : StartsWith(target, "https://"u8) ? 8 : 0;
        if (scheme == 0)
        {
            return Rejection.InvalidTarget;
        }

        ReadOnlySpan<byte> rest = target[scheme..];
        int length = rest.IndexOfAny((byte)'/', (byte)'?');
        length = length < 0 ? rest.Length : length;
        if (!HostSyntax.IsValid(rest[..length]))
        {
            return Rejection.InvalidHost;
        }

        IsHttps = scheme == 8;
        AuthorityOffset = TargetOffset + scheme;
        AuthorityLength = length;
        TargetOffset = AuthorityOffset + length;
        TargetLength = rest.Length - length;
        if (TargetLength == 0)
        {
            // The last proxy turns such an OPTIONS into one of the whole server (RFC 9112 §3.2.4).
            Form = isOptions ? TargetForm.Asterisk : TargetForm.Root;
        }
        else if (rest[length] == (byte)'?')
        {
            Form = TargetForm.QueryOnly;
        }

        return Rejection.None;
    }

    /// <summary>What may stand in the request line as a target, a fragment's mark not among it; not empty.</summary>
    internal static bool IsTarget(ReadOnlySpan<byte> target) => !target.IsEmpty && !target.ContainsAnyExcept(TargetBytes);

    private static bool StartsWith(ReadOnlySpan<byte> target, ReadOnlySpan<byte> scheme) =>
        target.Length >= scheme.Length && Ascii.EqualsIgnoreCase(target[..scheme.Length], scheme);
}

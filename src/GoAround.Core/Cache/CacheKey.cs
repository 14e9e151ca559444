using System;
using System.Buffers.Text;
using System.Text;
using GoAround.Core.Http;

namespace GoAround.Core.Cache;

/// <summary>
/// Under which key the answers to a request are stored: <c>scheme://host</c>, lower-case and without the scheme's own port, and the target as it was received; behind that
/// the host as it was received, where that is another form, and what a proxy in front says.
/// No byte of that is a control byte; what may follow begins with one, so that <see cref="UrlLength"/> finds its end.
/// </summary>
internal static class CacheKey
{
    /// <summary>What stands behind the URL of a key that goes on; with it the URL is a tag of all such keys.</summary>
    // What a proxy in front says in X-Forwarded-* and Forwarded reaches the backend, so the answer may depend on it: it is part of the key, as the URL where it can be, else behind it.
    public const byte Behind = 1;

    /// <summary>Appends the primary key of a request.</summary>
    // "the primary key ... minimally the request method and target URI"   RFC 9111 §2; the method is GET always
    public static void Append(ref KeyBuffer key, ProxyRequest request)
    {
        FieldList fields = request.Fields;
        bool isHttps = request.Scheme.Length == 5;
        ReadOnlySpan<byte> host = request.Authority.Span;
        bool goesOn = false;
        bool hasHost = false;
        bool hasProto = false;
        bool isForwarded = false;
        for (int i = 0; i < fields.Count; i++)
        {
            FieldLine line = fields[i];
            switch (line.Known)
            {
                case KnownField.XForwardedProto:
                    isHttps = IsScheme(line.Value, out bool saysHttps) ? saysHttps : isHttps;
                    goesOn |= hasProto || !(line.Value.SequenceEqual("https"u8) || line.Value.SequenceEqual("http"u8)); // which of several counts, and in which case, a backend may see otherwise
                    hasProto = true;
                    break;
                case KnownField.XForwardedHost when !hasHost && line.Value.SequenceEqual(host):
                    hasHost = true;
                    break;
                case KnownField.XForwardedHost:
                    host = !hasHost && HostSyntax.IsValid(line.Value) ? line.Value : host;
                    hasHost = true; // the first one, be it what it may
                    goesOn = true;
                    break;
                case KnownField.XForwardedOther:
                    goesOn = true;
                    break;
                case KnownField.Forwarded:
                    isForwarded = true;
                    break;
            }
        }

        goesOn |= isForwarded && IsForwardedNeeded(request, isHttps); // X-Forwarded-Proto may stand behind it

        int start = key.Length + (isHttps ? 8 : 7); // https://
        AppendOrigin(ref key, isHttps, host);

        // The backend gets Host as it came, and may answer one form otherwise than another: any but the usual one has answers of its own.
        goesOn |= !key.Span[start..].SequenceEqual(request.Authority.Span);
        key.Append(request.Target.Span);
        if (goesOn)
        {
            AppendBehind(ref key, request);
        }
    }

    /// <summary>Appends the key of a URL, as an operator gives it to purge; false where it is no http or https URL.</summary>
    public static bool TryParse(ReadOnlySpan<char> url, ref KeyBuffer key)
    {
        byte[] bytes = new byte[url.Length];
        for (int i = 0; i < url.Length; i++)
        {
            if (url[i] is <= ' ' or >= (char)0x7F)
            {
                return false;
            }

            bytes[i] = (byte)url[i];
        }

        return TryAppendUrl(ref key, bytes);
    }

    /// <summary>
    /// How many bytes of a key are its URL. The variants that are stored under it have it as a tag, so that to remove it removes them. What was fetched under another
    /// form of the host, or for a proxy in front that says more than Host does, has the URL with <see cref="Behind"/> as a tag: who removes the URL removes that too.
    /// </summary>
    public static int UrlLength(ReadOnlySpan<byte> key)
    {
        int end = key.IndexOfAnyInRange((byte)0, (byte)0x1F);
        return end < 0 ? key.Length : end;
    }

    /// <summary>Appends <c>scheme://host</c>.</summary>
    // Scheme and host are case-insensitive, and an empty or default port is the same as none   RFC 9110 §4.2.3
    public static void AppendOrigin(ref KeyBuffer key, bool isHttps, ReadOnlySpan<byte> authority)
    {
        key.Append(isHttps ? "https://"u8 : "http://"u8);
        int hostLength = HostLength(authority);
        foreach (byte value in authority[..hostLength])
        {
            key.Append((byte)char.ToLowerInvariant((char)value));
        }

        ReadOnlySpan<byte> port = authority[hostLength..];
        if (port.Length > 1 && Utf8Parser.TryParse(port[1..], out int number, out int read) && read == port.Length - 1 && number != (isHttps ? 443 : 80))
        {
            Span<byte> digits = stackalloc byte[11];
            Utf8Formatter.TryFormat(number, digits, out int length);
            key.Append((byte)':');
            key.Append(digits[..length]);
        }
    }

    /// <summary>Splits an absolute http or https URL; the rest begins with the path, or is empty, or a query or fragment.</summary>
    // http-URI = "http" "://" authority path-abempty [ "?" query ]   RFC 9110 §4.2.1
    public static bool TrySplit(ReadOnlySpan<byte> url, out bool isHttps, out ReadOnlySpan<byte> authority, out ReadOnlySpan<byte> rest)
    {
        authority = default;
        rest = default;
        int colon = url.IndexOf((byte)':');
        isHttps = colon == 5;
        if (colon < 0 || !IsScheme(url[..colon], out isHttps) || !url[(colon + 1)..].StartsWith("//"u8))
        {
            return false;
        }

        url = url[(colon + 3)..];
        int end = url.IndexOfAny("/?#"u8);
        end = end < 0 ? url.Length : end;
        authority = url[..end];
        rest = url[end..];
        return HostSyntax.IsValid(authority);
    }

    private static bool TryAppendUrl(ref KeyBuffer key, ReadOnlySpan<byte> url)
    {
        if (!TrySplit(url, out bool isHttps, out ReadOnlySpan<byte> authority, out ReadOnlySpan<byte> rest))
        {
            return false;
        }

        AppendOrigin(ref key, isHttps, authority);
        int fragment = rest.IndexOf((byte)'#');
        rest = fragment < 0 ? rest : rest[..fragment];
        if (rest.IsEmpty || rest[0] != (byte)'/')
        {
            key.Append((byte)'/');
        }

        key.Append(rest);
        return true;
    }

    private static bool IsForwardedNeeded(ProxyRequest request, bool isHttps)
    {
        FieldList fields = request.Fields;
        bool isNeeded = false;
        for (int i = 0; i < fields.Count && !isNeeded; i++)
        {
            FieldLine line = fields[i];
            isNeeded = line.Known == KnownField.Forwarded && ForwardedKey.IsNeeded(line.Value, request.Authority.Span, isHttps);
        }

        return isNeeded;
    }

    private static void AppendBehind(ref KeyBuffer key, ProxyRequest request)
    {
        key.Append(Behind);
        key.Append(request.Authority.Span);
        FieldList fields = request.Fields;
        for (int i = 0; i < fields.Count; i++)
        {
            FieldLine line = fields[i];
            if (line.Known is KnownField.XForwardedProto or KnownField.XForwardedHost or KnownField.XForwardedOther)
            {
                key.Append(Behind);
                key.Append(line.Name);
                key.Append((byte)':');
                key.Append(line.Value);
            }
            else if (line.Known == KnownField.Forwarded)
            {
                key.Append(Behind);
                key.Append("Forwarded:"u8);
                ForwardedKey.Append(ref key, line.Value);
            }
        }
    }

    private static int HostLength(ReadOnlySpan<byte> authority)
    {
        int colon = authority.LastIndexOf((byte)':');
        return colon < 0 || authority[(colon + 1)..].Contains((byte)']') ? authority.Length : colon;
    }

    private static bool IsScheme(ReadOnlySpan<byte> value, out bool isHttps)
    {
        isHttps = Ascii.EqualsIgnoreCase(value, "https"u8);
        return isHttps || Ascii.EqualsIgnoreCase(value, "http"u8);
    }
}

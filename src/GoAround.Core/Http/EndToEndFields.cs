using System;
using System.Text;

namespace GoAround.Core.Http;

/// <summary>
/// The fields that the Connection field of a message cannot remove, although it names them. They are meant for every
/// recipient (RFC 9110 §7.6.1), and a client that could have them removed could hide where it comes from, its
/// credentials, or what may be cached, from the backend (the attack known as hop-by-hop abuse).
/// </summary>
internal static class EndToEndFields
{
    /// <summary>Whether a field stays, whoever names it.</summary>
    public static bool Contains(ReadOnlySpan<byte> name, KnownField known)
    {
        if (known is not (KnownField.Other or KnownField.Trailer or KnownField.ProxyAuthenticate or KnownField.ProxyAuthorization))
        {
            return true;
        }

        return HasPrefix(name, "X-Forwarded-"u8) || HasPrefix(name, "Content-"u8) || name.Length switch
        {
            3 => Ascii.EqualsIgnoreCase(name, "Age"u8),
            4 => Ascii.EqualsIgnoreCase(name, "Vary"u8) || Ascii.EqualsIgnoreCase(name, "ETag"u8),
            5 => Ascii.EqualsIgnoreCase(name, "Range"u8),
            6 => Ascii.EqualsIgnoreCase(name, "Cookie"u8) || Ascii.EqualsIgnoreCase(name, "Origin"u8) || Ascii.EqualsIgnoreCase(name, "Pragma"u8),
            7 => Ascii.EqualsIgnoreCase(name, "Expires"u8),
            8 => Ascii.EqualsIgnoreCase(name, "Location"u8) || Ascii.EqualsIgnoreCase(name, "If-Match"u8) || Ascii.EqualsIgnoreCase(name, "If-Range"u8),
            9 => Ascii.EqualsIgnoreCase(name, "X-Real-IP"u8),
            10 => Ascii.EqualsIgnoreCase(name, "Set-Cookie"u8),
            12 => Ascii.EqualsIgnoreCase(name, "Max-Forwards"u8),
            13 => Ascii.EqualsIgnoreCase(name, "Authorization"u8) || Ascii.EqualsIgnoreCase(name, "Cache-Control"u8)
                || Ascii.EqualsIgnoreCase(name, "If-None-Match"u8),
            16 => Ascii.EqualsIgnoreCase(name, "WWW-Authenticate"u8),
            17 => Ascii.EqualsIgnoreCase(name, "If-Modified-Since"u8),
            19 => Ascii.EqualsIgnoreCase(name, "If-Unmodified-Since"u8),
            _ => false,
        };
    }

    private static bool HasPrefix(ReadOnlySpan<byte> name, ReadOnlySpan<byte> prefix) =>
        name.Length > prefix.Length && Ascii.EqualsIgnoreCase(name[..prefix.Length], prefix);
}

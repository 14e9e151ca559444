using System;
using System.Text;

namespace GoAround.Core.Http;

/// <summary>Recognises the field names a proxy acts on: one switch by length, one letter, at most one or two comparisons.</summary>
internal static class FieldNames
{
    /// <summary>Which known name these bytes are, in any case; <see cref="KnownField.Other"/> for the rest.</summary>
    public static KnownField Recognise(ReadOnlySpan<byte> name) => name.Length switch
    {
        2 => Match(name, "TE"u8, KnownField.Te),
        3 => Match(name, "Via"u8, KnownField.Via),
        4 => Match(name, "Host"u8, "Date"u8, KnownField.Host, KnownField.Date),
        6 => Match(name, "Expect"u8, KnownField.Expect),
        7 => Match(name, "Upgrade"u8, "Trailer"u8, KnownField.Upgrade, KnownField.Trailer),
        9 => Match(name, "Forwarded"u8, KnownField.Forwarded),
        10 => Match(name, "Connection"u8, "Keep-Alive"u8, KnownField.Connection, KnownField.KeepAlive),
        11 => Match(name, "Traceparent"u8, KnownField.TraceParent),
        14 => Match(name, "Content-Length"u8, KnownField.ContentLength),
        15 => Match(name, "X-Forwarded-For"u8, KnownField.XForwardedFor),
        16 => Match(name, "X-Forwarded-Host"u8, "Proxy-Connection"u8, KnownField.XForwardedHost, KnownField.ProxyConnection),
        17 => Match(name, "Transfer-Encoding"u8, "X-Forwarded-Proto"u8, KnownField.TransferEncoding, KnownField.XForwardedProto),
        18 => Match(name, "Proxy-Authenticate"u8, KnownField.ProxyAuthenticate),
        19 => Match(name, "Proxy-Authorization"u8, KnownField.ProxyAuthorization),
        _ => KnownField.Other,
    };

    // The first letter rules out nearly every other name of the same length; the comparison costs several times as much.
    private static KnownField Match(ReadOnlySpan<byte> name, ReadOnlySpan<byte> known, KnownField field) =>
        ((name[0] ^ known[0]) & ~0x20) == 0 && Ascii.EqualsIgnoreCase(name, known) ? field : KnownField.Other;

    private static KnownField Match(
        ReadOnlySpan<byte> name, ReadOnlySpan<byte> first, ReadOnlySpan<byte> second, KnownField firstField, KnownField secondField)
    {
        KnownField field = Match(name, first, firstField);
        return field == KnownField.Other ? Match(name, second, secondField) : field;
    }
}

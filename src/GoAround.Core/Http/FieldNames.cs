using System;
using System.Buffers.Binary;
using System.Text;

namespace GoAround.Core.Http;

/// <summary>Recognises the field names a proxy acts on: one switch by length, one letter, at most one or two comparisons.</summary>
internal static class FieldNames
{
    private const int XForwardedBytes = 12; // X-Forwarded-
    private const ulong AllSmall = 0x2020202020202020;

    private static readonly ulong Forwarde = BinaryPrimitives.ReadUInt64LittleEndian("forwarde"u8);

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
        < XForwardedBytes => KnownField.Other,
        _ when (name[0] | 0x20) == 'x' => RecogniseX(name),
        14 => Match(name, "Content-Length"u8, KnownField.ContentLength),
        16 => Match(name, "Proxy-Connection"u8, KnownField.ProxyConnection),
        17 => Match(name, "Transfer-Encoding"u8, KnownField.TransferEncoding),
        18 => Match(name, "Proxy-Authenticate"u8, KnownField.ProxyAuthenticate),
        19 => Match(name, "Proxy-Authorization"u8, KnownField.ProxyAuthorization),
        _ => KnownField.Other,
    };

    // Eight letters in one comparison: most names that begin with X end here.
    private static KnownField RecogniseX(ReadOnlySpan<byte> name)
    {
        if ((BinaryPrimitives.ReadUInt64LittleEndian(name[2..]) | AllSmall) != Forwarde || (name[10] | 0x20) != 'd' || !IsDash(name[1]) || !IsDash(name[11]))
        {
            return KnownField.Other;
        }

        if (name.Contains((byte)'_'))
        {
            return KnownField.XForwardedUnderscored;
        }

        ReadOnlySpan<byte> what = name[XForwardedBytes..];
        return what.Length switch
        {
            3 when Ascii.EqualsIgnoreCase(what, "For"u8) => KnownField.XForwardedFor,
            4 when Ascii.EqualsIgnoreCase(what, "Host"u8) => KnownField.XForwardedHost,
            5 when Ascii.EqualsIgnoreCase(what, "Proto"u8) => KnownField.XForwardedProto,
            _ => KnownField.XForwardedOther,
        };
    }

    private static bool IsDash(byte value) => value is (byte)'-' or (byte)'_';

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

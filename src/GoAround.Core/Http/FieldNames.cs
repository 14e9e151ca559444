using System;
using System.Buffers.Binary;
using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace GoAround.Core.Http;

/// <summary>Recognises the field names a proxy acts on: one switch by length, then eight letters at once.</summary>
internal static class FieldNames
{
    private const int XForwardedBytes = 12; // X-Forwarded-
    private const ulong AllSmall = 0x2020202020202020;
    private const int MostCompared = 24;
    private const uint FourSmall = 0x20202020;

    private static readonly ulong Forwarde = BinaryPrimitives.ReadUInt64LittleEndian("forwarde"u8);

    /// <summary>Which known name a token is, in any case; <see cref="KnownField.Other"/> for the rest.</summary>
    public static KnownField Recognise(ReadOnlySpan<byte> name) => name.Length switch
    {
        2 => Match(name, "te"u8, KnownField.Te),
        3 => Match(name, "via"u8, KnownField.Via),
        4 => Match(name, "host"u8, "date"u8, KnownField.Host, KnownField.Date),
        6 => Match(name, "expect"u8, KnownField.Expect),
        7 => Match(name, "upgrade"u8, "trailer"u8, KnownField.Upgrade, KnownField.Trailer),
        9 => Match(name, "forwarded"u8, KnownField.Forwarded),
        10 => Match(name, "connection"u8, "keep-alive"u8, KnownField.Connection, KnownField.KeepAlive),
        11 => Match(name, "traceparent"u8, KnownField.TraceParent),
        < XForwardedBytes => KnownField.Other,
        _ when (name[0] | 0x20) == 'x' => RecogniseX(name),
        14 => Match(name, "content-length"u8, KnownField.ContentLength),
        16 => Match(name, "proxy-connection"u8, KnownField.ProxyConnection),
        17 => Match(name, "transfer-encoding"u8, KnownField.TransferEncoding),
        18 => Match(name, "proxy-authenticate"u8, KnownField.ProxyAuthenticate),
        19 => Match(name, "proxy-authorization"u8, KnownField.ProxyAuthorization),
        _ => KnownField.Other,
    };

    /// <summary>Whether bytes without control bytes are a name, in any case. The bit that makes letters small turns nothing else but control bytes into a letter or a dash.</summary>
    /// <param name="name">Without control bytes.</param>
    /// <param name="small">Small letters and dashes, at most 24.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsSame(ReadOnlySpan<byte> name, ReadOnlySpan<byte> small)
    {
        Debug.Assert(small.Length <= MostCompared, "the middle of a longer name is not compared");
        if (name.Length != small.Length)
        {
            return false;
        }

        switch (small.Length)
        {
            case >= 16:
                return IsSame8(name, small, 0) && IsSame8(name, small, 8) && IsSame8(name, small, small.Length - 8);
            case >= 8:
                return IsSame8(name, small, 0) && IsSame8(name, small, small.Length - 8);
            case >= 4:
                return IsSame4(name, small, 0) && IsSame4(name, small, small.Length - 4);
            default:
                int different = 0;
                for (int i = 0; i < small.Length; i++)
                {
                    different |= (name[i] | 0x20) ^ small[i];
                }

                return different == 0;
        }
    }

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
            3 when IsSame(what, "for"u8) => KnownField.XForwardedFor,
            4 when IsSame(what, "host"u8) => KnownField.XForwardedHost,
            5 when IsSame(what, "proto"u8) => KnownField.XForwardedProto,
            _ => KnownField.XForwardedOther,
        };
    }

    private static bool IsDash(byte value) => value is (byte)'-' or (byte)'_';

    // The first letter rules out nearly every other name of the same length.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static KnownField Match(ReadOnlySpan<byte> name, ReadOnlySpan<byte> small, KnownField field) =>
        (name[0] | 0x20) == small[0] && IsSame(name, small) ? field : KnownField.Other;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static KnownField Match(
        ReadOnlySpan<byte> name, ReadOnlySpan<byte> first, ReadOnlySpan<byte> second, KnownField firstField, KnownField secondField)
    {
        KnownField field = Match(name, first, firstField);
        return field == KnownField.Other ? Match(name, second, secondField) : field;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool IsSame8(ReadOnlySpan<byte> name, ReadOnlySpan<byte> small, int at) =>
        (BinaryPrimitives.ReadUInt64LittleEndian(name[at..]) | AllSmall) == BinaryPrimitives.ReadUInt64LittleEndian(small[at..]);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool IsSame4(ReadOnlySpan<byte> name, ReadOnlySpan<byte> small, int at) =>
        (BinaryPrimitives.ReadUInt32LittleEndian(name[at..]) | FourSmall) == BinaryPrimitives.ReadUInt32LittleEndian(small[at..]);
}

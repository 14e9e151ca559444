using System;
using System.Buffers;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace GoAround.Core.Http;

/// <summary>What bytes may stand in a field line (RFC 9110 §5.1, §5.5, §5.6.2).</summary>
internal static class FieldSyntax
{
    /// <summary>The longest name that a line can hold, in bytes.</summary>
    public const int MaxNameBytes = ushort.MaxValue;

    // tchar = "!" / "#" / "$" / "%" / "&" / "'" / "*" / "+" / "-" / "." / "^" / "_" / "`" / "|" / "~" / DIGIT / ALPHA   RFC 9110 §5.6.2
    private static ReadOnlySpan<byte> IsTokenByte =>
    [
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        0, 1, 0, 1, 1, 1, 1, 1, 0, 0, 1, 1, 0, 1, 1, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0,
        0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 1, 1,
        1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 1, 0, 1, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    ];

    private static readonly SearchValues<byte> BreakingBytes = SearchValues.Create(
        [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, (byte)' ', 127]);

    /// <summary>At least one byte, and token bytes only.</summary>
    public static bool IsToken(ReadOnlySpan<byte> bytes) => !bytes.IsEmpty && TokenLength(bytes) == bytes.Length;

    /// <summary>No control byte but HTAB.</summary>
    public static bool IsValue(ReadOnlySpan<byte> bytes) => IndexOfControl(bytes) < 0;

    /// <summary>No control byte, and no white space.</summary>
    public static bool IsUnbroken(ReadOnlySpan<byte> bytes) => !bytes.ContainsAny(BreakingBytes);

    /// <summary>Where the first control byte but HTAB stands; -1 where there is none.</summary>
    // field-vchar = VCHAR / obs-text; SP and HTAB between them: no other control byte   RFC 9110 §5.5
    public static int IndexOfControl(ReadOnlySpan<byte> bytes)
    {
        int last = bytes.Length - Vector128<byte>.Count;
        if (!Vector128.IsHardwareAccelerated || last < 0)
        {
            return IndexOfControlByByte(bytes);
        }

        for (int at = 0; ; at += Vector128<byte>.Count)
        {
            at = Math.Min(at, last); // the last look overlaps the one before
            uint found = ControlBytes(Vector128.Create(bytes[at..]));
            if (found != 0)
            {
                return at + BitOperations.TrailingZeroCount(found);
            }

            if (at == last)
            {
                return -1;
            }
        }
    }

    /// <summary>A bit for each control byte but HTAB, the first byte's the lowest.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint ControlBytes(Vector128<byte> bytes)
    {
        Vector128<byte> low = Vector128.Equals(Vector128.Min(bytes, Vector128.Create((byte)0x1F)), bytes);
        return (Vector128.AndNot(low, Vector128.Equals(bytes, Vector128.Create((byte)'\t')))
            | Vector128.Equals(bytes, Vector128.Create((byte)0x7F))).ExtractMostSignificantBits();
    }

    /// <summary>A bit for each letter, digit and dash, of which nearly all names are made, the first byte's the lowest.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint UsualNameBytes(Vector128<byte> bytes)
    {
        Vector128<byte> letter = (bytes | Vector128.Create((byte)0x20)) - Vector128.Create((byte)'a');
        Vector128<byte> digit = bytes - Vector128.Create((byte)'0');
        return (Vector128.Equals(Vector128.Min(letter, Vector128.Create((byte)25)), letter)
            | Vector128.Equals(Vector128.Min(digit, Vector128.Create((byte)9)), digit)
            | Vector128.Equals(bytes, Vector128.Create((byte)'-'))).ExtractMostSignificantBits();
    }

    /// <summary>How many token bytes stand at the beginning.</summary>
    public static int TokenLength(ReadOnlySpan<byte> bytes)
    {
        int length = 0;
        if (Vector128.IsHardwareAccelerated && bytes.Length >= Vector128<byte>.Count)
        {
            // Letters, digits and the dash, of which nearly all names are made, all at once; the others one by one.
            length = BitOperations.TrailingZeroCount(~UsualNameBytes(Vector128.Create(bytes)));
        }

        while (length < bytes.Length && IsTokenByte[bytes[length]] != 0)
        {
            length++;
        }

        return length;
    }

    // OWS = *( SP / HTAB )   RFC 9110 §5.6.3

    /// <summary>SP or HTAB.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsWhiteSpace(byte value) => value is (byte)' ' or (byte)'\t';

    /// <summary>The bytes without SP and HTAB around them.</summary>
    public static ReadOnlySpan<byte> Trim(ReadOnlySpan<byte> bytes) => bytes.Trim(" \t"u8);

    /// <summary>Finds the name and the value in a line that has no control bytes but HTAB.</summary>
    /// <param name="line">The line without its CRLF; not empty.</param>
    /// <param name="spaceBeforeColon">White space before the colon is left out of the name instead of refused.</param>
    /// <param name="nameLength">Bytes; the name begins where the line does.</param>
    /// <param name="valueOffset">From the line's first byte.</param>
    /// <param name="valueLength">Bytes, without white space around the value.</param>
    // field-line = field-name ":" OWS field-value OWS   RFC 9112 §5
    public static Rejection Split(ReadOnlySpan<byte> line, bool spaceBeforeColon, out int nameLength, out int valueOffset, out int valueLength)
    {
        nameLength = TokenLength(line);
        valueOffset = 0;
        valueLength = 0;
        int colon = nameLength;
        if (nameLength == 0 || colon == line.Length || line[colon] != (byte)':')
        {
            Rejection fault = FaultOfName(line, nameLength, ref colon);
            if (fault != Rejection.SpaceBeforeColon || !spaceBeforeColon)
            {
                return fault;
            }
        }

        if (nameLength > MaxNameBytes)
        {
            return Rejection.HeadTooLarge;
        }

        int first = colon + 1;
        while (first < line.Length && IsWhiteSpace(line[first]))
        {
            first++;
        }

        int end = line.Length;
        while (end > first && IsWhiteSpace(line[end - 1]))
        {
            end--;
        }

        valueOffset = first;
        valueLength = end - first;
        return Rejection.None;
    }

    /// <summary>Refuses a line that could not stand on the wire as it is.</summary>
    /// <exception cref="ArgumentException">The name is no token, or the value has control bytes.</exception>
    public static void ThrowIfInvalid(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        if (!IsToken(name) || name.Length > MaxNameBytes)
        {
            throw new ArgumentException("A field name is a token of at most 65535 bytes (RFC 9110 §5.1).", nameof(name));
        }

        if (!IsValue(value))
        {
            throw new ArgumentException("A field value has no control bytes (RFC 9110 §5.5).", nameof(value));
        }
    }

    private static int IndexOfControlByByte(ReadOnlySpan<byte> bytes)
    {
        for (int i = 0; i < bytes.Length; i++)
        {
            if (bytes[i] is (< (byte)' ' and not (byte)'\t') or 0x7F)
            {
                return i;
            }
        }

        return -1;
    }

    private static Rejection FaultOfName(ReadOnlySpan<byte> line, int nameLength, ref int colon)
    {
        if (IsWhiteSpace(line[0]))
        {
            return Rejection.ObsFold;
        }

        if (nameLength == 0)
        {
            return Rejection.InvalidFieldName;
        }

        while (colon < line.Length && IsWhiteSpace(line[colon]))
        {
            colon++;
        }

        return colon < line.Length && line[colon] == (byte)':' ? Rejection.SpaceBeforeColon : Rejection.InvalidFieldName;
    }
}

using System;
using System.Buffers;

namespace GoAround.Core.Http;

/// <summary>What bytes may stand in a field line (RFC 9110 §5.1, §5.5, §5.6.2).</summary>
internal static class FieldSyntax
{
    /// <summary>The longest name that a line can hold, in bytes.</summary>
    public const int MaxNameBytes = ushort.MaxValue;

    // tchar = "!" / "#" / "$" / "%" / "&" / "'" / "*" / "+" / "-" / "." / "^" / "_" / "`" / "|" / "~" / DIGIT / ALPHA   RFC 9110 §5.6.2
    private static readonly SearchValues<byte> TokenBytes = SearchValues.Create(
        "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"u8);

    // field-vchar = VCHAR / obs-text; SP and HTAB between them: no other control byte   RFC 9110 §5.5
    private static readonly SearchValues<byte> ControlBytes = SearchValues.Create(
        [0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 127]);

    private static readonly SearchValues<byte> BreakingBytes = SearchValues.Create(
        [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, (byte)' ', 127]);

    /// <summary>At least one byte, and token bytes only.</summary>
    public static bool IsToken(ReadOnlySpan<byte> bytes) => !bytes.IsEmpty && !bytes.ContainsAnyExcept(TokenBytes);

    /// <summary>No control byte but HTAB.</summary>
    public static bool IsValue(ReadOnlySpan<byte> bytes) => !bytes.ContainsAny(ControlBytes);

    /// <summary>No control byte, and no white space.</summary>
    public static bool IsUnbroken(ReadOnlySpan<byte> bytes) => !bytes.ContainsAny(BreakingBytes);

    /// <summary>Where the first control byte but HTAB stands; -1 where there is none.</summary>
    public static int IndexOfControl(ReadOnlySpan<byte> bytes) => bytes.IndexOfAny(ControlBytes);

    /// <summary>How many token bytes stand at the beginning.</summary>
    public static int TokenLength(ReadOnlySpan<byte> bytes)
    {
        int end = bytes.IndexOfAnyExcept(TokenBytes);
        return end < 0 ? bytes.Length : end;
    }

    // OWS = *( SP / HTAB )   RFC 9110 §5.6.3

    /// <summary>SP or HTAB.</summary>
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
        nameLength = line.IndexOfAnyExcept(TokenBytes);
        valueOffset = 0;
        valueLength = 0;
        int colon = nameLength;
        if (nameLength <= 0 || line[colon] != (byte)':')
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

    private static Rejection FaultOfName(ReadOnlySpan<byte> line, int nameLength, ref int colon)
    {
        if (IsWhiteSpace(line[0]))
        {
            return Rejection.ObsFold;
        }

        if (nameLength <= 0)
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

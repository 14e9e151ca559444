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

    /// <summary>At least one byte, and token bytes only.</summary>
    public static bool IsToken(ReadOnlySpan<byte> bytes) => !bytes.IsEmpty && !bytes.ContainsAnyExcept(TokenBytes);

    /// <summary>No control byte but HTAB.</summary>
    public static bool IsValue(ReadOnlySpan<byte> bytes) => !bytes.ContainsAny(ControlBytes);

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
}

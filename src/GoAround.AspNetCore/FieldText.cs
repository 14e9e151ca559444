using System;
using System.Buffers.Binary;
using System.Text;

namespace GoAround.AspNetCore;

/// <summary>
/// Names and values of fields as strings, which is all that ASP.NET Core takes. Short ones that come again and again are made once: a table of
/// fixed size, in which a later one displaces an earlier. Safe for concurrent use.
/// </summary>
internal static class FieldText
{
    private const int MaxBytes = 64;
    private const int Places = 1024; // a power of two

    private static readonly string?[] Table = new string?[Places];

    /// <summary>The bytes as text; they must be ASCII.</summary>
    public static string Of(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length is 0 or > MaxBytes)
        {
            return bytes.IsEmpty ? "" : Encoding.ASCII.GetString(bytes);
        }

        ref string? place = ref Table[Hash(bytes) & (Places - 1)];
        string? known = place; // another thread may put another one there at any time
        return known is not null && Ascii.Equals(bytes, known) ? known : place = Encoding.ASCII.GetString(bytes);
    }

    /// <summary>Of the length, the first bytes and the last: an unlucky pair costs a string, no more.</summary>
    private static int Hash(ReadOnlySpan<byte> bytes)
    {
        ulong first = 0;
        ulong last = 0;
        if (bytes.Length >= sizeof(ulong))
        {
            first = BinaryPrimitives.ReadUInt64LittleEndian(bytes);
            last = BinaryPrimitives.ReadUInt64LittleEndian(bytes[^sizeof(ulong)..]);
        }
        else
        {
            foreach (byte value in bytes)
            {
                first = (first << 8) | value;
            }
        }

        ulong mixed = (first ^ (last << 1) ^ ((ulong)bytes.Length << 56)) * 0x9E3779B97F4A7C15;
        return (int)(mixed >> 40);
    }
}

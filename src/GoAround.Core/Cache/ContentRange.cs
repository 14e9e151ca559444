using System;
using System.Text;
using GoAround.Core.Http;

namespace GoAround.Core.Cache;

/// <summary>Which bytes of the whole a 206 has (RFC 9110 §14.4).</summary>
/// <param name="First">The first byte.</param>
/// <param name="Last">The last byte.</param>
/// <param name="Total">Bytes of the whole.</param>
internal readonly record struct ContentRange(long First, long Last, long Total)
{
    /// <summary>Bytes of the part.</summary>
    public long Length => Last - First + 1;

    /// <summary>It is all there is.</summary>
    public bool IsWhole => Length == Total;

    /// <summary>Reads the one Content-Range line; false where there is none, or another, or it does not say which part of how much.</summary>
    public static bool TryRead(FieldList fields, out ContentRange range)
    {
        range = default;
        bool isFound = false;
        for (int i = 0; i < fields.Count; i++)
        {
            FieldLine line = fields[i];
            if (CacheFields.Recognise(line.Name) == CacheField.ContentRange && (isFound || !(isFound = TryParse(line.Value, out range))))
            {
                return false;
            }
        }

        return isFound;
    }

    // Content-Range = "bytes" SP first-pos "-" last-pos "/" complete-length; without a complete-length nothing is known of a suffix   RFC 9110 §14.4
    public static bool TryParse(ReadOnlySpan<byte> value, out ContentRange range)
    {
        range = default;
        if (value.Length < 6 || !Ascii.EqualsIgnoreCase(value[..6], "bytes "u8))
        {
            return false;
        }

        ReadOnlySpan<byte> rest = value[6..];
        int dash = rest.IndexOf((byte)'-');
        int slash = rest.IndexOf((byte)'/');
        if (dash < 0 || slash < dash
            || !RangeRules.TryNumber(rest[..dash], out long first)
            || !RangeRules.TryNumber(rest[(dash + 1)..slash], out long last)
            || !RangeRules.TryNumber(rest[(slash + 1)..], out long total))
        {
            return false;
        }

        range = new ContentRange(first, last, total);
        return first <= last && last < total;
    }

    /// <summary>Whether the bytes that are asked for are among them.</summary>
    public bool Covers(in RangeOutcome asked) => asked.Kind == RangeKind.Part && asked.First >= First && asked.Last <= Last;
}

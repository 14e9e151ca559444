using System;

namespace GoAround.Core.Cache;

/// <summary>Dates as HTTP writes them (RFC 9110 §5.6.7).</summary>
internal static class HttpDate
{
    /// <summary>Bytes of an IMF-fixdate.</summary>
    public const int LengthBytes = 29;

    /// <summary>Reads any of the three forms.</summary>
    /// <param name="text">The field value.</param>
    /// <param name="nowMs">Now, in Unix milliseconds: a year of two digits is at most 50 years ahead.</param>
    /// <param name="unixSeconds">The moment.</param>
    public static bool TryParse(ReadOnlySpan<byte> text, long nowMs, out long unixSeconds)
    {
        unixSeconds = 0;
        return false;
    }

    /// <summary>Writes an IMF-fixdate of <see cref="LengthBytes"/> bytes.</summary>
    public static void Write(Span<byte> destination, long unixSeconds)
    {
    }
}

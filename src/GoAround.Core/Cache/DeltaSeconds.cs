using System;

namespace GoAround.Core.Cache;

/// <summary>Reads numbers of seconds (RFC 9111 §1.2.2).</summary>
internal static class DeltaSeconds
{
    /// <summary>What a number is taken for that is larger.</summary>
    public const long Max = 1L << 31;

    /// <summary>Reads one; false where it is anything but digits.</summary>
    // delta-seconds = 1*DIGIT   RFC 9111 §1.2.2
    public static bool TryParse(ReadOnlySpan<byte> text, out long seconds)
    {
        seconds = 0;
        foreach (byte digit in text)
        {
            int number = digit - '0';
            if ((uint)number > 9)
            {
                seconds = 0;
                return false;
            }

            seconds = Math.Min((seconds * 10) + number, Max);
        }

        return !text.IsEmpty;
    }
}

using System;
using System.Globalization;
using System.Text;

namespace GoAround.Core.Outgoing;

/// <summary>
/// Values of fields as text, of which the latest short ones are kept: one response after another says the same date, type, server and length. Safe for concurrent use: two at once may
/// at worst both make the same text.
/// </summary>
internal sealed class UsualValues
{
    private const int LongestKept = 64;
    private const int UsualPlaces = 64; // 10 KiB at most

    private readonly string?[] _kept;

    /// <param name="places">How many are kept at most; a power of two.</param>
    public UsualValues(int places = UsualPlaces) => _kept = new string?[places];

    /// <summary>The value in Latin-1.</summary>
    public string Of(ReadOnlySpan<byte> value)
    {
        if (value.IsEmpty)
        {
            return "";
        }

        if (value.Length > LongestKept)
        {
            return Encoding.Latin1.GetString(value);
        }

        ref string? place = ref _kept[PlaceOf(value)];
        string? kept = place;
        if (kept is null || kept.Length != value.Length || !IsSame(kept, value))
        {
            kept = Encoding.Latin1.GetString(value);
            place = kept;
        }

        return kept;
    }

    /// <summary>The digits of a length.</summary>
    public string Of(long length)
    {
        Span<byte> digits = stackalloc byte[20];
        length.TryFormat(digits, out int count, provider: CultureInfo.InvariantCulture); // there is room for any
        return Of(digits[..count]);
    }

    // Dates of neighbouring seconds differ near the end, lengths anywhere: both ends and the middle, and the length, tell most values apart.
    private int PlaceOf(ReadOnlySpan<byte> value) =>
        ((value.Length * 31) + (value[0] * 7) + (value[^1] * 3) + (value[value.Length / 2] * 5)) & (_kept.Length - 1);

    private static bool IsSame(string text, ReadOnlySpan<byte> bytes)
    {
        for (int i = 0; i < bytes.Length; i++)
        {
            if (text[i] != bytes[i])
            {
                return false;
            }
        }

        return true;
    }
}

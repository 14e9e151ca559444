using System;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace GoAround.Core.Hosting;

/// <summary>Reads settings as a configuration writes them; ranges are the validator's.</summary>
internal static class SettingText
{
    /// <summary>A whole number.</summary>
    public static bool TryNumber(string text, out int number) =>
        int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out number);

    /// <summary>A whole number, or nothing for no limit.</summary>
    public static bool TryLimit(string text, out int? limit)
    {
        bool isNumber = TryNumber(text, out int number);
        limit = isNumber ? number : null;
        return isNumber || text.Length == 0;
    }

    /// <summary>Bytes that fit an int: as <see cref="TrySize(string, out long)"/>.</summary>
    public static bool TrySize(string text, out int bytes)
    {
        bool fits = TrySize(text, out long size) && size is >= int.MinValue and <= int.MaxValue;
        bytes = fits ? (int)size : 0;
        return fits;
    }

    /// <summary>Bytes: a whole number, with <c>k</c>, <c>m</c> or <c>g</c> behind it for 1024, 1024² or 1024³.</summary>
    public static bool TrySize(string text, out long bytes)
    {
        int shift = text.Length == 0 ? 0 : char.ToLowerInvariant(text[^1]) switch { 'k' => 10, 'm' => 20, 'g' => 30, _ => 0 };
        ReadOnlySpan<char> digits = text.AsSpan(0, text.Length - (shift == 0 ? 0 : 1));
        bool fits = long.TryParse(digits, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number)
            && number <= long.MaxValue >> shift && number >= long.MinValue >> shift;
        bytes = fits ? number << shift : 0;
        return fits;
    }

    /// <summary>Bytes, or nothing for no limit.</summary>
    public static bool TrySizeLimit(string text, out long? limit)
    {
        bool isSize = TrySize(text, out long bytes);
        limit = isSize ? bytes : null;
        return isSize || text.Length == 0;
    }

    /// <summary>A number, as in <c>0.2</c>.</summary>
    public static bool TryFraction(string text, out double number) =>
        double.TryParse(text, NumberStyles.AllowDecimalPoint | NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out number);

    /// <summary>
    /// A duration: <c>00:00:10</c> as .NET writes it, or <c>500ms</c>, <c>10s</c>, <c>2m</c>, <c>1h</c>, <c>7d</c> as the flags take it. A bare number but 0 is none: to
    /// .NET it would be days, to the flags seconds.
    /// </summary>
    public static bool TryDuration(string text, out TimeSpan duration)
    {
        if (text.Contains(':', StringComparison.Ordinal))
        {
            return TimeSpan.TryParseExact(text, "c", CultureInfo.InvariantCulture, out duration);
        }

        (int suffix, long ticks) = text switch
        {
            _ when text.EndsWith("ms", StringComparison.Ordinal) => (2, TimeSpan.TicksPerMillisecond),
            _ when text.EndsWith('s') => (1, TimeSpan.TicksPerSecond),
            _ when text.EndsWith('m') => (1, TimeSpan.TicksPerMinute),
            _ when text.EndsWith('h') => (1, TimeSpan.TicksPerHour),
            _ when text.EndsWith('d') => (1, TimeSpan.TicksPerDay),
            _ => (0, 0),
        };
        bool fits = TryFraction(text[..^suffix], out double number) && (suffix > 0 || number == 0) && Math.Abs(number * ticks) < long.MaxValue;
        duration = fits ? TimeSpan.FromTicks((long)(number * ticks)) : default;
        return fits;
    }

    /// <summary>An IP address written in full: <see cref="IPAddress"/> takes <c>1</c> for 0.0.0.1 and <c>010.0.0.1</c> for 8.0.0.1, and passes over the port of <c>[::1]:80</c>.</summary>
    public static bool TryAddress(string text, [NotNullWhen(true)] out IPAddress? address)
    {
        bool isAddress = IPAddress.TryParse(text, out address)
            && (address.AddressFamily == AddressFamily.InterNetwork ? address.ToString() == text : !text.Contains("]:", StringComparison.Ordinal));
        address = isAddress ? address : null;
        return isAddress;
    }

    /// <summary>True for an IP address, or a network as in <c>10.0.0.0/8</c>, the address in both as <see cref="TryAddress"/> takes it.</summary>
    public static bool IsNetwork(string text)
    {
        int slash = text.IndexOf('/', StringComparison.Ordinal);
        return TryAddress(slash < 0 ? text : text[..slash], out _) && (slash < 0 || IPNetwork.TryParse(text, out _));
    }

    /// <summary>A word of an enumeration, in any case.</summary>
    public static bool TryWord<T>(string text, out T word)
        where T : struct, Enum
    {
        word = default;
        return text.Length > 0 && char.IsAsciiLetter(text[0]) && !text.Contains(',', StringComparison.Ordinal) && Enum.TryParse(text, ignoreCase: true, out word);
    }

    /// <summary>Text as it is.</summary>
    public static bool TryText(string text, out string value)
    {
        value = text;
        return true;
    }
}

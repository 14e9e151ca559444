using System;
using System.Globalization;
using System.Net;

namespace GoAround.Cli.Flags;

/// <summary>Reads one flag's text as a value, or says what would be allowed.</summary>
internal static class FlagReader
{
    /// <summary>A whole number in a range; null where the flag was not given.</summary>
    public static int? Number(string flag, string? text, int min, int max)
    {
        if (text is null)
        {
            return null;
        }

        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number >= min && number <= max
            ? number
            : throw NotAllowed(flag, text);
    }

    /// <summary>A duration in a range: <c>500ms</c>, <c>10s</c>, <c>2m</c>, <c>1h</c>, or a bare number of seconds; null where the flag was not given.</summary>
    public static TimeSpan? Duration(string flag, string? text, TimeSpan min)
    {
        if (text is null)
        {
            return null;
        }

        (int suffix, double seconds) = text switch
        {
            _ when text.EndsWith("ms", StringComparison.Ordinal) => (2, 0.001),
            _ when text.EndsWith('s') => (1, 1),
            _ when text.EndsWith('m') => (1, 60),
            _ when text.EndsWith('h') => (1, 3600),
            _ => (0, 1d),
        };
        bool isNumber = double.TryParse(text.AsSpan(0, text.Length - suffix), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double number);
        bool isInRange = isNumber && number * seconds >= min.TotalSeconds && number * seconds <= 3600;
        return isInRange ? TimeSpan.FromSeconds(number * seconds) : throw NotAllowed(flag, text);
    }

    /// <summary>An IP address written in full; null where the flag was not given.</summary>
    public static IPAddress? Address(string flag, string? text)
    {
        if (text is null)
        {
            return null;
        }

        // IPAddress takes "1" for 0.0.0.1: four parts are what people mean.
        bool isWhole = text.Contains(':', StringComparison.Ordinal) || text.Split('.').Length == 4;
        return isWhole && IPAddress.TryParse(text, out IPAddress? address) ? address : throw NotAllowed(flag, text);
    }

    /// <summary>One of a few words; null where the flag was not given.</summary>
    public static T? Choice<T>(string flag, string? text, params ReadOnlySpan<(string Word, T Value)> choices)
        where T : struct
    {
        if (text is null)
        {
            return null;
        }

        foreach ((string word, T value) in choices)
        {
            if (word == text)
            {
                return value;
            }
        }

        throw NotAllowed(flag, text);
    }

    /// <summary>The error for a value that the flag does not take.</summary>
    public static FlagException NotAllowed(string flag, string text) => FlagException.NotAllowed(flag, text, FlagTable.Find(flag)?.Allowed ?? "");
}

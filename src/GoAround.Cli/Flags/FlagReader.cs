using System;
using System.Globalization;
using System.Linq;
using System.Net;
using System.Net.Sockets;

namespace GoAround.Cli.Flags;

/// <summary>Reads a flag's text as a value; null where it is none, or out of range.</summary>
internal static class FlagReader
{
    /// <summary>What a token may hold beside letters and digits.</summary>
    public const string TokenMarks = "!#$%&'*+-.^_`|~";

    /// <summary>A whole number in a range.</summary>
    public static int? Number(string text, int min, int max) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number >= min && number <= max ? number : null;

    /// <summary>A number in a range, as in <c>0.2</c>.</summary>
    public static double? Fraction(string text, double min, double max) =>
        double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double number) && number >= min && number <= max ? number : null;

    /// <summary>Bytes in a range: a whole number, with <c>k</c>, <c>m</c> or <c>g</c> behind it for 1024, 1024² or 1024³.</summary>
    public static long? Size(string text, long min, long max)
    {
        (int suffix, int shift) = text switch
        {
            _ when text.EndsWith("k", StringComparison.OrdinalIgnoreCase) => (1, 10),
            _ when text.EndsWith("m", StringComparison.OrdinalIgnoreCase) => (1, 20),
            _ when text.EndsWith("g", StringComparison.OrdinalIgnoreCase) => (1, 30),
            _ => (0, 0),
        };
        bool isNumber = long.TryParse(text.AsSpan(0, text.Length - suffix), NumberStyles.None, CultureInfo.InvariantCulture, out long number);
        return isNumber && number <= max >> shift && number << shift >= min ? number << shift : null;
    }

    /// <summary>A duration in a range: <c>500ms</c>, <c>10s</c>, <c>2m</c>, <c>1h</c>, <c>7d</c>, or a bare number of seconds.</summary>
    public static TimeSpan? Duration(string text, TimeSpan min, TimeSpan max)
    {
        (int suffix, double seconds) = text switch
        {
            _ when text.EndsWith("ms", StringComparison.Ordinal) => (2, 0.001),
            _ when text.EndsWith('s') => (1, 1),
            _ when text.EndsWith('m') => (1, 60),
            _ when text.EndsWith('h') => (1, 3600),
            _ when text.EndsWith('d') => (1, 86400),
            _ => (0, 1d),
        };
        bool isNumber = double.TryParse(text.AsSpan(0, text.Length - suffix), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double number);
        bool isInRange = isNumber && number * seconds >= min.TotalSeconds && number * seconds <= max.TotalSeconds;
        return isInRange ? TimeSpan.FromSeconds(number * seconds) : null;
    }

    /// <summary>An IP address written in full.</summary>
    public static IPAddress? Address(string text)
    {
        // IPAddress takes "1" for 0.0.0.1 and "010.0.0.1" for 8.0.0.1, and passes over the port of "[::1]:80".
        bool isWhole = IPAddress.TryParse(text, out IPAddress? address)
            && (address.AddressFamily == AddressFamily.InterNetwork ? address.ToString() == text : !text.Contains("]:", StringComparison.Ordinal));
        return isWhole ? address : null;
    }

    /// <summary>True for an IP address, or a network as in <c>10.0.0.0/8</c>.</summary>
    public static bool IsNetwork(string text)
    {
        int slash = text.IndexOf('/', StringComparison.Ordinal);
        return Address(slash < 0 ? text : text[..slash]) is not null && (slash < 0 || IPNetwork.TryParse(text, out _));
    }

    // token = 1*tchar   RFC 9110 §5.6.2
    /// <summary>A token: a name that may stand in a field, or be one's name.</summary>
    public static string? Token(string text, int maxLength) =>
        text.Length > 0 && text.Length <= maxLength && text.All(static c => char.IsAsciiLetterOrDigit(c) || TokenMarks.Contains(c, StringComparison.Ordinal)) ? text : null;

    /// <summary>One of a few words.</summary>
    public static T? Choice<T>(string text, params ReadOnlySpan<(string Word, T Value)> choices)
        where T : struct
    {
        foreach ((string word, T value) in choices)
        {
            if (word == text)
            {
                return value;
            }
        }

        return null;
    }
}

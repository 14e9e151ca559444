using System;
using System.Globalization;

namespace GoAround.Cli.Flags;

/// <summary>Writes values as a flag takes them: <see cref="FlagReader"/> the other way round.</summary>
internal static class FlagText
{
    public static string Of(long number) => number.ToString(CultureInfo.InvariantCulture);

    public static string Of(double number) => number.ToString(CultureInfo.InvariantCulture);

    /// <summary>In the largest unit from the hour up that it is a whole number of, else in seconds, or milliseconds where it is shorter than one: <c>24d</c>, <c>1h</c>, <c>75s</c>, <c>100ms</c>.</summary>
    public static string Of(TimeSpan duration) => duration switch
    {
        { Ticks: 0 } => "0",
        { Ticks: var ticks } when ticks % TimeSpan.TicksPerDay == 0 => Of(ticks / TimeSpan.TicksPerDay) + "d",
        { Ticks: var ticks } when ticks % TimeSpan.TicksPerHour == 0 => Of(ticks / TimeSpan.TicksPerHour) + "h",
        { Ticks: var ticks } when ticks % TimeSpan.TicksPerSecond == 0 => Of(ticks / TimeSpan.TicksPerSecond) + "s",
        _ => Of(duration.TotalMilliseconds) + "ms",
    };

    /// <summary>In the largest unit that it is a whole number of: <c>256</c>, <c>64k</c>, <c>1m</c>.</summary>
    public static string OfSize(long bytes) => bytes switch
    {
        0 => "0",
        _ when bytes % (1 << 30) == 0 => Of(bytes >> 30) + "g",
        _ when bytes % (1 << 20) == 0 => Of(bytes >> 20) + "m",
        _ when bytes % (1 << 10) == 0 => Of(bytes >> 10) + "k",
        _ => Of(bytes),
    };
}

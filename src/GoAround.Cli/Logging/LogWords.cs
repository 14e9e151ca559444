using System;
using System.Globalization;
using Microsoft.Extensions.Logging;

namespace GoAround.Cli.Logging;

/// <summary>The words both log formats share.</summary>
internal static class LogWords
{
    /// <summary>The level, as <c>-log-level</c> spells it.</summary>
    public static string Level(LogLevel level) => level switch
    {
        LogLevel.Trace => "trace",
        LogLevel.Debug => "debug",
        LogLevel.Information => "info",
        LogLevel.Warning => "warn",
        _ => "error",
    };

    /// <summary>The time in UTC with milliseconds (RFC 3339).</summary>
    public static string Time(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
}

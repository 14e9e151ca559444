using GoAround.Cli.Flags;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;

namespace GoAround.Cli.Logging;

/// <summary>Sends the log to standard error in the format asked for.</summary>
internal static class LogSetup
{
    public static IServiceCollection AddCliLogging(this IServiceCollection services, LogLevel level, LogFormat format)
    {
        string formatter = format == LogFormat.Json ? JsonLineFormatter.FormatterName : LineFormatter.FormatterName;
        services.AddSingleton<ConsoleFormatter, LineFormatter>();
        services.AddSingleton<ConsoleFormatter, JsonLineFormatter>();
        return services.AddLogging(builder =>
        {
            builder.SetMinimumLevel(level);
            builder.AddFilter("GoAround.Core.Hosting.GoAroundService", LogLevel.Warning); // where it listens, a line of the program's own says, with more
            builder.AddConsole(console =>
            {
                console.FormatterName = formatter;
                console.LogToStandardErrorThreshold = LogLevel.Trace;
            });
        });
    }
}

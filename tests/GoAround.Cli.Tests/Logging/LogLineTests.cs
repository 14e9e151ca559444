using System;
using System.IO;
using System.Text.Json;
using GoAround.Cli.Logging;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace GoAround.Cli.Tests.Logging;

public sealed class LogLineTests
{
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 11, 22, 20, 8, 19, 123, TimeSpan.Zero));

    [Fact]
    public void Text_is_one_line_of_time_level_and_message() =>
        Assert.Equal(
            "2026-11-22T20:08:19.123Z INFO goaround 0.1.0 listening on http://[::]:3000; backends: none yet; metrics: off; control socket: off\n",
            Write(new LineFormatter(_time)));

    [Fact]
    public void Json_is_one_object_a_line_with_every_value_under_its_name()
    {
        string line = Write(new JsonLineFormatter(_time));
        using JsonDocument json = JsonDocument.Parse(line);

        Assert.Equal(line.Length - 1, line.IndexOf('\n', StringComparison.Ordinal));
        Assert.Equal("2026-11-22T20:08:19.123Z", json.RootElement.GetProperty("time").GetString());
        Assert.Equal("info", json.RootElement.GetProperty("level").GetString());
        Assert.Equal(6000, json.RootElement.GetProperty("event").GetInt32());
        Assert.Equal("Started", json.RootElement.GetProperty("name").GetString());
        Assert.Equal("http://[::]:3000", json.RootElement.GetProperty("values").GetProperty("address").GetString());
    }

    private static string Write(ConsoleFormatter formatter)
    {
        using StringWriter writer = new();
        CliLog.Started(new FormattingLogger(formatter, writer), "0.1.0", "http://[::]:3000", "none yet", "off", "off");
        return writer.ToString();
    }

    private sealed class FormattingLogger(ConsoleFormatter formatter, TextWriter writer) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter1) =>
            formatter.Write(new LogEntry<TState>(logLevel, "GoAround.Cli", eventId, state, exception, formatter1), null, writer);
    }
}

using System;
using System.IO;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;

namespace GoAround.Cli.Logging;

/// <summary>One short line per entry: <c>2026-11-22T20:08:19.123Z INFO listening on ...</c>. Only an exception, our own bug, takes more lines.</summary>
internal sealed class LineFormatter(TimeProvider time) : ConsoleFormatter(FormatterName)
{
    public const string FormatterName = "goaround-text";

    public override void Write<TState>(in LogEntry<TState> logEntry, IExternalScopeProvider? scopeProvider, TextWriter textWriter)
    {
        textWriter.Write(LogWords.Time(time.GetUtcNow()));
        textWriter.Write(' ');
        textWriter.Write(LogWords.Level(logEntry.LogLevel).ToUpperInvariant());
        textWriter.Write(' ');
        textWriter.Write(logEntry.Formatter(logEntry.State, logEntry.Exception));
        textWriter.Write('\n');
        if (logEntry.Exception is not null)
        {
            textWriter.Write(logEntry.Exception);
            textWriter.Write('\n');
        }
    }
}

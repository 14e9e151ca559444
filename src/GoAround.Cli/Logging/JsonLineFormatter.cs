using System;
using System.Buffers;
using System.Collections.Generic;
using System.IO;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;

namespace GoAround.Cli.Logging;

/// <summary>One JSON object per line: time, level, event, category, message, and each value of the message under its own name.</summary>
internal sealed class JsonLineFormatter(TimeProvider time) : ConsoleFormatter(FormatterName)
{
    public const string FormatterName = "goaround-json";

    private const string TemplateName = "{OriginalFormat}";

    private static readonly JsonWriterOptions WriterOptions = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public override void Write<TState>(in LogEntry<TState> logEntry, IExternalScopeProvider? scopeProvider, TextWriter textWriter)
    {
        ArrayBufferWriter<byte> buffer = new();
        using (Utf8JsonWriter json = new(buffer, WriterOptions))
        {
            json.WriteStartObject();
            json.WriteString("time", LogWords.Time(time.GetUtcNow()));
            json.WriteString("level", LogWords.Level(logEntry.LogLevel));
            json.WriteNumber("event", logEntry.EventId.Id);
            json.WriteString("name", logEntry.EventId.Name);
            json.WriteString("category", logEntry.Category);
            json.WriteString("message", logEntry.Formatter(logEntry.State, logEntry.Exception));
            WriteValues(json, logEntry.State);
            if (logEntry.Exception is not null)
            {
                json.WriteString("exception", logEntry.Exception.ToString());
            }

            json.WriteEndObject();
        }

        textWriter.Write(Encoding.UTF8.GetString(buffer.WrittenSpan));
        textWriter.Write('\n');
    }

    private static void WriteValues<TState>(Utf8JsonWriter json, TState state)
    {
        if (state is not IReadOnlyList<KeyValuePair<string, object?>> values)
        {
            return;
        }

        json.WriteStartObject("values");
        foreach ((string name, object? value) in values)
        {
            if (name == TemplateName)
            {
                continue;
            }

            json.WritePropertyName(name);
            WriteValue(json, value);
        }

        json.WriteEndObject();
    }

    private static void WriteValue(Utf8JsonWriter json, object? value)
    {
        switch (value)
        {
            case null:
                json.WriteNullValue();
                break;
            case bool truth:
                json.WriteBooleanValue(truth);
                break;
            case int number:
                json.WriteNumberValue(number);
                break;
            case long number:
                json.WriteNumberValue(number);
                break;
            case double number when double.IsFinite(number):
                json.WriteNumberValue(number);
                break;
            case TimeSpan duration:
                json.WriteNumberValue(duration.TotalSeconds);
                break;
            case DateTime time:
                json.WriteStringValue(time);
                break;
            default:
                json.WriteStringValue(value.ToString());
                break;
        }
    }
}

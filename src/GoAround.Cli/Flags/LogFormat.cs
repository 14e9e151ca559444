namespace GoAround.Cli.Flags;

/// <summary>How log entries are written.</summary>
internal enum LogFormat
{
    /// <summary>A short line for a person.</summary>
    Text,

    /// <summary>A JSON object per line.</summary>
    Json,
}

using System;

namespace GoAround.Cli.Flags;

/// <summary>A flag that cannot be: the message is the one line the user sees, without the program's name.</summary>
internal sealed class FlagException(string message) : Exception(message)
{
    /// <summary>The line for a value that is not allowed.</summary>
    public static FlagException NotAllowed(string flag, string value, string allowed) =>
        new($"-{flag}: '{OneLine.Of(value)}' is not allowed: {allowed}");
}

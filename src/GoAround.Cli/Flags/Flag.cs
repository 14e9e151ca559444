using System;
using GoAround.Core.Hosting;

namespace GoAround.Cli.Flags;

/// <summary>One flag: what the help says of it, what its error lines say is allowed, and the option that it sets.</summary>
/// <param name="Name">Without dashes.</param>
/// <param name="Argument">What its value is called in the help; null for a switch, which has none.</param>
/// <param name="Allowed">The values it takes, as in <c>a port in 0..65535</c>.</param>
/// <param name="Default">The default as the help shows it.</param>
/// <param name="Source">Where the default comes from.</param>
/// <param name="Text">What it does: sentences for the help.</param>
internal sealed record Flag(string Name, string? Argument, string Allowed, string Default, string Source, string Text)
{
    /// <summary>It may be given many times, or hold several values separated by commas.</summary>
    public bool IsList { get; init; }

    /// <summary>The option it sets, as in <c>Server.MaxFields</c>; null for a flag that <see cref="Settings"/> reads itself.</summary>
    public string? Property { get; init; }

    /// <summary>Reads a value into that option; throws <see cref="FlagException"/> where it is not allowed.</summary>
    public Action<GoAroundOptions, string>? Apply { get; init; }

    /// <summary>The error for a value that this flag does not take.</summary>
    public FlagException Refuse(string value) => FlagException.NotAllowed(Name, value, Allowed);
}

namespace GoAround.Cli.Flags;

/// <summary>One flag: what the help says of it, and what its error lines say is allowed.</summary>
/// <param name="Name">Without dashes.</param>
/// <param name="Argument">What its value is called in the help; null for a switch, which has none.</param>
/// <param name="Allowed">The values it takes, as in <c>a port in 0..65535</c>.</param>
/// <param name="Default">The default as the help shows it.</param>
/// <param name="Source">Where the default comes from.</param>
/// <param name="Text">What it does: sentences for the help.</param>
internal sealed record Flag(string Name, string? Argument, string Allowed, string Default, string Source, string Text);

using System.Collections.Generic;

namespace GoAround.Cli.Flags;

/// <summary>Flags that stand together in the help.</summary>
/// <param name="Title">Their heading.</param>
/// <param name="Flags">In the order of the help.</param>
internal sealed record FlagGroup(string Title, IReadOnlyList<Flag> Flags);

using System.Collections.Generic;
using System.Linq;

namespace GoAround.Cli.Flags;

/// <summary>Every flag, in the order of the help.</summary>
internal static class FlagTable
{
    public static IReadOnlyList<FlagGroup> Groups { get; } =
    [
        TrafficFlags.Group, BackendFlags.Group, LimitFlags.Group, DeadlineFlags.Group, CacheFlags.Group, IdentityFlags.Group, HealthFlags.Group, OperationFlags.Group,
    ];

    public static IReadOnlyList<Flag> All { get; } = [.. Groups.SelectMany(static group => group.Flags)];

    private static Dictionary<string, Flag> ByName { get; } = All.ToDictionary(static flag => flag.Name);

    /// <summary>The flag of a name, or null.</summary>
    public static Flag? Find(string name) => ByName.GetValueOrDefault(name == "help" ? "h" : name);
}

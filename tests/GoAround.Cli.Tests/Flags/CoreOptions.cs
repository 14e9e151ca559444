using System;
using System.Collections;
using System.Collections.Generic;
using System.Linq;
using System.Reflection;
using GoAround.Core.Hosting;

namespace GoAround.Cli.Tests.Flags;

/// <summary>The options of Core by their path, as in <c>Server.MaxFields</c>, found by reflection: one that is added is found too.</summary>
internal static class CoreOptions
{
    /// <summary>The path of everything that a user of the library can set.</summary>
    public static IReadOnlyList<string> Paths { get; } = [.. Leaves(new GoAroundOptions(), "").Select(leaf => leaf.Path)];

    /// <summary>The value of each option as text.</summary>
    public static Dictionary<string, string> Show(GoAroundOptions options) => Leaves(options, "").ToDictionary(
        leaf => leaf.Path,
        leaf => leaf.Property.GetValue(leaf.Owner) switch
        {
            string text => text,
            IEnumerable list => string.Join(',', list.Cast<object>()),
            var value => FormattableString.Invariant($"{value}"),
        });

    /// <summary>Sets one option, to a number of what its type counts: milliseconds, for a duration.</summary>
    public static void Set(GoAroundOptions options, string path, double number)
    {
        (_, object owner, PropertyInfo property) = Leaves(options, "").Single(leaf => leaf.Path == path);
        Type type = Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;
        property.SetValue(owner, type == typeof(TimeSpan) ? TimeSpan.FromMilliseconds(number) : Convert.ChangeType(number, type, null));
    }

    /// <summary>Sets one option to what another set of options holds there.</summary>
    public static void Copy(GoAroundOptions from, GoAroundOptions to, string path)
    {
        (_, object source, PropertyInfo property) = Leaves(from, "").Single(leaf => leaf.Path == path);
        property.SetValue(Leaves(to, "").Single(leaf => leaf.Path == path).Owner, property.GetValue(source));
    }

    private static IEnumerable<(string Path, object Owner, PropertyInfo Property)> Leaves(object owner, string prefix)
    {
        foreach (PropertyInfo property in owner.GetType().GetProperties())
        {
            object? value = property.GetValue(owner);
            bool isGroup = property.SetMethod is null && value is not null and not IEnumerable;
            if (!isGroup)
            {
                yield return (prefix + property.Name, owner, property);
                continue;
            }

            foreach ((string Path, object Owner, PropertyInfo Property) leaf in Leaves(value ?? owner, prefix + property.Name + "."))
            {
                yield return leaf;
            }
        }
    }
}

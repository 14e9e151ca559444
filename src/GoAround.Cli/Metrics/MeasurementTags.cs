using System;
using System.Collections.Generic;

namespace GoAround.Cli.Metrics;

/// <summary>Finds a tag of a measurement. There are few: a search is cheaper than an index.</summary>
internal static class MeasurementTags
{
    /// <summary>The text of a tag, or an empty one.</summary>
    public static string Text(ReadOnlySpan<KeyValuePair<string, object?>> tags, string name) => Value(tags, name) as string ?? "";

    /// <summary>The number of a tag, or 0.</summary>
    public static int Number(ReadOnlySpan<KeyValuePair<string, object?>> tags, string name) => Value(tags, name) is int number ? number : 0;

    private static object? Value(ReadOnlySpan<KeyValuePair<string, object?>> tags, string name)
    {
        foreach (ref readonly KeyValuePair<string, object?> tag in tags)
        {
            if (tag.Key == name)
            {
                return tag.Value;
            }
        }

        return null;
    }
}

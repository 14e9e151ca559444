using System;
using System.Linq;

namespace GoAround.AspNetCore.Tests;

/// <summary>Heads as a test compares them: Kestrel has its own order of names, and keeps that of lines with one name.</summary>
internal static class HeadText
{
    /// <summary>The first line, then the fields by name; lines of one name in their order.</summary>
    public static string Sorted(string head)
    {
        string[] lines = head.Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        return string.Join('\n', lines.Take(1).Concat(lines.Skip(1).OrderBy(line => line.Split(':')[0], StringComparer.OrdinalIgnoreCase)));
    }

    /// <summary>The values of a field, in order, behind one another.</summary>
    public static string Field(string head, string name) => string.Join(
        " | ", head.Split("\r\n").Where(line => line.StartsWith(name + ": ", StringComparison.OrdinalIgnoreCase)).Select(line => line[(name.Length + 2)..]));
}

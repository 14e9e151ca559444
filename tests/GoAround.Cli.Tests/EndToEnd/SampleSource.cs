using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;

namespace GoAround.Cli.Tests.EndToEnd;

/// <summary>A marked part of a sample's source, between the lines <c>// &lt;name&gt;</c> and <c>// &lt;/name&gt;</c>: what a page shows of it.</summary>
internal static class SampleSource
{
    /// <summary>The lines between the marks, without the indentation they have in common; each ends with a line feed.</summary>
    /// <param name="path">Relative to the repository.</param>
    /// <param name="name">What the marks say.</param>
    public static string Read(string path, string name)
    {
        string[] lines = File.ReadAllLines(Path.Combine(Repository.Root, path));
        int first = Array.FindIndex(lines, line => line.Trim() == $"// <{name}>") + 1;
        int end = Array.FindIndex(lines, line => line.Trim() == $"// </{name}>");
        if (first == 0 || end < first)
        {
            throw new InvalidDataException($"{path} has no lines between // <{name}> and // </{name}>");
        }

        IEnumerable<string> marked = lines[first..end];
        int indent = marked.Where(line => line.Length > 0).Min(line => line.Length - line.TrimStart().Length);
        return string.Concat(marked.Select(line => (line.Length > 0 ? line[indent..] : line) + "\n"));
    }
}

using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.RegularExpressions;
using GoAround.Core.Tests.Repository;

namespace GoAround.Core.Tests.Cache.Conformance;

/// <summary>Reads the cases of tests/attack/cache; the format stands in the README there, and cache_cases.py reads the same.</summary>
internal static partial class CacheCases
{
    public static IReadOnlyList<CacheCase> All { get; } = [.. Directory.EnumerateFiles(RepositoryFiles.PathOf("tests/attack/cache"), "*.cases")
        .Order(StringComparer.Ordinal)
        .SelectMany(file => Read(File.ReadAllText(file)))];

    private static IEnumerable<CacheCase> Read(string text)
    {
        string family = "", rfc = "";
        foreach (string block in Start().Split('\n' + text))
        {
            string[] lines = [.. block.Split('\n').Select(line => line.Trim()).Where(line => line.Length > 0)];
            if (lines.Length == 0)
            {
                continue;
            }

            if (lines[0].StartsWith("== ", StringComparison.Ordinal))
            {
                string[] parts = lines[0][3..].Split(" | ");
                (family, rfc) = (parts[0], parts[1]);
                continue;
            }

            Match head = Head().Match(lines[0]);
            string section = head.Groups[2].Value;
            section = section.Contains('/', StringComparison.Ordinal) ? section : $"{rfc}/{section}";
            string? each = lines.FirstOrDefault(line => line.StartsWith("each ", StringComparison.Ordinal));
            string[] script = [.. lines.Skip(1).Where(line => line != each)];
            foreach (Dictionary<string, string> values in Expand(each))
            {
                string title = Put(head.Groups[3].Value, values);
                if (title == head.Groups[3].Value && values.Count > 0)
                {
                    title += $" ({string.Join(", ", values.Values)})";
                }

                yield return new CacheCase(family, head.Groups[1].Value, section, title, [.. script.Select(line => Put(line, values))]);
            }
        }
    }

    private static IEnumerable<Dictionary<string, string>> Expand(string? each)
    {
        if (each is null)
        {
            yield return [];
            yield break;
        }

        string[] parts = each[5..].Split(" = ", 2);
        string[] names = parts[0].Split(" -> ");
        foreach (string set in parts[1].Split(" | "))
        {
            string[] values = set.Split(" -> ");
            yield return names.Zip(values).ToDictionary(pair => pair.First, pair => pair.Second.Trim());
        }
    }

    private static string Put(string text, Dictionary<string, string> values) =>
        Variable().Replace(text, match => values.GetValueOrDefault(match.Groups[1].Value, match.Value));

    [GeneratedRegex(@"\n(?=case |== )")]
    private static partial Regex Start();

    [GeneratedRegex(@"^case (required|optional|check) (\S+): (.*)$")]
    private static partial Regex Head();

    [GeneratedRegex(@"\$([A-Z]+)\b")]
    private static partial Regex Variable();
}

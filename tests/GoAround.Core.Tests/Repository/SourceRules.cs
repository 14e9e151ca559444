using System;
using System.Collections.Generic;
using System.Linq;
using System.Text.RegularExpressions;

namespace GoAround.Core.Tests.Repository;

/// <summary>What holds for every source file, whatever is in it.</summary>
internal static partial class SourceRules
{
    private const int MaxLines = 400;

    private static readonly string[] ForbiddenFolders = ["Utilities", "Utils", "Util", "Common", "Helpers", "Internal"];

    private static readonly string[] ForbiddenSuffixes =
        ["Manager", "Helper", "Helpers", "Util", "Utils", "Utilities", "Common", "Base", "Info", "Data", "Impl"];

    /// <summary>Finds what is against the rules in a source, one line each.</summary>
    public static IEnumerable<string> FindFaults(SourceFile source)
    {
        foreach (string folder in source.Path.Split('/')[..^1].Intersect(ForbiddenFolders, StringComparer.OrdinalIgnoreCase))
        {
            yield return $"{source.Path}: a folder named {folder} says nothing of what is in it";
        }

        int lines = source.Text.AsSpan().TrimEnd('\n').Count('\n') + 1;
        if (lines > MaxLines)
        {
            yield return $"{source.Path}: {lines} lines, {MaxLines} are the most";
        }

        string[] types = [.. source.Types.Where(type => !type.IsNested).Select(type => type.Name)];
        if (types.Length > 1)
        {
            yield return $"{source.Path}: one type per file, not {string.Join(", ", types)}";
        }
        else if (types.Length == 1 && types[0] != source.Name)
        {
            yield return $"{source.Path}: the file is named otherwise than its type, {types[0]}";
        }

        foreach (string type in source.Types.Select(type => type.Name))
        {
            if (ForbiddenSuffixes.FirstOrDefault(suffix => type.EndsWith(suffix, StringComparison.Ordinal)) is { } suffix)
            {
                yield return $"{source.Path}: {type} must not be named {suffix}: say what it does";
            }
        }

        foreach (Match mark in UnfinishedMark().Matches(source.Comments))
        {
            yield return $"{source.Path}({source.LineOf(mark.Index)}): {mark.Value}: do it, or file an issue";
        }

        foreach (Match region in Region().Matches(source.Code))
        {
            yield return $"{source.Path}({source.LineOf(region.Index)}): no regions";
        }
    }

    [GeneratedRegex(@"\b(TODO|FIXME|HACK|XXX)\b")]
    private static partial Regex UnfinishedMark();

    [GeneratedRegex(@"^\s*#region\b", RegexOptions.Multiline)]
    private static partial Regex Region();
}

using System;
using System.Collections.Generic;
using System.Linq;
using System.Text.RegularExpressions;

namespace GoAround.Core.Tests.Repository;

/// <summary>One C# source, split into what the compiler reads and what people read.</summary>
internal sealed partial class SourceFile
{
    /// <summary>Takes a source.</summary>
    /// <param name="path">Relative to the repository, with slashes.</param>
    /// <param name="text">All of it.</param>
    public SourceFile(string path, string text)
    {
        Path = path;
        Text = text;
        (Code, Comments) = SourceText.Split(text);
        Namespace = NamespaceLine().Match(Code) is { Success: true } match ? match.Groups[1].Value : "";
        Types = [.. TypeDeclaration().Matches(Code)
            .Select(declaration => declaration.Groups["type"].Success ? declaration.Groups["type"] : declaration.Groups["delegate"])
            .Select(name => new DeclaredType(name.Value, IsNested: DepthAt(name.Index) > 0))];
    }

    /// <summary>Relative to the repository, with slashes.</summary>
    public string Path { get; }

    /// <summary>The whole text.</summary>
    public string Text { get; }

    /// <summary>The text with comments and the insides of literals blanked out; offsets are the same.</summary>
    public string Code { get; }

    /// <summary>The text with everything but comments blanked out; offsets are the same.</summary>
    public string Comments { get; }

    /// <summary>The namespace it declares, or empty.</summary>
    public string Namespace { get; }

    /// <summary>The types it declares, nested ones too.</summary>
    public IReadOnlyList<DeclaredType> Types { get; }

    /// <summary>The type the file is named for: <c>Ring</c> for <c>Ring.cs</c>, <c>Ring.Turns.cs</c> and <c>Ring{T}.cs</c>.</summary>
    public string Name => Path[(Path.LastIndexOf('/') + 1)..].Split('.', '{')[0];

    /// <summary>The line of an offset; the first is 1.</summary>
    public int LineOf(int offset) => Text.AsSpan(0, offset).Count('\n') + 1;

    private int DepthAt(int offset)
    {
        ReadOnlySpan<char> before = Code.AsSpan(0, offset);
        return before.Count('{') - before.Count('}');
    }

    [GeneratedRegex(@"^\s*namespace\s+([\w.]+)", RegexOptions.Multiline)]
    private static partial Regex NamespaceLine();

    // `where T : class` and `, struct` are constraints, not declarations.
    [GeneratedRegex(@"(?<![:,]\s*)(?<![.@])\b(?:(?:record\s+)?(?:class|struct|interface|enum)|record)\s+(?<type>[A-Z]\w*)|\bdelegate\s+[\w<>?,.\[\]\s]+?\b(?<delegate>[A-Z]\w*)\s*(?:<[^>(]*>)?\s*\(")]
    private static partial Regex TypeDeclaration();
}

using System;
using System.Collections.Generic;
using System.Linq;
using System.Text.RegularExpressions;

namespace GoAround.Core.Tests.Repository;

/// <summary>A page about the code: what it names in backticks must exist.</summary>
internal static partial class ArchitecturePage
{
    /// <summary>Finds names in backticks, <c>Type</c> or <c>Type.Member</c>, that the sources do not declare, one line each.</summary>
    public static IEnumerable<string> FindUnknownNames(string page, IReadOnlyCollection<SourceFile> sources)
    {
        ILookup<string, SourceFile> declarations = sources
            .SelectMany(source => source.Types.Select(type => (type.Name, Source: source)))
            .ToLookup(declaration => declaration.Name, declaration => declaration.Source, StringComparer.Ordinal);

        foreach (Match match in Name().Matches(page))
        {
            string type = match.Groups["type"].Value;
            string member = match.Groups["member"].Value;
            if (!declarations.Contains(type))
            {
                yield return $"{match.Value} is no type of the library or the host";
            }
            else if (member.Length > 0 && !declarations[type].Any(source => Regex.IsMatch(source.Code, $@"\b{member}\b")))
            {
                yield return $"{match.Value}: {type} has no such member";
            }
        }
    }

    // `Word` or `Word.Word`, capitalised; `GoAround.Core` is the library itself, and `Pool/` a folder.
    [GeneratedRegex(@"`(?!GoAround\.)(?<type>[A-Z][a-z0-9]*[A-Za-z0-9]*)(?:<\w+>)?(?:\.(?<member>[A-Z]\w*))?(?:\([^`]*\))?`")]
    private static partial Regex Name();
}

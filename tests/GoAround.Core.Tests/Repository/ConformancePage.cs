using System;
using System.Collections.Generic;
using System.Linq;
using System.Text.RegularExpressions;

namespace GoAround.Core.Tests.Repository;

/// <summary>The page of what HTTP asks and who shows it: each row names a test, and each test that is named exists.</summary>
internal static partial class ConformancePage
{
    private const int Columns = 4;

    /// <summary>Finds rows without a test, and names of tests that no source declares, one line each.</summary>
    public static IEnumerable<string> FindFaults(string page, IReadOnlyCollection<SourceFile> sources)
    {
        ILookup<string, SourceFile> files = sources.ToLookup(source => source.Name, StringComparer.Ordinal);
        foreach (string row in page.Split('\n').Where(line => line.StartsWith("| ", StringComparison.Ordinal) && !line.StartsWith("| section ", StringComparison.Ordinal)))
        {
            string[] cells = row.Trim().Trim('|').Split(" | ");
            if (cells.Length != Columns || cells.Any(string.IsNullOrWhiteSpace))
            {
                yield return $"not {Columns} cells: {row}";
                continue;
            }

            MatchCollection tests = Test().Matches(cells[^1]);
            if (tests.Count == 0)
            {
                yield return $"no test: {row}";
            }

            foreach (Match test in tests)
            {
                if (!files[test.Groups["type"].Value].Any(file => Regex.IsMatch(file.Code, $@"\b{test.Groups["name"].Value}\(")))
                {
                    yield return $"{test.Value} is no test";
                }
            }
        }
    }

    // `RefusalTests.Idle_connection_is_closed`
    [GeneratedRegex(@"`(?<type>\w+Tests)\.(?<name>\w+)`")]
    private static partial Regex Test();
}

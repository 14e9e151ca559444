using System;
using System.Collections.Generic;
using System.Linq;
using System.Text.RegularExpressions;

namespace GoAround.Core.Tests.Repository;

/// <summary>The event ids of the log: operators search for them, so each means one thing.</summary>
internal static partial class EventIds
{
    /// <summary>Finds log messages without an id, with the id of another, or outside a log class, one line each.</summary>
    public static IEnumerable<string> FindFaults(IEnumerable<SourceFile> sources)
    {
        Dictionary<string, string> first = new(StringComparer.Ordinal);
        foreach (SourceFile source in sources)
        {
            foreach (Match message in LogMessage().Matches(source.Code))
            {
                string place = $"{source.Path}({source.LineOf(message.Index)})";
                string id = message.Groups["id"].Value;
                if (id.Length == 0)
                {
                    yield return $"{place}: a log message without an event id";
                }
                else if (!first.TryAdd(id, place))
                {
                    yield return $"{place}: event id {id} is taken by {first[id]}";
                }

                if (!source.Types.Any(type => type.Name.EndsWith("Log", StringComparison.Ordinal)))
                {
                    yield return $"{place}: log messages live in the class <Room>Log of their room";
                }
            }
        }
    }

    // The id is the first argument, or a named one.
    [GeneratedRegex(@"\[\s*LoggerMessage\b\s*(?:\(\s*(?:(?<id>\d[\d_]*)|(?:[^()\]]|\([^()]*\))*?\b[eE]ventId\s*[=:]\s*(?<id>\d[\d_]*))?)?")]
    private static partial Regex LogMessage();
}

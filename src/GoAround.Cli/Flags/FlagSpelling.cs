using System;
using System.Collections.Generic;
using System.Linq;

namespace GoAround.Cli.Flags;

/// <summary>
/// Brings every way to write a flag, <c>-name value</c>, <c>--name value</c>, <c>-name=value</c> and <c>--name=value</c>,
/// into the last one (<c>-pvalue</c> for a name of one letter), which is all that CommandLineParser then has to know. A list
/// that is given several times, as <c>-b</c>, becomes one.
/// </summary>
internal static class FlagSpelling
{
    /// <exception cref="FlagException">A flag is unknown, lacks its value, or an argument is no flag.</exception>
    public static IReadOnlyList<string> Normalise(IReadOnlyList<string> arguments)
    {
        List<string> normal = [];
        Dictionary<Flag, string> lists = [];
        for (int i = 0; i < arguments.Count; i++)
        {
            string argument = arguments[i];
            (Flag flag, string? value) = Split(argument);
            if (flag.Argument is null)
            {
                normal.Add(value is null ? Written(flag, "") : throw FlagException.NotAllowed(flag.Name, value, "it takes no value"));
                continue;
            }

            if (value is null && i + 1 < arguments.Count && !IsFlag(arguments[i + 1]))
            {
                value = arguments[++i];
            }

            if (string.IsNullOrWhiteSpace(value))
            {
                throw new FlagException($"-{flag.Name}: a value is missing: {flag.Allowed}");
            }

            if (flag.IsList)
            {
                lists[flag] = lists.TryGetValue(flag, out string? list) ? list + "," + value : value;
            }
            else
            {
                normal.Add(Written(flag, value));
            }
        }

        return [.. normal, .. lists.Select(static list => Written(list.Key, list.Value))];
    }

    private static string Written(Flag flag, string value) =>
        flag.Name.Length == 1 ? $"-{flag.Name}{value}"
        : value.Length == 0 ? $"--{flag.Name}"
        : $"--{flag.Name}={value}";

    private static (Flag Flag, string? Value) Split(string argument)
    {
        if (!argument.StartsWith('-'))
        {
            throw new FlagException($"'{OneLine.Of(argument)}' is not allowed: there are only flags and their values; see goaround -h");
        }

        (string name, string? value) = Parts(argument);
        Flag flag = FlagTable.Find(name) ?? throw new FlagException($"{OneLine.Of(argument)}: not allowed: there is no such flag; see goaround -h");
        return (flag, value);
    }

    private static (string Name, string? Value) Parts(string argument)
    {
        string body = argument[(argument.StartsWith("--", StringComparison.Ordinal) ? 2 : 1)..];
        int equals = body.IndexOf('=', StringComparison.Ordinal);
        return equals < 0 ? (body, null) : (body[..equals], body[(equals + 1)..]);
    }

    private static bool IsFlag(string argument) => argument.StartsWith('-') && FlagTable.Find(Parts(argument).Name) is not null;
}

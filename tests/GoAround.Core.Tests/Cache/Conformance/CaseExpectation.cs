using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Text.RegularExpressions;

namespace GoAround.Core.Tests.Cache.Conformance;

/// <summary>The answer to one step, held against the lines of the case that follow it.</summary>
internal sealed class CaseExpectation(CaseOrigin origin, CaseValues values, int step, string method, CaseAnswer answer)
{
    private const string IfStored = " if stored";

    private readonly IReadOnlyList<CaseFields> _asked = origin.AskedIn(step); // at the time of the answer

    /// <summary>What is wrong with the answer by a line that begins with an equals sign; null: nothing.</summary>
    public string? FaultOf(string text)
    {
        if (text.EndsWith(IfStored, StringComparison.Ordinal))
        {
            return _asked.Count > 0 ? null : FaultOf(text[..^IfStored.Length]);
        }

        string[] words = text.Split(' ');
        bool isRight = words[0] switch
        {
            "stored" => _asked.Count == 0 && answer.From < step && IsAsAnswered(answer.From),
            "origin" => _asked.Count > 0 && (answer.From ?? step) == step && answer.Status == origin[step]!.Status && IsAsAnswered(step),
            "validated" => _asked.Any(asked => asked.IsConditional) && IsAsAnswered(answer.From),
            "asked" => _asked.Count > 0,
            "from" => answer.From == Number(words[1]) && IsAsAnswered(answer.From),
            "any" => answer.Status > 0 && (words.Length == 1 || words.Contains($"{answer.Status}")),
            "gateway" => answer.Status >= 500 && answer.From is null,
            "incomplete" => !answer.IsComplete || answer.Status >= 500,
            "interim" => answer.Interim.Contains(Number(words[1])),
            "reason" => answer.Fields.FirstLine.EndsWith(text[7..], StringComparison.Ordinal),
            "lines" => answer.Fields.All(words[1]).Count == Number(words[2]),
            "@body" => answer.IsComplete && answer.Body == CaseValues.Content(string.Join(' ', words[1..])),
            "range" => answer.Status == 416 || (answer.IsComplete && answer.Body == (answer.Status == 206 ? words[1] : origin[answer.From ?? step]!.Body)),
            "multirange" => IsRightInParts(words[1]),
            "not" => answer.Status != 200 || answer.Body != words[3],
            "absent" => IsAbsent(text[7..]),
            [>= '0' and <= '9', _, _] => answer.Status == Number(words[0]),
            ['!', ..] => answer.Fields[words[0][1..]] is null,
            _ when words.Length == 3 && words[1] is ">=" or "<=" => IsWithin(words),
            _ => IsThere(text),
        };
        return isRight
            ? null
            : $"status {answer.Status}, from {answer.From}, the origin was asked {_asked.Count} times, {answer.Body.Length} bytes{(answer.IsComplete ? "" : ", cut")}\n"
                + string.Join('\n', answer.Fields.Lines.Select(line => $"{line.Name}: {line.Value}"));
    }

    /// <summary>What is wrong with what the origin was asked, by a line that begins with a question mark; null: nothing.</summary>
    public string? FaultOfAsked(string text)
    {
        IReadOnlyList<CaseFields> asked = origin.AskedIn(step);
        bool isRight = text switch
        {
            "unasked" => asked.Count == 0,
            "asked" => asked.Count > 0,
            ['!', ..] => asked.Count > 0 && asked.All(fields => fields[text[1..]] is null),
            _ => asked.Any(fields => Split(text) is var (name, value) && Matches(fields[name], value)),
        };
        return isRight ? null : $"the origin was asked {asked.Count} times: {string.Join('\n', asked.SelectMany(fields => fields.Lines))}";
    }

    /// <summary>The content is that of the origin's answer to a step, where the status is.</summary>
    private bool IsAsAnswered(int? from) =>
        from is not { } number || origin[number] is not { } script || script.Status != answer.Status || answer.Status is 304 or 204 || script.IsCut || method == "HEAD"
        || (answer.IsComplete && answer.Body == script.Body);

    private bool IsWithin(string[] words)
    {
        string? text = answer.Fields[words[0]];
        return words[1] == ">="
            ? long.TryParse(text, CultureInfo.InvariantCulture, out long least) && least >= Number(words[2])
            : text is null || (long.TryParse(text, CultureInfo.InvariantCulture, out long most) && most <= Number(words[2]));
    }

    private bool IsThere(string text)
    {
        (string name, string value) = Split(text);
        return Matches(answer.Fields[name], value) || answer.Fields.All(name).Contains(value);
    }

    private bool IsAbsent(string text)
    {
        (string name, string value) = Split(text);
        return !answer.Fields.All(name).Contains(value);
    }

    private bool IsRightInParts(string whole)
    {
        MatchCollection parts = Regex.Matches(
            answer.Body, @"content-range: bytes (\d+)-(\d+)/16\r\n(?:[^\r]+\r\n)*\r\n(.*?)\r\n--", RegexOptions.IgnoreCase | RegexOptions.Singleline, TimeSpan.FromSeconds(5));
        return answer.Status == 200
            ? answer.Body == whole
            : parts.Count > 0 && parts.All(part => whole[Number(part.Groups[1].Value)..(Number(part.Groups[2].Value) + 1)] == part.Groups[3].Value);
    }

    private (string Name, string Value) Split(string text)
    {
        string[] parts = values.Fill(text).Split(':', 2);
        return (parts[0], parts[1].Trim());
    }

    private static bool Matches(string? value, string wanted) => value is not null
        && (value == wanted || (wanted.Contains('*', StringComparison.Ordinal) && Regex.IsMatch(value, $"^{Regex.Escape(wanted).Replace("\\*", ".*", StringComparison.Ordinal)}$", RegexOptions.None, TimeSpan.FromSeconds(5))));

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);
}

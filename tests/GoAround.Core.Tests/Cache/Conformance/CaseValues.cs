using System;
using System.Collections.Generic;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace GoAround.Core.Tests.Cache.Conformance;

/// <summary>Puts dates and values in the place of what stands in braces in a line of a case.</summary>
/// <param name="began">When the case began.</param>
/// <param name="now">The clock of the case.</param>
/// <param name="path">The path of the case.</param>
/// <param name="host">Host of the proxy.</param>
internal sealed partial class CaseValues(DateTimeOffset began, Func<DateTimeOffset> now, string path, string host)
{
    private static readonly Dictionary<string, (string First, string Second)> Fields = new(StringComparer.OrdinalIgnoreCase)
    {
        ["Content-Type"] = ("text/plain", "text/css"),
        ["Expires"] = ("{t+100}", "{t+200}"),
        ["Set-Cookie"] = ("a=1", "a=2"),
        ["Content-Location"] = ("/one", "/two"),
        ["Strict-Transport-Security"] = ("max-age=1", "max-age=2"),
        ["Link"] = ("</one>; rel=x", "</two>; rel=x"),
    };

    public string Path => path;

    public string Host => host;

    public string Fill(string text) => Braces().Replace(text, match => ValueOf(match) ?? match.Value);

    /// <summary>A content: <c>{N}</c> is N bytes that differ from place to place.</summary>
    public static string Content(string text)
    {
        if (!Size().IsMatch(text))
        {
            return text;
        }

        int size = int.Parse(text.AsSpan(1, text.Length - 2), CultureInfo.InvariantCulture);
        StringBuilder content = new();
        for (int i = 0; content.Length < size; i++)
        {
            content.Append(CultureInfo.InvariantCulture, $"{i:d7} ");
        }

        return content.ToString(0, size);
    }

    private string? ValueOf(Match match)
    {
        string word = match.Groups[1].Value;
        if (word.StartsWith("v1 ", StringComparison.Ordinal) || word.StartsWith("v2 ", StringComparison.Ordinal))
        {
            (string first, string second) = Fields.GetValueOrDefault(word[3..], ("one", "two"));
            return Fill(word[1] == '1' ? first : second);
        }

        int seconds = match.Groups[3].Success ? int.Parse(match.Groups[3].ValueSpan, CultureInfo.InvariantCulture) : 0;
        seconds = match.Groups[2].Value == "-" ? -seconds : seconds;
        return word switch
        {
            "path" => path,
            "host" => host,
            "t" => began.AddSeconds(seconds).ToString("R", CultureInfo.InvariantCulture),
            "now" => now().AddSeconds(seconds).ToString("R", CultureInfo.InvariantCulture),
            "rfc850" => now().AddSeconds(seconds).ToString("dddd, dd-MMM-yy HH:mm:ss 'GMT'", CultureInfo.InvariantCulture),
            "asctime" => now().AddSeconds(seconds) is var date
                ? string.Create(CultureInfo.InvariantCulture, $"{date:ddd MMM} {date.Day,2} {date:HH:mm:ss yyyy}")
                : null,
            _ => null,
        };
    }

    [GeneratedRegex(@"\{(v[12] [^}]*|[a-z][a-z0-9]*)(?:([+-])(\d+))?\}")]
    private static partial Regex Braces();

    [GeneratedRegex(@"^\{\d+\}$")]
    private static partial Regex Size();
}

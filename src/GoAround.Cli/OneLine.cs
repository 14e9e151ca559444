using System;

namespace GoAround.Cli;

/// <summary>Text of others, made fit to stand in one line of a terminal, a log or an answer.</summary>
internal static class OneLine
{
    private const int MaxChars = 300;

    /// <summary>The text with every control character as a question mark, cut where it is longer than 300 characters.</summary>
    public static string Of(string text)
    {
        string cut = text.Length > MaxChars ? string.Concat(text.AsSpan(0, MaxChars), "...") : text;
        return string.Create(cut.Length, cut, static (span, source) =>
        {
            for (int i = 0; i < span.Length; i++)
            {
                span[i] = char.IsControl(source[i]) ? '?' : source[i];
            }
        });
    }
}

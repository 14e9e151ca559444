using System;

namespace GoAround.Core.Tests.Repository;

/// <summary>Tells the code of a C# source from its comments and literals, by its lexical grammar alone.</summary>
internal ref struct SourceText
{
    private readonly string _text;
    private readonly char[] _code;
    private readonly char[] _comments;
    private int _at;

    private SourceText(string text)
    {
        _text = text;
        _code = text.ToCharArray();
        _comments = text.ToCharArray();
        Blank(_comments, 0, text.Length);
    }

    private readonly char Here => Ahead(0);

    /// <summary>Returns two texts of the same length and lines: one with comments and literals blanked, one with all but comments blanked.</summary>
    public static (string Code, string Comments) Split(string text)
    {
        SourceText source = new(text);
        source.SkipCode(untilBrace: false);
        return (new string(source._code), new string(source._comments));
    }

    // Code, up to the end or to the brace that closes a hole of an interpolated string.
    private void SkipCode(bool untilBrace)
    {
        int depth = 0;
        while (_at < _text.Length && !(untilBrace && depth == 0 && Here == '}'))
        {
            switch (Here)
            {
                case '/' when Ahead(1) == '/':
                    SkipComment("\n");
                    break;
                case '/' when Ahead(1) == '*':
                    SkipComment("*/");
                    break;
                case '\'':
                    SkipQuoted(quotes: 1, dollars: 0, isVerbatim: false, quote: '\'');
                    break;
                case '"' or '@' or '$' when TrySkipString():
                    break;
                default:
                    depth += Here == '{' ? 1 : Here == '}' ? -1 : 0;
                    _at++;
                    break;
            }
        }
    }

    private void SkipComment(string end)
    {
        int start = _at;
        int found = _text.IndexOf(end, start + 2, StringComparison.Ordinal);
        _at = found < 0 ? _text.Length : end == "\n" ? found : found + end.Length;
        _text.CopyTo(start, _comments, start, _at - start);
        Blank(_code, start, _at);
    }

    private bool TrySkipString()
    {
        int start = _at;
        int dollars = 0;
        bool isVerbatim = false;
        for (; Here is '$' or '@'; _at++)
        {
            dollars += Here == '$' ? 1 : 0;
            isVerbatim |= Here == '@';
        }

        int quotes = 0;
        while (Ahead(quotes) == '"')
        {
            quotes++;
        }

        if (quotes == 0)
        {
            _at = start; // @identifier
            return false;
        }

        SkipQuoted(quotes == 2 ? 1 : quotes, dollars, isVerbatim, '"');
        return true;
    }

    private void SkipQuoted(int quotes, int dollars, bool isVerbatim, char quote)
    {
        _at += quotes;
        int start = _at;
        bool isRaw = quotes >= 3;
        while (_at < _text.Length)
        {
            if (Here == '\\' && !isVerbatim && !isRaw)
            {
                _at += 2;
            }
            else if (Here == quote && isVerbatim && Ahead(1) == quote)
            {
                _at += 2;
            }
            else if (Here == quote && CountHere(quote) >= quotes)
            {
                break;
            }
            else if (Here == '{' && dollars > 0 && OpensHole(dollars, isRaw))
            {
                Blank(_code, start, _at);
                SkipCode(untilBrace: true);
                start = _at;
            }
            else
            {
                _at++;
            }
        }

        _at = Math.Min(_at, _text.Length);
        Blank(_code, start, _at);
        _at += isRaw ? CountHere(quote) : 1;
    }

    // `{{` is a brace in an ordinary interpolated string; in a raw one a hole has as many braces as the string has dollars.
    private bool OpensHole(int dollars, bool isRaw)
    {
        int braces = CountHere('{');
        _at += braces;
        return isRaw ? braces >= dollars : braces % 2 == 1;
    }

    private readonly int CountHere(char sought)
    {
        int count = 0;
        while (Ahead(count) == sought)
        {
            count++;
        }

        return count;
    }

    private readonly char Ahead(int distance) => _at + distance < _text.Length ? _text[_at + distance] : '\0';

    private static void Blank(char[] text, int start, int end)
    {
        for (int i = start; i < end; i++)
        {
            if (text[i] != '\n')
            {
                text[i] = ' ';
            }
        }
    }
}

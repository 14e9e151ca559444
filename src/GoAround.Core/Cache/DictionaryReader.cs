using System;
using System.Buffers;
using GoAround.Core.Http;

namespace GoAround.Core.Cache;

/// <summary>Reads the members of one line of a Structured Fields Dictionary as cache directives; parameters are passed over (RFC 9213 §2.1).</summary>
// sf-dictionary = dict-member *( OWS "," OWS dict-member ); dict-member = member-key ( parameters / ( "=" member-value ) )   RFC 8941 §3.2, §4.2.2
internal ref struct DictionaryReader(ReadOnlySpan<byte> line)
{
    private static readonly SearchValues<byte> KeyBytes = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789_-.*"u8);

    private static readonly SearchValues<byte> Base64Bytes = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/="u8);

    private ReadOnlySpan<byte> _rest = line;

    /// <summary>The line is no dictionary, so that all of the field is ignored; true only after <see cref="TryNext"/> said false.</summary>
    public bool IsMalformed { get; private set; }

    /// <summary>Takes the next member; false behind the last one, and where it cannot be read. A member that is false is given as <c>Malformed</c> without a name.</summary>
    public bool TryNext(out Directive directive)
    {
        directive = default;
        if (_rest.IsEmpty || IsMalformed)
        {
            return false;
        }

        ReadOnlySpan<byte> key = TakeKey();
        if (key.IsEmpty)
        {
            return Fail();
        }

        if (_rest.IsEmpty || _rest[0] != (byte)'=')
        {
            directive = new Directive(key, ArgumentKind.None, default);
        }
        else
        {
            _rest = _rest[1..];
            if (!TryTakeValue(key, out directive))
            {
                return Fail();
            }
        }

        return (TrySkipParameters() && TrySkipComma()) || Fail();
    }

    private bool Fail()
    {
        IsMalformed = true;
        return false;
    }

    // key = ( lcalpha / "*" ) *( lcalpha / DIGIT / "_" / "-" / "." / "*" )   RFC 8941 §3.1.2
    private ReadOnlySpan<byte> TakeKey()
    {
        int length = 0;
        if (!_rest.IsEmpty && (_rest[0] is >= (byte)'a' and <= (byte)'z' or (byte)'*'))
        {
            length = _rest.IndexOfAnyExcept(KeyBytes);
            length = length < 0 ? _rest.Length : length;
        }

        ReadOnlySpan<byte> key = _rest[..length];
        _rest = _rest[length..];
        return key;
    }

    private bool TryTakeValue(ReadOnlySpan<byte> key, out Directive directive)
    {
        directive = default;
        if (!_rest.IsEmpty && _rest[0] == (byte)'(')
        {
            directive = new Directive(key, ArgumentKind.Malformed, default);
            return TrySkipInnerList();
        }

        if (!TryTakeItem(out ArgumentKind kind, out ReadOnlySpan<byte> text))
        {
            return false;
        }

        directive = new Directive(kind == ArgumentKind.None && text.SequenceEqual("?0"u8) ? default : key, kind, text);
        return true;
    }

    // bare-item = sf-integer / sf-decimal / sf-string / sf-token / sf-binary / sf-boolean   RFC 8941 §3.3
    private bool TryTakeItem(out ArgumentKind kind, out ReadOnlySpan<byte> text)
    {
        kind = ArgumentKind.Malformed;
        text = default;
        if (_rest.IsEmpty)
        {
            return false;
        }

        int length = _rest[0] switch
        {
            (byte)'"' => LengthOfString(_rest),
            (byte)':' => LengthOfBinary(_rest),
            (byte)'?' => _rest.Length > 1 && _rest[1] is (byte)'0' or (byte)'1' ? 2 : 0,
            (byte)'-' or (>= (byte)'0' and <= (byte)'9') => LengthOfNumber(_rest, ref kind),
            _ => LengthOfToken(_rest),
        };
        if (length == 0)
        {
            return false;
        }

        text = _rest[..length];
        switch (_rest[0])
        {
            case (byte)'"':
                kind = ArgumentKind.String;
                text = text[1..^1];
                break;
            case (byte)'?':
                kind = ArgumentKind.None;
                break;
            case (byte)'*' or (>= (byte)'A' and <= (byte)'Z') or (>= (byte)'a' and <= (byte)'z'):
                kind = ArgumentKind.Text;
                break;
        }

        _rest = _rest[length..];
        return true;
    }

    // sf-string = DQUOTE *( unescaped / "\" ( DQUOTE / "\" ) ) DQUOTE; unescaped = %x20-21 / %x23-5B / %x5D-7E   RFC 8941 §3.3.3
    private static int LengthOfString(ReadOnlySpan<byte> text)
    {
        for (int i = 1; i < text.Length; i++)
        {
            switch (text[i])
            {
                case (byte)'"':
                    return i + 1;
                case (byte)'\\':
                    if (++i == text.Length || text[i] is not ((byte)'"' or (byte)'\\'))
                    {
                        return 0;
                    }

                    break;
                case < 0x20 or > 0x7E:
                    return 0;
            }
        }

        return 0;
    }

    // sf-binary = ":" *( base64 ) ":"   RFC 8941 §3.3.5
    private static int LengthOfBinary(ReadOnlySpan<byte> text)
    {
        int length = text[1..].IndexOfAnyExcept(Base64Bytes);
        return length >= 0 && text[length + 1] == (byte)':' ? length + 2 : 0;
    }

    // sf-integer = ["-"] 1*15DIGIT; sf-decimal = ["-"] 1*12DIGIT "." 1*3DIGIT   RFC 8941 §3.3.1, §3.3.2
    private static int LengthOfNumber(ReadOnlySpan<byte> text, ref ArgumentKind kind)
    {
        int sign = text[0] == (byte)'-' ? 1 : 0;
        int whole = DigitsOf(text[sign..]);
        int length = sign + whole;
        if (whole == 0 || length == text.Length || text[length] != (byte)'.')
        {
            kind = sign == 0 ? ArgumentKind.Text : ArgumentKind.Malformed;
            return whole is > 0 and <= 15 ? length : 0;
        }

        int fraction = DigitsOf(text[(length + 1)..]);
        return whole <= 12 && fraction is > 0 and <= 3 ? length + 1 + fraction : 0;
    }

    private static int DigitsOf(ReadOnlySpan<byte> text)
    {
        int end = text.IndexOfAnyExceptInRange((byte)'0', (byte)'9');
        return end < 0 ? text.Length : end;
    }

    // sf-token = ( ALPHA / "*" ) *( tchar / ":" / "/" )   RFC 8941 §3.3.4
    private static int LengthOfToken(ReadOnlySpan<byte> text)
    {
        if (!char.IsAsciiLetter((char)text[0]) && text[0] != (byte)'*')
        {
            return 0;
        }

        int length = 0;
        while (length < text.Length && (text[length] is (byte)':' or (byte)'/' || FieldSyntax.IsToken(text.Slice(length, 1))))
        {
            length++;
        }

        return length;
    }

    // inner-list = "(" *SP [ sf-item *( 1*SP sf-item ) *SP ] ")" parameters   RFC 8941 §3.1.1
    private bool TrySkipInnerList()
    {
        _rest = _rest[1..];
        while (true)
        {
            int before = _rest.Length;
            _rest = _rest.TrimStart((byte)' ');
            if (_rest.IsEmpty)
            {
                return false;
            }

            if (_rest[0] == (byte)')')
            {
                _rest = _rest[1..];
                return true;
            }

            if (!TryTakeItem(out _, out _) || !TrySkipParameters() || _rest.Length == before || _rest.IsEmpty || _rest[0] is not ((byte)' ' or (byte)')'))
            {
                return false;
            }
        }
    }

    // parameters = *( ";" *SP parameter ); parameter = param-key [ "=" bare-item ]   RFC 8941 §3.1.2
    private bool TrySkipParameters()
    {
        while (!_rest.IsEmpty && _rest[0] == (byte)';')
        {
            _rest = _rest[1..].TrimStart((byte)' ');
            if (TakeKey().IsEmpty)
            {
                return false;
            }

            if (!_rest.IsEmpty && _rest[0] == (byte)'=')
            {
                _rest = _rest[1..];
                if (!TryTakeItem(out _, out _))
                {
                    return false;
                }
            }
        }

        return true;
    }

    // A comma at the end is a failure   RFC 8941 §4.2.2
    private bool TrySkipComma()
    {
        _rest = _rest.TrimStart(" \t"u8);
        if (_rest.IsEmpty)
        {
            return true;
        }

        if (_rest[0] != (byte)',')
        {
            return false;
        }

        _rest = _rest[1..].TrimStart(" \t"u8);
        return !_rest.IsEmpty;
    }
}

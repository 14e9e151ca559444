using System;
using GoAround.Core.Http;

namespace GoAround.Core.Cache;

/// <summary>
/// Reads the directives of one Cache-Control line. What is malformed hides nothing that follows: whatever might forbid something is still found,
/// as in <c>max-age=60; private</c>.
/// </summary>
// Cache-Control = #cache-directive; cache-directive = token [ "=" ( token / quoted-string ) ]   RFC 9111 §5.2
internal ref struct DirectiveReader(ReadOnlySpan<byte> line)
{
    private ReadOnlySpan<byte> _rest = line;

    /// <summary>Takes the next directive; false behind the last one.</summary>
    public bool TryNext(out Directive directive)
    {
        while (!_rest.IsEmpty)
        {
            int length = FieldSyntax.TokenLength(_rest);
            if (length == 0)
            {
                _rest = _rest[1..]; // a separator, or a byte that has no place here
                continue;
            }

            ReadOnlySpan<byte> name = _rest[..length];
            _rest = _rest[length..];
            directive = ReadArgument(name);
            return true;
        }

        directive = default;
        return false;
    }

    private Directive ReadArgument(ReadOnlySpan<byte> name)
    {
        if (_rest.IsEmpty || _rest[0] != (byte)'=')
        {
            return new Directive(name, IsAtEnd() ? ArgumentKind.None : ArgumentKind.Malformed, default);
        }

        _rest = _rest[1..];
        ReadOnlySpan<byte> argument;
        if (_rest.IsEmpty || _rest[0] != (byte)'"')
        {
            int length = FieldSyntax.TokenLength(_rest);
            argument = _rest[..length];
            _rest = _rest[length..];
            return new Directive(name, length > 0 && IsAtEnd() ? ArgumentKind.Text : ArgumentKind.Malformed, argument);
        }

        int close = LengthOfQuoted(_rest);
        if (close < 0)
        {
            _rest = _rest[1..];
            return new Directive(name, ArgumentKind.Malformed, default);
        }

        argument = _rest[1..close];
        _rest = _rest[(close + 1)..];
        return new Directive(name, IsAtEnd() ? ArgumentKind.Text : ArgumentKind.Malformed, argument);
    }

    // quoted-string = DQUOTE *( qdtext / quoted-pair ) DQUOTE   RFC 9110 §5.6.4
    private static int LengthOfQuoted(ReadOnlySpan<byte> text)
    {
        for (int i = 1; i < text.Length; i++)
        {
            if (text[i] == (byte)'"')
            {
                return i;
            }

            i += text[i] == (byte)'\\' ? 1 : 0;
        }

        return -1;
    }

    private readonly bool IsAtEnd()
    {
        ReadOnlySpan<byte> rest = FieldSyntax.Trim(_rest);
        return rest.IsEmpty || rest[0] == (byte)',';
    }
}

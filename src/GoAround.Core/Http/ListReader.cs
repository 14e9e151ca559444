using System;

namespace GoAround.Core.Http;

/// <summary>Reads the elements of a field value that is a list; white space around an element is left out, an empty one is given as empty.</summary>
// #element = [ element ] *( OWS "," OWS [ element ] )   RFC 9110 §5.6.1.2
internal ref struct ListReader(ReadOnlySpan<byte> list)
{
    private ReadOnlySpan<byte> _rest = list;
    private bool _ended;

    /// <summary>Takes the next element; false behind the last one. A list has at least one, which may be empty.</summary>
    public bool TryNext(out ReadOnlySpan<byte> element)
    {
        element = default;
        if (_ended)
        {
            return false;
        }

        int comma = _rest.IndexOf((byte)',');
        _ended = comma < 0;
        element = FieldSyntax.Trim(_ended ? _rest : _rest[..comma]);
        _rest = _ended ? default : _rest[(comma + 1)..];
        return true;
    }
}

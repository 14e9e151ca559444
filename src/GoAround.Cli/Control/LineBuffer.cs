using System;
using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace GoAround.Cli.Control;

/// <summary>Cuts received bytes into lines, wherever the pieces end. LF ends a line, a CR before it is dropped.</summary>
internal sealed class LineBuffer
{
    /// <summary>Bytes; a longer line is refused: room for a thousand addresses.</summary>
    public const int MaxLineBytes = 64 * 1024;

    private byte[] _bytes = new byte[1024];
    private int _start;
    private int _end;

    /// <summary>A line has begun, more than blanks, and its end has not come.</summary>
    public bool HasUnfinished => !_bytes.AsSpan(_start, _end - _start).Trim(" \t\r"u8).IsEmpty;

    /// <summary>The line that has begun is longer than is allowed.</summary>
    public bool IsTooLong => _end - _start > MaxLineBytes;

    /// <summary>Where the next bytes go; never empty.</summary>
    public Memory<byte> Free()
    {
        if (_start > 0)
        {
            _bytes.AsSpan(_start, _end - _start).CopyTo(_bytes);
            _end -= _start;
            _start = 0;
        }

        if (_end == _bytes.Length)
        {
            Array.Resize(ref _bytes, _bytes.Length * 2);
        }

        return _bytes.AsMemory(_end);
    }

    /// <summary>Says how many bytes came into the free part.</summary>
    public void Advance(int count) => _end += count;

    /// <summary>Takes the next complete line.</summary>
    public bool TryTake([NotNullWhen(true)] out string? line)
    {
        int length = _bytes.AsSpan(_start, _end - _start).IndexOf((byte)'\n');
        line = length < 0 ? null : Text(length);
        _start += length + 1;
        return line is not null;
    }

    /// <summary>Takes what there is as the last line.</summary>
    public string TakeUnfinished()
    {
        string line = Text(_end - _start);
        _start = _end;
        return line;
    }

    private string Text(int length) => Encoding.UTF8.GetString(_bytes.AsSpan(_start, length)).TrimEnd('\r');
}

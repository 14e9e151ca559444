using System;
using System.Buffers;
using System.Text;

namespace GoAround.AspNetCore;

/// <summary>The text of one request as bytes: ASP.NET Core has strings, the engine takes bytes. The memory is used again from request to request; a field, not to be copied.</summary>
internal struct TextBytes
{
    private const int UsualBytes = 1024;

    private byte[]? _bytes;

    /// <summary>How many bytes there are; may be set back to forget the latest.</summary>
    public int Length { get; set; }

    /// <summary>All of them.</summary>
    public readonly ReadOnlySpan<byte> Span => _bytes.AsSpan(0, Length);

    /// <summary>Some of them; they stay as they are until the text is forgotten.</summary>
    public readonly ReadOnlyMemory<byte> Slice(int start, int length) => _bytes.AsMemory(start, length);

    /// <summary>Appends text; false where it is not ASCII: then nothing was appended.</summary>
    public bool TryAppend(ReadOnlySpan<char> text)
    {
        Reserve(text.Length);
        if (Ascii.FromUtf16(text, _bytes.AsSpan(Length), out int written) != OperationStatus.Done)
        {
            return false;
        }

        Length += written;
        return true;
    }

    /// <summary>Appends text in an encoding.</summary>
    public void Append(ReadOnlySpan<char> text, Encoding encoding)
    {
        Reserve(encoding.GetMaxByteCount(text.Length));
        Length += encoding.GetBytes(text, _bytes.AsSpan(Length));
    }

    private void Reserve(int room)
    {
        if (_bytes is null || _bytes.Length - Length < room)
        {
            // What was sliced before keeps the old array.
            Array.Resize(ref _bytes, Math.Max(UsualBytes, Math.Max(Length * 2, Length + room)));
        }
    }
}

using System;

namespace GoAround.Core.Cache;

/// <summary>Bytes that are put together piece by piece, in memory that is used again for the next key.</summary>
internal struct KeyBuffer
{
    private byte[]? _bytes;

    /// <summary>How many bytes there are.</summary>
    public int Length { get; private set; }

    /// <summary>What was appended; lent until the next change.</summary>
    public readonly ReadOnlyMemory<byte> Memory => _bytes.AsMemory(0, Length);

    /// <summary>What was appended; lent until the next change.</summary>
    public readonly ReadOnlySpan<byte> Span => _bytes.AsSpan(0, Length);

    /// <summary>Appends bytes.</summary>
    public void Append(ReadOnlySpan<byte> bytes) => bytes.CopyTo(Take(bytes.Length));

    /// <summary>Appends one byte.</summary>
    public void Append(byte value) => Take(1)[0] = value;

    /// <summary>Makes room for so many bytes at the end, which the caller fills before the next change.</summary>
    public Span<byte> Take(int count)
    {
        int start = Length;
        if (_bytes is null || _bytes.Length - start < count)
        {
            Array.Resize(ref _bytes, Math.Max(256, Math.Max(start + count, start * 2)));
        }

        Length = start + count;
        return _bytes.AsSpan(start, count);
    }

    /// <summary>What was appended from a position on, to be changed in place; lent until the next change.</summary>
    public readonly Span<byte> WrittenFrom(int start) => _bytes.AsSpan(start, Length - start);

    /// <summary>Goes back to so many bytes.</summary>
    public void Truncate(int length) => Length = length;

    /// <summary>Forgets the bytes and keeps the memory.</summary>
    public void Clear() => Length = 0;
}

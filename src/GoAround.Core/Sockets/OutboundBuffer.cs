using System;
using System.Buffers;

namespace GoAround.Core.Sockets;

/// <summary>Bytes that are collected so that they leave in one send; rented for the time it takes.</summary>
internal struct OutboundBuffer
{
    private byte[]? _buffer;

    /// <summary>How many bytes wait to be sent.</summary>
    public int Length { get; private set; }

    /// <summary>The bytes that wait to be sent.</summary>
    public readonly ReadOnlyMemory<byte> Bytes => _buffer.AsMemory(0, Length);

    /// <summary>Where the next bytes go.</summary>
    public readonly Span<byte> Room => _buffer.AsSpan(Length);

    /// <summary>Makes sure that so many bytes find room, keeping those that wait.</summary>
    public void Reserve(int room)
    {
        if (_buffer is not null && _buffer.Length - Length >= room)
        {
            return;
        }

        byte[] larger = Length + room <= ReceiveBuffers.SmallBytes ? ReceiveBuffers.Rent(Length + room) : ArrayPool<byte>.Shared.Rent(Length + room);
        if (_buffer is not null)
        {
            Bytes.Span.CopyTo(larger);
            GiveBack(_buffer);
        }

        _buffer = larger;
    }

    /// <summary>Counts bytes that were written to <see cref="Room"/>.</summary>
    public void Advance(int count) => Length += count;

    /// <summary>Copies bytes behind the others.</summary>
    public void Append(ReadOnlySpan<byte> bytes)
    {
        Reserve(bytes.Length);
        bytes.CopyTo(Room);
        Length += bytes.Length;
    }

    /// <summary>Forgets the first bytes: they were sent before.</summary>
    public void Drop(int count)
    {
        _buffer.AsSpan(count, Length - count).CopyTo(_buffer);
        Length -= count;
    }

    /// <summary>Sends the bytes along with their buffer, where the transport takes it over; false: nothing has happened.</summary>
    public bool TryHandOver(Transport transport)
    {
        if (_buffer is null || !transport.TrySendOwned(_buffer, Length))
        {
            return false;
        }

        _buffer = null;
        Length = 0;
        return true;
    }

    /// <summary>Forgets the bytes and keeps the buffer.</summary>
    public void Clear() => Length = 0;

    /// <summary>Gives the buffer back.</summary>
    public void Return()
    {
        Length = 0;
        byte[]? buffer = _buffer;
        _buffer = null;
        if (buffer is not null)
        {
            GiveBack(buffer);
        }
    }

    // The large ones are copies, and do not count among the buffers of what was received.
    private static void GiveBack(byte[] buffer)
    {
        if (buffer.Length == ReceiveBuffers.SmallBytes)
        {
            ReceiveBuffers.Return(buffer);
        }
        else
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}

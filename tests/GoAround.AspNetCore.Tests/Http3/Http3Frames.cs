using System;
using System.Buffers;
using System.Buffers.Binary;
using System.IO;

namespace GoAround.AspNetCore.Tests.Http3;

/// <summary>Frames of HTTP/3 (RFC 9114 §7) in bytes.</summary>
internal static class Http3Frames
{
    public const long Data = 0;
    public const long Headers = 1;
    public const long Settings = 4;

    // HTTP/3 Frame = Type (i), Length (i), Frame Payload (..)   RFC 9114 §7.1
    public static byte[] Write(long type, ReadOnlySpan<byte> payload)
    {
        using MemoryStream bytes = new();
        WriteInteger(bytes, type);
        WriteInteger(bytes, payload.Length);
        bytes.Write(payload);
        return bytes.ToArray();
    }

    /// <summary>Reads one off the beginning; false: it is not whole yet.</summary>
    public static bool TryRead(ref ReadOnlySequence<byte> bytes, out long type, out byte[] payload)
    {
        SequenceReader<byte> reader = new(bytes);
        payload = [];
        if (!TryReadInteger(ref reader, out type) || !TryReadInteger(ref reader, out long length) || reader.Remaining < length)
        {
            return false;
        }

        payload = reader.UnreadSequence.Slice(0, length).ToArray();
        bytes = reader.UnreadSequence.Slice(length);
        return true;
    }

    /// <summary>An integer of variable length (RFC 9000 §16): its first two bits say how many bytes it has.</summary>
    public static bool TryReadInteger(ref SequenceReader<byte> reader, out long value)
    {
        value = 0;
        if (!reader.TryPeek(out byte first) || reader.Remaining < 1 << (first >> 6))
        {
            return false;
        }

        reader.Advance(1);
        value = first & 0x3F;
        for (int left = (1 << (first >> 6)) - 1; left > 0; left--)
        {
            reader.TryRead(out byte next);
            value = (value << 8) | next;
        }

        return true;
    }

    private static void WriteInteger(MemoryStream bytes, long value)
    {
        if (value < 0x40)
        {
            bytes.WriteByte((byte)value);
            return;
        }

        Span<byte> four = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(four, 0x8000_0000 | (uint)value);
        bytes.Write(four);
    }
}

using System;
using System.Buffers.Binary;
using System.Numerics;

namespace GoAround.Core.Cache;

/// <summary>
/// Where things stand in the bytes of a stored head, numbers little-endian: a fixed part, the reason phrase (of a marker: its names), for each field line two bytes
/// of the name's length, one of <see cref="Http.KnownField"/>, one unused and four of the value's length, and the lines as on the wire: <c>Name: value CRLF</c>.
/// </summary>
internal static class StoredLayout
{
    /// <summary>The first four bytes; another one for each change of the form.</summary>
    public const uint Version = 0x31434147; // "GAC1"

    public const int VersionAt = 0;
    public const int ChecksumAt = 4;
    public const int KindAt = 8;
    public const int StatusAt = 10;
    public const int FlagsAt = 12;
    public const int ResponseMsAt = 16;
    public const int InitialAgeAt = 24;
    public const int LifetimeAt = 28;
    public const int StaleWhileRevalidateAt = 32;
    public const int StaleIfErrorAt = 36;
    public const int LastModifiedSecondsAt = 40;
    public const int DateSecondsAt = 48;

    /// <summary>Offset from the first line, and length, of the values of ETag, Last-Modified and Content-Type.</summary>
    public const int ETagAt = 56;
    public const int LastModifiedAt = 64;
    public const int ContentTypeAt = 72;

    public const int LineCountAt = 80;
    public const int ReasonLengthAt = 84;
    public const int LinesLengthAt = 88;

    /// <summary>Bytes of the fixed part.</summary>
    public const int FixedBytes = 92;

    /// <summary>Bytes for each line.</summary>
    public const int LineBytes = 8;

    /// <summary>Bytes of a line beside its name and its value: colon, space, CRLF.</summary>
    public const int LineExtraBytes = 4;

    /// <summary>The kind of a response.</summary>
    public const byte Response = 1;

    /// <summary>The kind of a marker.</summary>
    public const byte Marker = 2;

    /// <summary>What stands for a date that there is not.</summary>
    public const long NoDate = long.MinValue;

    /// <summary>Tells bytes that were damaged in a store of the user's own; it is no protection against one who means harm.</summary>
    public static uint Checksum(ReadOnlySpan<byte> bytes)
    {
        uint sum = uint.MaxValue;
        while (bytes.Length >= sizeof(ulong))
        {
            sum = BitOperations.Crc32C(sum, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
            bytes = bytes[sizeof(ulong)..];
        }

        foreach (byte value in bytes)
        {
            sum = BitOperations.Crc32C(sum, value);
        }

        return ~sum;
    }
}

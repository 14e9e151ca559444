using System;
using System.Buffers;
using System.Collections.Generic;
using System.IO;
using System.Text;
using GoAround.Core;

namespace GoAround.Samples.DiskCache;

/// <summary>The form of one stored response in a file. A file that is cut, or of another version, is read as none.</summary>
internal static class ResponseFile
{
    private const int Version = 1;

    public static byte[] Write(StoredResponse response)
    {
        using MemoryStream file = new();
        using BinaryWriter writer = new(file, Encoding.UTF8);
        writer.Write(Version);
        writer.Write(response.KeepUntil.UtcTicks);
        writer.Write(response.IsMarker);
        writer.Write(response.Tags.Count);
        foreach (ReadOnlyMemory<byte> tag in response.Tags)
        {
            writer.Write(tag.Length);
            writer.Write(tag.Span);
        }

        writer.Write(response.Head.Length);
        writer.Write(response.Head.Span);
        writer.Write(response.Body.Length);
        foreach (ReadOnlyMemory<byte> piece in response.Body)
        {
            writer.Write(piece.Span);
        }

        return file.ToArray();
    }

    public static StoredResponse? TryRead(byte[] file)
    {
        try
        {
            return Read(file);
        }
        catch (Exception e) when (e is EndOfStreamException or ArgumentException)
        {
            return null; // the machine stopped while it was written, say
        }
    }

    private static StoredResponse? Read(byte[] file)
    {
        using MemoryStream stream = new(file);
        using BinaryReader reader = new(stream, Encoding.UTF8);
        if (reader.ReadInt32() != Version)
        {
            return null;
        }

        DateTimeOffset keepUntil = new(reader.ReadInt64(), TimeSpan.Zero);
        bool isMarker = reader.ReadBoolean();
        List<ReadOnlyMemory<byte>> tags = [];
        for (int count = reader.ReadInt32(); count > 0; count--)
        {
            tags.Add(Take(reader.ReadInt32()));
        }

        ReadOnlyMemory<byte> head = Take(reader.ReadInt32());
        ReadOnlyMemory<byte> body = Take(reader.ReadInt64());
        return new StoredResponse(head, new ReadOnlySequence<byte>(body), tags, keepUntil) { IsMarker = isMarker };

        // Throws where the file is shorter than it says.
        ReadOnlyMemory<byte> Take(long length) => file.AsMemory((int)((stream.Position += length) - length), (int)length);
    }
}

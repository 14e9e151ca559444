using System;
using GoAround.Core.Http;
using GoAround.Core.Sockets;

namespace GoAround.Core;

/// <summary>Appends a chunked body to what is collected for one send.</summary>
internal static class OutboundChunks
{
    private const int UsualTrailerBytes = 64;

    /// <summary>Frames bytes as one chunk (RFC 9112 §7.1) and copies them behind the others.</summary>
    public static void AppendChunk(this ref OutboundBuffer outbound, ReadOnlySpan<byte> data)
    {
        outbound.Reserve(ChunkWriter.MaxHeaderBytes + data.Length + 2);
        outbound.Advance(ChunkWriter.Header(outbound.Room, data.Length));
        outbound.Append(data);
        outbound.Append("\r\n"u8);
    }

    /// <summary>Ends a chunked body, with its trailers where it has any.</summary>
    public static void AppendLastChunk(this ref OutboundBuffer outbound, FieldList? trailers)
    {
        for (int room = UsualTrailerBytes; ; room *= 2)
        {
            outbound.Reserve(room);
            if (ChunkWriter.TryLast(outbound.Room, trailers, out int written))
            {
                outbound.Advance(written);
                return;
            }
        }
    }
}

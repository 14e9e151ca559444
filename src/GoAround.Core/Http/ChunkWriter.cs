using System;
using System.Buffers.Text;
using System.Diagnostics;

namespace GoAround.Core.Http;

/// <summary>Puts the chunked coding on: what stands before, between and behind the pieces of content.</summary>
// chunked-body = *chunk last-chunk trailer-section CRLF   RFC 9112 §7.1
internal static class ChunkWriter
{
    /// <summary>Bytes of the longest chunk header: eight digits and CRLF.</summary>
    public const int MaxHeaderBytes = 10;

    /// <summary>Bytes that a piece of content costs at most beside itself: its header and the CRLF behind it.</summary>
    public const int MaxOverheadBytes = MaxHeaderBytes + 2;

    /// <summary>Writes the size of a chunk; the content and CRLF follow. Returns the bytes written.</summary>
    /// <param name="destination">At least <see cref="MaxHeaderBytes"/>.</param>
    /// <param name="dataLength">Above zero: a chunk of zero bytes would end the body.</param>
    // chunk-size = 1*HEXDIG   RFC 9112 §7.1
    public static int Header(Span<byte> destination, int dataLength)
    {
        bool written = Utf8Formatter.TryFormat((uint)dataLength, destination, out int length, 'x');
        Debug.Assert(written && dataLength > 0, "A chunk has content, and room for its header.");
        destination[length++] = (byte)'\r';
        destination[length++] = (byte)'\n';
        return length;
    }

    /// <summary>Writes the last chunk, the trailers and the empty line; false where there is not enough room.</summary>
    // last-chunk = 1*( "0" ) [ chunk-ext ] CRLF; trailer-section = *( field-line CRLF )   RFC 9112 §7.1
    public static bool TryLast(Span<byte> destination, FieldList? trailers, out int written)
    {
        HeadWriter writer = new(destination);
        writer.Raw("0\r\n"u8);
        if (trailers is not null)
        {
            writer.Fields(trailers);
        }

        writer.End();
        written = writer.Overflowed ? 0 : writer.Written;
        return !writer.Overflowed;
    }
}

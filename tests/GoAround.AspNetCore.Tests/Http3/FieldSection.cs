using System;
using System.Collections.Generic;
using System.IO;
using System.Text;

namespace GoAround.AspNetCore.Tests.Http3;

/// <summary>Fields in the form of QPACK (RFC 9204 §4.5), without a dynamic table: written as literals, read as literals and references into the static table.</summary>
internal static class FieldSection
{
    /// <summary>Those of RFC 9204, Appendix A, that an answer of Kestrel's may refer to.</summary>
    private static readonly Dictionary<int, (string Name, string Value)> StaticTable = new()
    {
        [2] = ("age", "0"),
        [4] = ("content-length", "0"),
        [6] = ("date", ""),
        [7] = ("etag", ""),
        [10] = ("last-modified", ""),
        [12] = ("location", ""),
        [14] = ("set-cookie", ""),
        [24] = (":status", "103"),
        [25] = (":status", "200"),
        [26] = (":status", "304"),
        [27] = (":status", "404"),
        [28] = (":status", "503"),
        [36] = ("cache-control", "max-age=0"),
        [39] = ("cache-control", "no-cache"),
        [40] = ("cache-control", "no-store"),
        [44] = ("content-type", "application/dns-message"),
        [53] = ("content-type", "text/plain"),
        [63] = (":status", "100"),
        [64] = (":status", "204"),
        [65] = (":status", "206"),
        [66] = (":status", "302"),
        [67] = (":status", "400"),
        [68] = (":status", "403"),
        [69] = (":status", "421"),
        [70] = (":status", "425"),
        [71] = (":status", "500"),
        [92] = ("server", ""),
    };

    // Encoded Field Section = Required Insert Count, Base, Encoded Field Lines   RFC 9204 §4.5.1
    public static byte[] Write(IEnumerable<(string Name, string Value)> fields)
    {
        using MemoryStream bytes = new();
        bytes.Write([0, 0]);
        foreach ((string name, string value) in fields)
        {
            WriteString(bytes, name, 0x20, 3); // Literal Field Line with Literal Name   §4.5.6
            WriteString(bytes, value, 0, 7);
        }

        return bytes.ToArray();
    }

    /// <summary>The lines in their order, as <c>name: value</c>.</summary>
    public static List<string> Read(ReadOnlySpan<byte> bytes)
    {
        if (bytes is not [0, 0, ..])
        {
            throw new InvalidDataException("It needs a dynamic table, which it was not allowed.");
        }

        List<string> lines = [];
        bytes = bytes[2..];
        while (!bytes.IsEmpty)
        {
            byte first = bytes[0];
            if ((first & 0xC0) == 0xC0)
            {
                (string name, string value) = StaticTable[ReadInteger(ref bytes, 6)]; // Indexed Field Line   §4.5.2
                lines.Add($"{name}: {value}");
            }
            else if ((first & 0xD0) == 0x50)
            {
                string name = StaticTable[ReadInteger(ref bytes, 4)].Name; // Literal Field Line with Name Reference   §4.5.4
                lines.Add($"{name}: {ReadString(ref bytes, 7)}");
            }
            else if ((first & 0xE0) == 0x20)
            {
                string name = ReadString(ref bytes, 3);
                lines.Add($"{name}: {ReadString(ref bytes, 7)}");
            }
            else
            {
                throw new InvalidDataException($"A field line begins with 0x{first:x}, which refers to a dynamic table.");
            }
        }

        return lines;
    }

    private static void WriteString(MemoryStream bytes, string text, int pattern, int prefixBits)
    {
        int limit = (1 << prefixBits) - 1;
        bytes.WriteByte((byte)(pattern | Math.Min(text.Length, limit)));
        if (text.Length >= limit)
        {
            int rest = text.Length - limit;
            for (; rest >= 0x80; rest >>= 7)
            {
                bytes.WriteByte((byte)(rest | 0x80));
            }

            bytes.WriteByte((byte)rest);
        }

        bytes.Write(Encoding.Latin1.GetBytes(text));
    }

    // A prefixed integer: RFC 7541 §5.1
    private static int ReadInteger(ref ReadOnlySpan<byte> bytes, int prefixBits)
    {
        int limit = (1 << prefixBits) - 1;
        int value = bytes[0] & limit;
        bytes = bytes[1..];
        if (value < limit)
        {
            return value;
        }

        for (int shift = 0; ; shift += 7)
        {
            byte part = bytes[0];
            bytes = bytes[1..];
            value += (part & 0x7F) << shift;
            if (part < 0x80)
            {
                return value;
            }
        }
    }

    private static string ReadString(ref ReadOnlySpan<byte> bytes, int prefixBits)
    {
        if ((bytes[0] >> prefixBits & 1) != 0)
        {
            throw new InvalidDataException("A string is in Huffman's code, which this reader does not know.");
        }

        int length = ReadInteger(ref bytes, prefixBits);
        string text = Encoding.Latin1.GetString(bytes[..length]);
        bytes = bytes[length..];
        return text;
    }
}

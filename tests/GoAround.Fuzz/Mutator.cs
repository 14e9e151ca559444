using System;
using System.Collections.Generic;
using System.Globalization;
using System.Text;

namespace GoAround.Fuzz;

/// <summary>Changes a message a little, in the ways that have broken parsers before. Everything is chosen by the given source of randomness.</summary>
internal static class Mutator
{
    private const int MaxBytes = 64 * 1024;

    private static readonly byte[][] Tokens = Array.ConvertAll<string, byte[]>(
    [
        "\r\n", "\r", "\n", "\n\n", "\r\n\r\n", "\r\r\n", "\n\r\n", "\0", " ", "\t", "\v", "\f", "\x7f", "\u0085", "\u00a0", "\u00ff", ":", " :", ",", ";", "=", "\"", "#", "%00",
        "\r\n ", "\r\n\t", "0\r\n\r\n", "0\r\n", "1\r\nZ\r\n", "5;a=b\r\n", "-1", "+1", "0x10", "1_0", "chunked", "Chunked", "xchunked", "identity", "gzip", "close", "keep-alive",
        "Transfer-Encoding: chunked\r\n", "Transfer-Encoding:\tchunked\r\n", "Transfer-Encoding : chunked\r\n", "Transfer-Encoding: chunked, identity\r\n", "Transfer-Encoding: identity\r\n",
        "Transfer-Encoding\r\n: chunked\r\n", "X: y\r\nTransfer-Encoding: chunked\r\n", "Content-Length: 0\r\n", "Content-Length: 3\r\n", "Content-Length: 3, 3\r\n", "Content-Length: +3\r\n",
        "Content_Length: 3\r\n", "Content-Length:\r\n", "Host: b\r\n", "Host:\r\n", "Connection: close\r\n", "Connection: keep-alive, X-A\r\n", "Connection: content-length, transfer-encoding\r\n",
        "Expect: 100-continue\r\n", "TE: trailers\r\n", "Upgrade: h2c\r\n", "Upgrade: websocket\r\nConnection: Upgrade\r\n", "Trailer: Q-A\r\n", "Forwarded: for=1\r\n", "X-Forwarded-For: 1\r\n",
        "HTTP/1.0", "HTTP/1.1", "HTTP/2.0", "HTTP/1.2", "GET ", "HEAD ", "POST ", "OPTIONS * ", "CONNECT a:1 ", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "http://a", "/", "*", "?", "//",
        "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 100 Continue\r\n\r\n", "HTTP/1.1 204 No Content\r\n", " 101 ",
    ], Encoding.Latin1.GetBytes);

    private static readonly string[] Numbers =
    [
        "0", "00", "1", "9", "-0", "10", "255", "256", "65535", "65536", "2147483647", "2147483648", "4294967295", "4294967296", "9223372036854775807", "9223372036854775808",
        "18446744073709551615", "18446744073709551616", "99999999999999999999", "7fffffffffffffff", "8000000000000000", "ffffffffffffffff", "00000000000000000", "1e1", "0x1", "1.0",
    ];

    /// <summary>Makes a new message out of one or two.</summary>
    /// <param name="random">Where every choice comes from.</param>
    /// <param name="seed">What is changed; stays as it is.</param>
    /// <param name="other">What it may be joined with.</param>
    public static byte[] Mutate(Random random, byte[] seed, byte[] other)
    {
        List<byte> bytes = [.. seed];
        for (int count = 1 + random.Next(4); count > 0; count--)
        {
            Change(random, bytes, other);
        }

        if (bytes.Count > MaxBytes)
        {
            bytes.RemoveRange(MaxBytes, bytes.Count - MaxBytes);
        }

        return [.. bytes];
    }

    private static void Change(Random random, List<byte> bytes, byte[] other)
    {
        int at = random.Next(bytes.Count + 1);
        int length = Math.Min(1 << random.Next(7), bytes.Count - at);
        switch (random.Next(11))
        {
            case 0 when length > 0:
                bytes[at] ^= (byte)(1 << random.Next(8));
                break;
            case 1 when length > 0:
                bytes[at] = (byte)random.Next(256);
                break;
            case 2:
                bytes.RemoveRange(at, random.Next(length + 1));
                break;
            case 3:
                bytes.InsertRange(random.Next(bytes.Count + 1), bytes.GetRange(at, length));
                break;
            case 4:
                Splice(random, bytes, other);
                break;
            case 5:
                ChangeNumber(random, bytes, at);
                break;
            case 6:
                ChangeLineEnd(random, bytes, at);
                break;
            case 7:
                RepeatLine(random, bytes, at);
                break;
            case 8 when random.Next(4) == 0:
                bytes.RemoveRange(at, bytes.Count - at);
                break;
            default:
                bytes.InsertRange(at, Tokens[random.Next(Tokens.Length)]);
                break;
        }
    }

    private static void Splice(Random random, List<byte> bytes, byte[] other)
    {
        int at = random.Next(bytes.Count + 1);
        int from = random.Next(other.Length + 1);
        if (random.Next(2) == 0)
        {
            bytes.RemoveRange(at, bytes.Count - at);
        }

        bytes.InsertRange(at, other[from..]);
    }

    // The first number from here on: a boundary in its place, or its neighbour.
    private static void ChangeNumber(Random random, List<byte> bytes, int at)
    {
        int start = bytes.FindIndex(at, value => char.IsAsciiDigit((char)value));
        if (start < 0)
        {
            return;
        }

        int end = start;
        long number = 0;
        while (end < bytes.Count && end - start < 18 && char.IsAsciiDigit((char)bytes[end]))
        {
            number = (number * 10) + bytes[end++] - '0';
        }

        string text = random.Next(3) > 0 ? Numbers[random.Next(Numbers.Length)] : (number + random.Next(-2, 3)).ToString(CultureInfo.InvariantCulture);
        bytes.RemoveRange(start, end - start);
        bytes.InsertRange(start, Encoding.Latin1.GetBytes(text));
    }

    private static void ChangeLineEnd(Random random, List<byte> bytes, int at)
    {
        int feed = bytes.IndexOf((byte)'\n', at);
        if (feed < 1)
        {
            return;
        }

        int start = bytes[feed - 1] == (byte)'\r' ? feed - 1 : feed;
        bytes.RemoveRange(start, feed + 1 - start);
        bytes.InsertRange(start, Encoding.Latin1.GetBytes(random.Next(6) switch
        {
            0 => "\n",
            1 => "\r",
            2 => "\r\n\r\n",
            3 => "\n\r",
            4 => "\r\r\n",
            _ => "\r\n\t",
        }));
    }

    private static void RepeatLine(Random random, List<byte> bytes, int at)
    {
        int start = at == 0 ? 0 : bytes.LastIndexOf((byte)'\n', at - 1) + 1;
        int end = start < bytes.Count ? bytes.IndexOf((byte)'\n', start) : -1;
        if (end < 0)
        {
            return;
        }

        List<byte> line = bytes.GetRange(start, end + 1 - start);
        bytes.InsertRange(random.Next(2) == 0 ? end + 1 : 0, line);
    }
}

using System;
using System.Buffers;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using GoAround.Core.Http;

namespace GoAround.Testing;

/// <summary>Reads the requests that a balancer sends: well-formed HTTP/1.1, framed by Content-Length or chunked (RFC 9112 §6, §7.1).</summary>
internal sealed class RequestReader(MemoryStreamEnd stream)
{
    private static readonly HashSet<string> HopByHop =
        new(["Host", "Connection", "Content-Length", "Expect", "TE", "Trailer", "Transfer-Encoding", "Upgrade"], StringComparer.OrdinalIgnoreCase);

    private readonly byte[] _room = new byte[4096];
    private int _next;
    private int _end;

    /// <summary>The next request whole, or null at the end of the stream.</summary>
    /// <exception cref="IOException">The stream broke off.</exception>
    public async Task<RequestText?> ReadAsync()
    {
        string? line = await ReadLineAsync().ConfigureAwait(false);
        if (line is null)
        {
            return null;
        }

        string[] words = line.Split(' ');
        if (words.Length != 3)
        {
            throw new IOException($"'{line}' is no request line.");
        }

        FieldList all = new();
        FieldList fields = new();
        while (await ReadLineAsync().ConfigureAwait(false) is { Length: > 0 } field)
        {
            int colon = field.IndexOf(':', StringComparison.Ordinal);
            string name = field[..colon];
            string value = field[(colon + 1)..].Trim();
            all.Add(name, value);
            if (!HopByHop.Contains(name))
            {
                fields.Add(name, value);
            }
        }

        if (all.Contains("Expect"u8))
        {
            stream.Write("HTTP/1.1 100 Continue\r\n\r\n"u8);
        }

        byte[] body = all.Contains("Transfer-Encoding"u8)
            ? await ReadChunksAsync().ConfigureAwait(false)
            : await ReadBytesAsync(int.Parse(all["Content-Length"] ?? "0", CultureInfo.InvariantCulture)).ConfigureAwait(false);
        bool keepsAlive = all["Connection"]?.Contains("close", StringComparison.OrdinalIgnoreCase) != true;
        return new RequestText(words[0], words[1], all["Host"] ?? "", fields, body, keepsAlive);
    }

    private async Task<byte[]> ReadChunksAsync()
    {
        ArrayBufferWriter<byte> body = new();
        while (true)
        {
            string size = await ReadLineAsync().ConfigureAwait(false) ?? "";
            int length = int.Parse(size.Split(';')[0], NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            if (length == 0)
            {
                while (await ReadLineAsync().ConfigureAwait(false) is { Length: > 0 })
                {
                    // trailers are read, and not kept
                }

                return body.WrittenSpan.ToArray();
            }

            body.Write(await ReadBytesAsync(length).ConfigureAwait(false));
            await ReadLineAsync().ConfigureAwait(false);
        }
    }

    private async Task<byte[]> ReadBytesAsync(int length)
    {
        byte[] bytes = new byte[length];
        int read = 0;
        while (read < length)
        {
            if (!await FillAsync().ConfigureAwait(false))
            {
                throw new IOException("The request broke off.");
            }

            int taken = Math.Min(length - read, _end - _next);
            _room.AsSpan(_next, taken).CopyTo(bytes.AsSpan(read));
            _next += taken;
            read += taken;
        }

        return bytes;
    }

    /// <summary>A line without its end; null at the end of the stream.</summary>
    private async Task<string?> ReadLineAsync()
    {
        StringBuilder line = new();
        while (await FillAsync().ConfigureAwait(false))
        {
            char next = (char)_room[_next++];
            if (next == '\n')
            {
                return line.ToString().TrimEnd('\r');
            }

            line.Append(next);
        }

        return null;
    }

    private async ValueTask<bool> FillAsync()
    {
        if (_next == _end)
        {
            _next = 0;
            _end = await stream.ReadAsync(_room, CancellationToken.None).ConfigureAwait(false);
        }

        return _end > 0;
    }
}

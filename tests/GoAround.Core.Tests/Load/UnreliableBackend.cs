using System;
using System.Collections.Concurrent;
using System.Globalization;
using System.Linq;
using System.Threading.Tasks;
using GoAround.Core.Tests.Wire;

namespace GoAround.Core.Tests.Load;

/// <summary>Answers each request right, or fails it in one of all the ways there are, by a seeded dice. The right content follows from the target.</summary>
internal sealed class UnreliableBackend(int seed)
{
    /// <summary>What no client may ever see.</summary>
    public const string Poison = "poison";

    private const string Stray = "HTTP/1.1 200 OK\r\nX-Id: poison\r\nContent-Length: 6\r\n\r\npoison";

    private int _links;

    /// <summary>How often each target was wholly received.</summary>
    public ConcurrentDictionary<string, int> Seen { get; } = new();

    /// <summary>The content of a target: as long as its dice say, and nowhere the same.</summary>
    public static string ContentOf(string target)
    {
        int length = new Random(target.Sum(letter => letter * 31)).Next(4) == 0 ? 20_000 : 30;
        return string.Concat(Enumerable.Repeat(target + ";", 1 + (length / target.Length))) + ".";
    }

    /// <summary>The script of one connection.</summary>
    public async Task ServeAsync(WireEnd link)
    {
        Random dice = new(seed + (1000 * System.Threading.Interlocked.Increment(ref _links)));
        while (true)
        {
            if (dice.Next(40) == 0)
            {
                link.Reset(); // idle, or in the middle of what comes
                return;
            }

            if (await ReceivedRequest.TryReadAsync(link) is not { } request)
            {
                return;
            }

            Seen.AddOrUpdate(request.Target, 1, (_, count) => count + 1);
            if (!await AnswerAsync(link, request, dice.Next(40)))
            {
                link.Dispose();
                return;
            }
        }
    }

    /// <summary>One answer; false: the connection closes then.</summary>
    private static async Task<bool> AnswerAsync(WireEnd link, ReceivedRequest request, int dice)
    {
        string content = ContentOf(request.Target);
        string id = $"X-Id: {request.Target}\r\n";
        string ok = $"HTTP/1.1 200 OK\r\n{id}";
        string sized = $"{ok}Content-Length: {content.Length}\r\n\r\n";
        string chunked = $"{ok}Transfer-Encoding: chunked\r\n\r\n";
        string half = content[..(content.Length / 2)];
        string? answer = dice switch
        {
            0 => "",
            1 => ok[..12],
            2 => sized[..^2],
            3 => "SSH-2.0-OpenSSH_9.2\r\n\r\n",
            4 => $"{ok}Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            5 => $"{ok}Content-Length: 1\r\nContent-Length: {content.Length}\r\n\r\n{content}",
            6 => $"{ok}X-Large: {new string('x', 40_000)}\r\n\r\n",
            7 => $"HTTP/1.1 2000 OK\r\n{id}\r\n{content}",
            8 or 9 => sized + half,
            10 or 11 => chunked + Chunk(half),
            12 => chunked + Chunk(half) + "zz\r\n" + Poison,
            13 => chunked + Chunk(content) + "0\r\n",
            14 => chunked + Chunk(content)[..^1] + "x0\r\n\r\n",
            15 => $"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n{Poison}",
            16 => $"{ok}Connection: close\r\n\r\n{content}",
            _ => null,
        };
        if (answer is not null)
        {
            await link.SendAsync(answer);
            return false;
        }

        await link.SendAsync(dice switch
        {
            17 or 18 => sized + content + Stray, // in one piece: once the next request is out, nobody could tell it from its answer
            19 => "HTTP/1.1 103 Early Hints\r\n\r\n" + sized + content,
            < 30 => chunked + Chunk(half) + Chunk(content[half.Length..]) + "0\r\nX-Trailer: t\r\n\r\n",
            _ => sized + content,
        });
        if (dice == 20)
        {
            link.Reset();
        }

        return dice is not (20 or 21); // a close that was not announced
    }

    private static string Chunk(string data) => $"{data.Length.ToString("x", CultureInfo.InvariantCulture)}\r\n{data}\r\n";
}

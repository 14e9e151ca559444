using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using GoAround.Core.Http;
using Xunit;

namespace GoAround.Core.Tests.Http;

/// <summary>Seeded random messages: a failure names its seed, and the seed gives the same message again.</summary>
public class CodecPropertyTests
{
    private const int Rounds = 2000;
    private const string TokenLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!#$%&'*+-.^_`|~";

    // What breaks parsers, more often than chance would have it.
    private static readonly string[] Spices =
    [
        "\r\n", "\r", "\n", "\0", " ", "\t", ":", ",", ";", "\r\n\r\n", "\r\n ", "0\r\n", "chunked", "Transfer-Encoding: chunked\r\n", "Content-Length: 3\r\n",
        "Host: b\r\n", "Connection: x\r\n", "HTTP/1.0", "\u00ff", "#", "ffffffffffffffff", "Upgrade: h2c\r\n",
    ];

    [Fact]
    public void A_random_request_comes_back_as_it_was_written()
    {
        for (int seed = 0; seed < Rounds; seed++)
        {
            Random random = new(seed);
            (string method, string target) = (Token(random, 1, 12), "/" + Visible(random, 0, 40));
            FieldList fields = RandomFields(random);
            byte[] room = new byte[8192];
            HeadWriter writer = new(room);
            writer.RequestLine(Feed.Bytes(method), default, Feed.Bytes(target));
            writer.Field("Host"u8, "example.com"u8);
            writer.Fields(fields);
            writer.End();
            Assert.False(writer.Overflowed);
            byte[] wire = room[..writer.Written];
            RequestHead head = new();
            Assert.Equal(ParseStatus.Complete, Feed.Request(wire, RandomSplit(random, wire.Length), head, out Rejection rejection));
            Assert.Equal((seed, method, target, fields.ToString()), (seed, head.Method.ToString(), Feed.Text(head.Target.Span), head.Fields.ToString()));
            Assert.Equal((Rejection.None, wire.Length), (rejection, head.Length));
        }
    }

    [Fact]
    public void A_random_response_comes_back_as_it_was_written()
    {
        for (int seed = 0; seed < Rounds; seed++)
        {
            Random random = new(seed);
            int code = random.Next(100, 600);
            FieldList fields = RandomFields(random);
            byte[] room = new byte[8192];
            HeadWriter writer = new(room);
            writer.StatusLine(code, Feed.Bytes(Token(random, 1, 10)));
            writer.Field("Content-Length"u8, seed);
            writer.Fields(fields);
            writer.End();
            byte[] wire = room[..writer.Written];
            ResponseHead head = new();
            Assert.Equal(ParseStatus.Complete, Feed.Response(wire, RandomSplit(random, wire.Length), head, false, out _));
            Assert.Equal((seed, code, fields.ToString()), (seed, head.StatusCode, head.Fields.ToString()));
            Assert.Equal(code is < 200 or 204 ? null : seed, head.DeclaredLength);
        }
    }

    [Fact]
    public void A_random_body_comes_back_as_it_was_chunked()
    {
        for (int seed = 0; seed < Rounds; seed++)
        {
            Random random = new(seed);
            byte[] wire = RandomChunked(random, out string expected);
            string actual = Feed.Chunked(wire, RandomSplit(random, wire.Length), out int consumed);
            Assert.Equal((seed, expected, wire.Length), (seed, actual, consumed));
        }
    }

    [Fact]
    public void A_mutated_request_is_read_the_same_however_it_is_split() =>
        ForEachMutation(
            "POST /a/b?c=d HTTP/1.1\r\nHost: example.com:80\r\nConnection: keep-alive, X-A\r\nX-A: 1\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\nX: y\r\n\r\n",
            (wire, ends) => Feed.Describe(wire, ends));

    [Fact]
    public void A_mutated_absolute_request_is_read_the_same_however_it_is_split() =>
        ForEachMutation(
            "\r\nGET http://user.example:8080/a?b HTTP/1.1\r\nHost: [::1]:80\r\nContent-Length: 12\r\nUpgrade: websocket\r\nConnection: upgrade\r\nTE: trailers\r\n\r\n",
            (wire, ends) => Feed.Describe(wire, ends));

    [Fact]
    public void A_mutated_response_is_read_the_same_however_it_is_split() =>
        ForEachMutation(
            "HTTP/1.1 200 OK\r\nContent-Length: 10\r\nConnection: close\r\nServer: x\r\nUpgrade: websocket\r\nX: y\r\n\r\n",
            (wire, ends) => Feed.Describe(wire, ends, isHeadRequest: false));

    [Fact]
    public void A_mutated_body_is_decoded_the_same_however_it_is_split() =>
        ForEachMutation(
            "5\r\nhello\r\na;b=\"c\"\r\n0123456789\r\n1 ;x\r\nz\r\n0\r\nX-Sum: 1\r\nHost: a\r\n\r\nGET",
            (wire, ends) => Feed.Chunked(wire, ends, out _));

    private static void ForEachMutation(string text, Func<byte[], IEnumerable<int>, string> read)
    {
        for (int seed = 0; seed < Rounds; seed++)
        {
            Random random = new(seed);
            byte[] wire = Mutate(random, text);
            string whole = read(wire, Feed.Whole(wire));
            Assert.Equal((seed, whole), (seed, read(wire, Feed.ByteByByte(wire))));
            Assert.Equal((seed, whole), (seed, read(wire, RandomSplit(random, wire.Length))));
        }
    }

    private static byte[] Mutate(Random random, string text)
    {
        StringBuilder mutated = new(text);
        for (int count = random.Next(1, 4); count > 0 && mutated.Length > 0; count--)
        {
            int at = random.Next(mutated.Length);
            switch (random.Next(5))
            {
                case 0:
                    mutated[at] = (char)random.Next(256);
                    break;
                case 1:
                    mutated.Remove(at, Math.Min(random.Next(1, 4), mutated.Length - at));
                    break;
                case 2:
                    mutated.Insert(at, mutated.ToString(at, Math.Min(random.Next(1, 30), mutated.Length - at)));
                    break;
                case 3:
                    mutated.Length = at;
                    break;
                default:
                    mutated.Insert(at, Spices[random.Next(Spices.Length)]);
                    break;
            }
        }

        return Feed.Bytes(mutated.ToString());
    }

    private static byte[] RandomChunked(Random random, out string expected)
    {
        List<byte> wire = [];
        StringBuilder content = new();
        byte[] room = new byte[8192];
        for (int chunks = random.Next(0, 6); chunks > 0; chunks--)
        {
            string data = Visible(random, 1, 300);
            wire.AddRange(room.AsSpan(0, ChunkWriter.Header(room, data.Length)));
            wire.AddRange(Feed.Bytes(data + "\r\n"));
            content.Append(data);
        }

        FieldList trailers = RandomFields(random);
        Assert.True(ChunkWriter.TryLast(room, trailers, out int written));
        wire.AddRange(room.AsSpan(0, written));
        expected = $"{content}|End\n{trailers}";
        return [.. wire];
    }

    private static FieldList RandomFields(Random random)
    {
        FieldList fields = new();
        for (int count = random.Next(0, 20); count > 0; count--)
        {
            // The prefix keeps clear of the names a proxy takes out.
            fields.Add("Q-" + Token(random, 1, 20), random.Next(4) == 0 ? "" : Visible(random, 1, 20) + "\t \u00e9" + Visible(random, 1, 40));
        }

        return fields;
    }

    private static int[] RandomSplit(Random random, int length) =>
        [.. Enumerable.Range(0, random.Next(0, 6)).Select(_ => random.Next(0, length + 1)).Order(), length];

    private static string Token(Random random, int min, int max) => new(random.GetItems<char>(TokenLetters, random.Next(min, max)));

    private static string Visible(Random random, int min, int max)
    {
        char[] letters = new char[random.Next(min, max + 1)];
        for (int i = 0; i < letters.Length; i++)
        {
            letters[i] = (char)random.Next(0x21, 0x7f);
            letters[i] = letters[i] == '#' ? 'x' : letters[i];
        }

        return new string(letters);
    }
}

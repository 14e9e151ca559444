using System;
using System.Collections.Generic;
using System.Linq;
using GoAround.Core.Http;
using Xunit;

namespace GoAround.Core.Tests.Http;

/// <summary>The fast way to a field line says what the general way says, which says what a reader byte by byte does, whatever was received and however it was split.</summary>
public sealed class LineScannerTests
{
    private const int NoLimit = 1 << 20;
    private const int Rounds = 200;
    private const string UsualLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-";
    private const string TokenLetters = UsualLetters + "!#$%&'*+.^_`|~";

    // Around the sizes of vectors: a name and a value may begin and end on either side of each border.
    private static readonly int[] NameLengths = [0, 1, 2, 5, 13, 14, 15, 16, 17, 18, 29, 30, 31, 32, 33, 34, 47, 48, 49, 63, 64, 65];
    private static readonly int[] ValueLengths = [0, 1, 2, 9, 12, 13, 14, 15, 16, 17, 18, 28, 29, 30, 31, 32, 33, 34, 46, 47, 48, 49, 61, 62, 63, 64, 65, 66, 127, 128, 129];
    private static readonly string[] Separators = [": ", ":", ":\t", ":  ", " : ", "\t:", " ", "::", ""];
    private static readonly string[] LineEnds = ["\r\n", "\n", "\r", "\r\r\n", "\n\r", " \r\n", "\t\r\n", "\0\r\n"];

    [Fact]
    public void Usual_lines_of_every_length_are_found_at_once()
    {
        foreach (int name in NameLengths)
        {
            foreach (int value in ValueLengths)
            {
                foreach (int before in Enumerable.Range(1, 17))
                {
                    byte[] wire = Feed.Bytes($"{new string('b', before)}: x\r\n{new string('n', name)}: {new string('v', value)}\r\nHost: example.com\r\n\r\n");
                    int usual = Compare(wire, Feed.Whole(wire), NoLimit);
                    Assert.Equal((name is 0 or > 32 || value == 0 ? 2 : 3, name, value, before), (usual, name, value, before));
                }
            }
        }
    }

    [Fact]
    public void Every_byte_is_read_alike_at_every_place()
    {
        foreach ((int name, int value) in new[] { (1, 1), (4, 9), (14, 14), (15, 16), (16, 17), (17, 31), (30, 48), (31, 1), (32, 33), (33, 64) })
        {
            byte[] wire = Feed.Bytes($"{new string('n', name)}: {new string('v', value)}\r\nAccept: */*\r\n\r\n");
            for (int at = 0; at < wire.Length; at++)
            {
                byte kept = wire[at];
                for (int letter = 0; letter < 256; letter++)
                {
                    wire[at] = (byte)letter;
                    Compare(wire, Feed.Whole(wire), NoLimit);
                }

                wire[at] = kept;
            }
        }
    }

    [Fact]
    public void Random_head_is_read_alike_wherever_it_is_cut()
    {
        int usual = 0;
        for (int seed = 0; seed < Rounds; seed++)
        {
            byte[] wire = RandomHead(new Random(seed));
            for (int cut = 0; cut <= wire.Length; cut++)
            {
                usual += Compare(wire, Feed.SplitAt(wire, cut), NoLimit, seed);
                Compare(wire, [cut], NoLimit, seed); // and where nothing more comes
            }

            Compare(wire, Feed.ByteByByte(wire), NoLimit, seed);
        }

        Assert.True(usual > 20_000, $"the fast way is taken {usual} times only");
    }

    [Fact]
    public void Random_head_is_read_alike_however_long_it_may_be()
    {
        for (int seed = 0; seed < Rounds; seed++)
        {
            Random random = new(seed);
            byte[] wire = RandomHead(random);
            for (int maxEnd = 1; maxEnd <= wire.Length + 1; maxEnd++)
            {
                Compare(wire, Feed.Whole(wire), maxEnd, seed);
                Compare(wire, Feed.SplitAt(wire, random.Next(wire.Length + 1)), maxEnd, seed);
            }
        }
    }

    [Fact]
    public void Mutated_head_is_read_alike()
    {
        for (int seed = 0; seed < Rounds * 20; seed++)
        {
            Random random = new(seed);
            byte[] wire = RandomHead(random);
            for (int count = random.Next(1, 5); count > 0; count--)
            {
                int border = 16 * random.Next((wire.Length / 16) + 1);
                wire[Math.Clamp(border + random.Next(-3, 4), 0, wire.Length - 1)] = (byte)random.Next(256);
                Compare(wire, Feed.Whole(wire), NoLimit, seed);
                Compare(wire, Feed.SplitAt(wire, random.Next(wire.Length + 1)), random.Next(4) == 0 ? random.Next(1, wire.Length + 2) : NoLimit, seed);
            }
        }
    }

    /// <summary>Reads lines both ways until an empty or a bad one; returns how many the fast way has found.</summary>
    private static int Compare(byte[] wire, IEnumerable<int> ends, int maxEnd, int seed = -1)
    {
        LineScanner fast = default;
        LineScanner general = default;
        int usual = 0;
        foreach (int end in ends)
        {
            ReadOnlySpan<byte> received = wire.AsSpan(0, end);
            LineStatus status;
            int length;
            do
            {
                (int from, int scanned) = (fast.Start, fast.Scanned);
                Reading naive = ReadNaively(received, from, maxEnd);
                status = general.Next(received, maxEnd, out int start, out length);
                Reading read = status == LineStatus.Line ? Read(received.Slice(start, length), start) : Reading.None;
                bool isUsual = fast.TryUsualField(received, maxEnd, out int usualStart, out int nameLength, out int valueLength);
                usual += isUsual ? 1 : 0;
                bool agrees = read == naive && start == from;
                if (isUsual)
                {
                    agrees &= scanned == from && read == new Reading(true, true, usualStart, nameLength, usualStart + nameLength + 2, valueLength, fast.Start); // no byte is looked at twice
                }
                else
                {
                    agrees &= (from, scanned) == (fast.Start, fast.Scanned) && !(scanned == from && MustBeUsual(received, in naive, maxEnd));
                    agrees &= (fast.Next(received, maxEnd, out usualStart, out int usualLength), usualStart, usualLength) == (status, start, length);
                }

                if (!agrees || (fast.Start, fast.Scanned) != (general.Start, general.Scanned))
                {
                    Assert.Fail($"seed {seed}, limit {maxEnd}, line at {from} of '{Feed.Text(received)}': {naive}, {status} {read}, usual: {isUsual} {usualStart} {nameLength} {valueLength}");
                }
            }
            while (status == LineStatus.Line && length > 0);

            if (status != LineStatus.NeedMore)
            {
                break;
            }
        }

        return usual;
    }

    private static Reading Read(ReadOnlySpan<byte> line, int start)
    {
        int next = start + line.Length + 2;
        return !line.IsEmpty && FieldSyntax.Split(line, spaceBeforeColon: false, out int nameLength, out int valueOffset, out int valueLength) == Rejection.None
            ? new Reading(true, true, start, nameLength, start + valueOffset, valueLength, next)
            : new Reading(true, false, start, 0, 0, 0, next);
    }

    // field-line = field-name ":" OWS field-value OWS   RFC 9112 §5
    private static Reading ReadNaively(ReadOnlySpan<byte> received, int start, int maxEnd)
    {
        received = received[..Math.Min(received.Length, maxEnd)];
        int end = start;
        while (end < received.Length && received[end] is (>= 0x20 and not 0x7F) or (byte)'\t')
        {
            end++;
        }

        if (end + 1 >= received.Length || received[end] != '\r' || received[end + 1] != '\n')
        {
            return Reading.None;
        }

        int next = end + 2;
        int colon = start;
        while (colon < end && TokenLetters.Contains((char)received[colon], StringComparison.Ordinal))
        {
            colon++;
        }

        if (colon == start || received[colon] != ':')
        {
            return new Reading(true, false, start, 0, 0, 0, next);
        }

        int value = colon + 1;
        while (value < end && received[value] is (byte)' ' or (byte)'\t')
        {
            value++;
        }

        while (end > value && received[end - 1] is (byte)' ' or (byte)'\t')
        {
            end--;
        }

        return new Reading(true, true, start, colon - start, value, end - value, next);
    }

    /// <summary>As the doc comment of the fast way says; it looks at 16 bytes at once, and needs that many, or twice as many for a longer name.</summary>
    private static bool MustBeUsual(ReadOnlySpan<byte> received, in Reading naive, int maxEnd)
    {
        int atHand = Math.Min(received.Length, maxEnd) - naive.Start;
        if (!naive.IsField || naive.NameLength > 32 || naive.ValueLength == 0 || atHand < (naive.NameLength > 16 ? 32 : 16))
        {
            return false;
        }

        foreach (byte letter in received.Slice(naive.Start, naive.NameLength))
        {
            if (!UsualLetters.Contains((char)letter, StringComparison.Ordinal))
            {
                return false;
            }
        }

        int separator = naive.Start + naive.NameLength;
        return received[separator + 1] == ' ' && naive.Value == separator + 2 && naive.Next == naive.Value + naive.ValueLength + 2;
    }

    /// <summary>Lines that are usual for the most part, each at odds in one way or another now and then.</summary>
    private static byte[] RandomHead(Random random)
    {
        List<byte> wire = [];
        for (int count = random.Next(1, 6); count > 0; count--)
        {
            bool isUsual = random.Next(3) > 0;
            wire.AddRange(Feed.Bytes(new string(random.GetItems<char>(isUsual ? UsualLetters : TokenLetters, Pick(random, NameLengths)))));
            wire.AddRange(Feed.Bytes(isUsual ? ": " : Pick(random, Separators)));
            for (int length = Pick(random, ValueLengths); length > 0; length--)
            {
                wire.Add((byte)(random.Next(20) > 0 ? random.Next(0x21, 0x7F) : random.Next(isUsual ? 0x80 : 0, 256)));
            }

            wire.AddRange(Feed.Bytes(isUsual || random.Next(2) == 0 ? "\r\n" : Pick(random, LineEnds)));
        }

        wire.AddRange(Feed.Bytes(random.Next(8) > 0 ? "\r\n" : "")); // or more is to come
        return [.. wire];
    }

    private static T Pick<T>(Random random, T[] items) => items[random.Next(items.Length)];

    /// <summary>What stands at the beginning of some bytes, by offsets.</summary>
    private readonly record struct Reading(bool IsLine, bool IsField, int Start, int NameLength, int Value, int ValueLength, int Next)
    {
        public static Reading None { get; }
    }
}

using System;
using System.Collections.Generic;
using System.Text;
using GoAround.Core.Http;
using Xunit;

namespace GoAround.Core.Tests.Http;

/// <summary>
/// Runs messages through the parsers and renders all they found as text, so that two runs can be compared. A message that a test asks
/// to be read whole is read here in every other way too, split at every byte and byte by byte: no table can leave that out.
/// </summary>
internal static class Feed
{
    public static readonly HeadLimits Limits = new(8192, 32768, 100);

    // A longer message is split around its ends of lines and at every so many bytes: at every byte it would cost gigabytes of copies.
    private const int EveryByteLimit = 2500;
    private const int Stride = 1021;

    public static byte[] Bytes(string text) => Encoding.Latin1.GetBytes(text);

    public static string Text(ReadOnlySpan<byte> bytes) => Encoding.Latin1.GetString(bytes);

    /// <summary>Parses with the given ends of the pieces; the last one is the whole input.</summary>
    public static ParseStatus Request(byte[] wire, IEnumerable<int> ends, RequestHead head, out Rejection rejection, HeadLimits? limits = null)
    {
        EveryWay(wire, ends, pieces => DescribeOnce(wire, pieces, limits));
        return RequestOnce(wire, ends, head, out rejection, limits);
    }

    public static ParseStatus Response(byte[] wire, IEnumerable<int> ends, ResponseHead head, bool isHeadRequest, out Rejection rejection, HeadLimits? limits = null)
    {
        EveryWay(wire, ends, pieces => DescribeOnce(wire, pieces, isHeadRequest, limits));
        return ResponseOnce(wire, ends, head, isHeadRequest, out rejection, limits);
    }

    /// <summary>Everything a request head says, or its rejection.</summary>
    public static string Describe(byte[] wire, IEnumerable<int> ends, HeadLimits? limits = null) =>
        EveryWay(wire, ends, pieces => DescribeOnce(wire, pieces, limits));

    /// <summary>Everything a response head says, or its rejection.</summary>
    public static string Describe(byte[] wire, IEnumerable<int> ends, bool isHeadRequest) =>
        EveryWay(wire, ends, pieces => DescribeOnce(wire, pieces, isHeadRequest, null));

    /// <summary>Decodes as a session would: what is not consumed comes again with the next piece.</summary>
    public static string Chunked(byte[] wire, IEnumerable<int> ends, out int consumedInAll)
    {
        EveryWay(wire, ends, pieces => ChunkedOnce(wire, pieces, out _));
        return ChunkedOnce(wire, ends, out consumedInAll);
    }

    public static int[] Whole(byte[] wire) => [wire.Length];

    public static int[] SplitAt(byte[] wire, int at) => [at, wire.Length];

    public static IEnumerable<int> ByteByByte(byte[] wire)
    {
        for (int end = 0; end <= wire.Length; end++)
        {
            yield return end;
        }
    }

    /// <summary>Every way a message is run besides whole: in two pieces at every byte, and byte by byte.</summary>
    public static IEnumerable<IEnumerable<int>> Splits(byte[] wire)
    {
        for (int at = 0; at <= wire.Length; at++)
        {
            if (wire.Length <= EveryByteLimit || at % Stride == 0 || at + 2 >= wire.Length || wire[at] < ' ' || wire[Math.Max(at - 1, 0)] < ' ')
            {
                yield return SplitAt(wire, at);
            }
        }

        if (wire.Length <= EveryByteLimit)
        {
            yield return ByteByByte(wire);
        }
    }

    private static string EveryWay(byte[] wire, IEnumerable<int> ends, Func<IEnumerable<int>, string> read)
    {
        string result = read(ends);
        if (ends is int[] { Length: 1 })
        {
            Assert.All(Splits(wire), split => Assert.Equal(result, read(split)));
        }

        return result;
    }

    private static ParseStatus RequestOnce(byte[] wire, IEnumerable<int> ends, RequestHead head, out Rejection rejection, HeadLimits? limits)
    {
        RequestHeadParser parser = default;
        ParseStatus status = ParseStatus.NeedMore;
        HeadLimits used = limits ?? Limits;
        head.Reset();
        foreach (int end in ends)
        {
            // A copy each time: the parser must not depend on where the bytes are.
            byte[] received = wire.AsSpan(0, end).ToArray();
            status = parser.Parse(received, head, in used);
            if (status == ParseStatus.Complete)
            {
                head.Bind(received);
            }

            if (status != ParseStatus.NeedMore)
            {
                break;
            }
        }

        rejection = parser.Rejection;
        return status;
    }

    private static ParseStatus ResponseOnce(byte[] wire, IEnumerable<int> ends, ResponseHead head, bool isHeadRequest, out Rejection rejection, HeadLimits? limits)
    {
        ResponseHeadParser parser = default;
        ParseStatus status = ParseStatus.NeedMore;
        HeadLimits used = limits ?? Limits;
        head.Reset();
        foreach (int end in ends)
        {
            byte[] received = wire.AsSpan(0, end).ToArray();
            status = parser.Parse(received, head, isHeadRequest, in used);
            if (status == ParseStatus.Complete)
            {
                head.Bind(received);
            }

            if (status != ParseStatus.NeedMore)
            {
                break;
            }
        }

        rejection = parser.Rejection;
        return status;
    }

    private static string DescribeOnce(byte[] wire, IEnumerable<int> ends, HeadLimits? limits)
    {
        RequestHead head = new();
        ParseStatus status = RequestOnce(wire, ends, head, out Rejection rejection, limits);
        return status != ParseStatus.Complete
            ? $"{status} {rejection}"
            : $"{head.Method} {Text(head.Target.Span)} {head.Version} @{Text(head.Authority.Span)} {head.HasAuthority} {head.Framing} {head.ContentLength} "
                + $"keep={head.KeepAlive} expect={head.ExpectsContinue} te={head.AcceptsTrailers} up={Text(head.UpgradeProtocol.Span)} length={head.Length}\n{head.Fields}";
    }

    private static string DescribeOnce(byte[] wire, IEnumerable<int> ends, bool isHeadRequest, HeadLimits? limits)
    {
        ResponseHead head = new();
        ParseStatus status = ResponseOnce(wire, ends, head, isHeadRequest, out Rejection rejection, limits);
        return status != ParseStatus.Complete
            ? $"{status} {rejection}"
            : $"{head.StatusCode} {Text(head.Reason.Span)} {head.Version} {head.Framing} {head.ContentLength} {head.DeclaredLength} "
                + $"keep={head.KeepAlive} up={Text(head.UpgradeProtocol.Span)} length={head.Length}\n{head.Fields}";
    }

    private static string ChunkedOnce(byte[] wire, IEnumerable<int> ends, out int consumedInAll)
    {
        ChunkedDecoder decoder = default;
        FieldList trailers = new();
        StringBuilder content = new();
        consumedInAll = 0;
        foreach (int end in ends)
        {
            while (true)
            {
                ReadOnlySpan<byte> input = wire.AsSpan(consumedInAll, end - consumedInAll).ToArray();
                ChunkStatus status = decoder.Read(input, trailers, out int consumed, out int offset, out int length);
                if (consumed < 0 || consumed > input.Length || length > consumed || offset + length > consumed)
                {
                    return $"out of bounds: {consumed} {offset} {length} of {input.Length}";
                }

                consumedInAll += consumed;
                content.Append(Text(input.Slice(offset, length)));
                if (status == ChunkStatus.Rejected)
                {
                    return $"{content}|{decoder.Rejection}";
                }

                if (status == ChunkStatus.End)
                {
                    return $"{content}|End\n{trailers}";
                }

                if (status == ChunkStatus.NeedMore)
                {
                    break;
                }
            }
        }

        return $"{content}|NeedMore";
    }
}

using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using GoAround.Core.Http;

namespace GoAround.Fuzz;

/// <summary>
/// Reads a connection with the balancer's own parsers, as a session does it: what a parser did not consume comes again with more behind
/// it. Every span is an array of exactly its size, and the codec has no unsafe code: a read behind the last byte is an exception.
/// </summary>
internal static class CodecReader
{
    private static readonly HeadLimits Limits = new(8192, 32768, 100);

    /// <summary>Reads a stream that comes in pieces.</summary>
    /// <param name="wire">All of it.</param>
    /// <param name="ends">Where the pieces end, in ascending order; the last one is the length.</param>
    /// <param name="rejection">Why it ended with Refused.</param>
    public static SeenStream Read(byte[] wire, IReadOnlyList<int> ends, out Rejection rejection)
    {
        List<SeenRequest> requests = [];
        int start = 0;
        while (true)
        {
            SeenRequest? request = ReadHead(wire, ends, start, out int position, out rejection, out bool hasStarted);
            if (request is null)
            {
                StreamEnd end = rejection != Rejection.None ? StreamEnd.Refused : hasStarted ? StreamEnd.Incomplete : StreamEnd.Clean;
                return new SeenStream(requests, end, null);
            }

            StreamEnd body = ReadBody(wire, ends, ref position, request, out rejection);
            if (body != StreamEnd.Clean)
            {
                return new SeenStream(requests, body, request);
            }

            request.Length = position - start;
            requests.Add(request);
            start = position;
            if (request.Closes)
            {
                return new SeenStream(requests, StreamEnd.Closed, null);
            }
        }
    }

    /// <summary>Decodes one chunked body; Clean where its end was found, and then the position is behind it.</summary>
    public static StreamEnd ReadChunked(
        byte[] wire, IReadOnlyList<int> ends, ref int position, out string content, out FieldList trailers, out Rejection rejection)
    {
        ChunkedDecoder decoder = default;
        StringBuilder pieces = new();
        trailers = new FieldList();
        rejection = Rejection.None;
        ChunkStatus status = ChunkStatus.NeedMore;
        foreach (int end in EndsFrom(ends, position))
        {
            // Each call consumes, or is the last of its piece: more of them would be a loop without end.
            for (int calls = 0; calls <= wire.Length + 1; calls++)
            {
                byte[] input = wire[position..end];
                status = decoder.Read(input, trailers, out int consumed, out int offset, out int length);
                if (consumed < 0 || consumed > input.Length || offset < 0 || length < 0 || offset + length > consumed || (status == ChunkStatus.Data) != (length > 0))
                {
                    throw new FuzzFailure($"the decoder left its bounds: consumed {consumed}, content {offset}+{length}, of {input.Length}");
                }

                position += consumed;
                pieces.Append(Encoding.Latin1.GetString(input, offset, length));
                if (status != ChunkStatus.Data)
                {
                    break;
                }
            }

            if (status != ChunkStatus.NeedMore)
            {
                break;
            }
        }

        content = pieces.ToString();
        rejection = decoder.Rejection;
        return status switch
        {
            ChunkStatus.End => StreamEnd.Clean,
            ChunkStatus.Rejected => StreamEnd.Refused,
            ChunkStatus.NeedMore => StreamEnd.Incomplete,
            _ => throw new FuzzFailure("the decoder gives content and never ends"),
        };
    }

    /// <summary>Ends of a few random pieces.</summary>
    public static int[] RandomEnds(Random random, int length) =>
        [.. Enumerable.Range(0, random.Next(1, 6)).Select(_ => random.Next(0, length + 1)).Order(), length];

    /// <summary>Ends of pieces of one byte each.</summary>
    public static int[] EachByte(int length) => [.. Enumerable.Range(0, length + 1)];

    // What was received by the time the position was reached may already be more.
    private static IEnumerable<int> EndsFrom(IReadOnlyList<int> ends, int position) => ends.Where(end => end >= position);

    private static SeenRequest? ReadHead(
        byte[] wire, IReadOnlyList<int> ends, int start, out int position, out Rejection rejection, out bool hasStarted)
    {
        RequestHeadParser parser = default;
        RequestHead head = new();
        ParseStatus status = ParseStatus.NeedMore;
        byte[] received = [];
        foreach (int end in EndsFrom(ends, start))
        {
            received = wire[start..end];
            status = parser.Parse(received, head, in Limits);
            if (status != ParseStatus.NeedMore)
            {
                break;
            }
        }

        position = start;
        rejection = parser.Rejection;
        hasStarted = parser.HasStarted;
        if (status != ParseStatus.Complete)
        {
            return null;
        }

        if (head.Length <= 0 || head.Length > received.Length)
        {
            throw new FuzzFailure($"a head of {head.Length} bytes in {received.Length}");
        }

        position += head.Length;
        head.Bind(received.AsMemory(0, head.Length)); // what it gives out must lie within it
        return Seen(head);
    }

    private static SeenRequest Seen(RequestHead head) => new()
    {
        Method = head.Method.ToString(),
        Target = Encoding.Latin1.GetString(head.Target.Span),
        Authority = Encoding.Latin1.GetString(head.Authority.Span),
        IsHttp10 = head.Version == ProtocolVersion.Http10,
        Fields = [.. head.Fields.ToPairs()],
        IsChunked = head.Framing == BodyFraming.Chunked,
        ContentLength = head.Framing == BodyFraming.Length ? head.ContentLength : null,
        Closes = !head.KeepAlive,
    };

    private static StreamEnd ReadBody(byte[] wire, IReadOnlyList<int> ends, ref int position, SeenRequest request, out Rejection rejection)
    {
        rejection = Rejection.None;
        if (request.IsChunked)
        {
            StreamEnd end = ReadChunked(wire, ends, ref position, out string content, out FieldList trailers, out rejection);
            request.Body = content;
            request.Trailers = [.. trailers.ToPairs()];
            return end;
        }

        long length = request.ContentLength ?? 0;
        int have = (int)Math.Min(length, wire.Length - position);
        request.Body = Encoding.Latin1.GetString(wire, position, have);
        position += have;
        return have < length ? StreamEnd.Incomplete : StreamEnd.Clean;
    }
}

using System;
using System.Collections.Generic;
using System.Text;
using System.Threading.Tasks;
using GoAround.Core.Http;

namespace GoAround.Fuzz;

/// <summary>A chunked body through the decoder: the same however it is split, as the reference reader reads it, and put together again the same.</summary>
internal sealed class ChunkedTarget : IFuzzTarget
{
    private const int EachByteLimit = 600;

    /// <inheritdoc/>
    public string Name => "chunked";

    /// <inheritdoc/>
    public ValueTask<int> RunAsync(byte[] input, Random random)
    {
        string whole = Read(input, [input.Length], out StreamEnd end, out int position, out string content, out FieldList trailers, out Rejection rejection);
        ExpectSame(whole, input, CodecReader.RandomEnds(random, input.Length));
        if (input.Length <= EachByteLimit)
        {
            ExpectSame(whole, input, CodecReader.EachByte(input.Length));
        }

        int expectedPosition = 0;
        StreamEnd expected = ReferenceReader.ReadChunked(Encoding.Latin1.GetString(input), ref expectedPosition, out string expectedContent, out _);
        bool isSame = end == StreamEnd.Refused
            ? expectedContent.StartsWith(content, StringComparison.Ordinal) || expected != StreamEnd.Clean
            : (end, content) == (expected, expectedContent) && (end != StreamEnd.Clean || position == expectedPosition);
        if (!isSame)
        {
            throw new FuzzFailure($"decoded: {whole}\nthe reference reader: {expected} at {expectedPosition} '{expectedContent}'");
        }

        if (end == StreamEnd.Clean)
        {
            ExpectRoundTrip(content, trailers);
        }

        return new(HashCode.Combine(end, expected, rejection, content.Length == 0, trailers.Count, position == input.Length));
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => default;

    private static string Read(
        byte[] input, int[] ends, out StreamEnd end, out int position, out string content, out FieldList trailers, out Rejection rejection)
    {
        position = 0;
        end = CodecReader.ReadChunked(input, ends, ref position, out content, out trailers, out rejection);

        // How far a body that is refused, or not whole, was consumed is nobody's business.
        return $"{end} {rejection} at {(end == StreamEnd.Clean ? position : 0)} '{content}' {(end == StreamEnd.Clean ? trailers : null)}";
    }

    private static void ExpectSame(string whole, byte[] input, int[] ends)
    {
        string split = Read(input, ends, out _, out _, out _, out _, out _);
        if (split != whole)
        {
            throw new FuzzFailure($"decoded whole it is {whole}\nbut split at {string.Join(',', ends)} {split}");
        }
    }

    private static void ExpectRoundTrip(string content, FieldList trailers)
    {
        List<byte> wire = [];
        byte[] room = new byte[32 * 1024];
        if (content.Length > 0)
        {
            wire.AddRange(room.AsSpan(0, ChunkWriter.Header(room, content.Length)));
            wire.AddRange(Encoding.Latin1.GetBytes(content + "\r\n"));
        }

        if (!ChunkWriter.TryLast(room, trailers, out int written))
        {
            throw new FuzzFailure("trailers that were received do not fit into 32 KiB");
        }

        wire.AddRange(room.AsSpan(0, written));
        int position = 0;
        StreamEnd end = ReferenceReader.ReadChunked(Encoding.Latin1.GetString([.. wire]), ref position, out string again, out List<KeyValuePair<string, string>> fields);
        if (end != StreamEnd.Clean || again != content || fields.Count != trailers.Count)
        {
            throw new FuzzFailure($"'{content}' with the trailers {trailers} became '{again}' with {fields.Count} trailers ({end})");
        }
    }
}

using System;
using System.Linq;
using System.Text;
using System.Threading.Tasks;
using GoAround.Core.Http;

namespace GoAround.Fuzz;

/// <summary>
/// A pipelined stream of requests through the request parser and the chunked decoder. It is read the same however it is split; its
/// messages are those the reference reader finds, or it is refused where the balancer is stricter; never the other way round.
/// </summary>
internal sealed class RequestTarget : IFuzzTarget
{
    private const int EachByteLimit = 600;

    /// <inheritdoc/>
    public string Name => "request-head";

    /// <summary>Streams that the reference reader would have read further than the balancer did.</summary>
    public int Stricter { get; private set; }

    /// <inheritdoc/>
    public ValueTask<int> RunAsync(byte[] input, Random random)
    {
        SeenStream whole = CodecReader.Read(input, [input.Length], out Rejection rejection);
        ExpectSame(input, CodecReader.RandomEnds(random, input.Length), whole, rejection);
        if (input.Length <= EachByteLimit)
        {
            ExpectSame(input, CodecReader.EachByte(input.Length), whole, rejection);
        }

        SeenStream reference = ReferenceReader.Read(Encoding.Latin1.GetString(input));
        ExpectPrefix(reference, whole, rejection);
        HashCode features = default;
        features.Add((whole.Requests.Count, whole.End, reference.End, rejection));
        foreach (SeenRequest request in whole.Requests)
        {
            features.Add((request.IsChunked, request.ContentLength is null, request.Closes, request.IsHttp10, request.Trailers.Count > 0, request.Target[0]));
        }

        return new(features.ToHashCode());
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => default;

    private static void ExpectSame(byte[] input, int[] ends, SeenStream whole, Rejection rejection)
    {
        SeenStream split = CodecReader.Read(input, ends, out Rejection other);
        string left = Text(whole, rejection);
        string right = Text(split, other);
        if (left != right)
        {
            throw new FuzzFailure($"read whole it is\n{left}\nbut split at {string.Join(',', ends)}\n{right}");
        }
    }

    private static string Text(SeenStream stream, Rejection rejection) =>
        $"{stream.End} {rejection}\n{string.Concat(stream.Requests.Append(stream.Partial).Select(request => request is null ? "-" : Text(request)))}";

    private static string Text(SeenRequest request) =>
        $"{request} {request.Length} {request.Closes} {request.IsChunked} {request.ContentLength}\n"
        + string.Concat(request.Fields.Concat(request.Trailers).Select(field => $"{field.Key}: {field.Value}\n")) + request.Body;

    private void ExpectPrefix(SeenStream reference, SeenStream seen, Rejection rejection)
    {
        if (seen.Requests.Count > reference.Requests.Count)
        {
            throw new FuzzFailure($"{seen.Requests.Count} requests were read, the reference reader finds {reference.Requests.Count} ({reference.End})");
        }

        for (int i = 0; i < seen.Requests.Count; i++)
        {
            SeenRequest sent = reference.Requests[i];
            SeenRequest got = seen.Requests[i];
            if (got.Fields.FirstOrDefault(field => Comparison.IsOwn(field.Key)).Key is { } own)
            {
                throw new FuzzFailure($"{got}: {own} was left among its end-to-end fields");
            }

            if (Comparison.Difference(sent, got) is { } difference)
            {
                throw new FuzzFailure(difference);
            }

            if ((sent.Length, sent.Closes) != (got.Length, got.Closes))
            {
                throw new FuzzFailure($"{got}: {got.Length} bytes, closes: {got.Closes}; the reference reader: {sent.Length}, {sent.Closes}");
            }
        }

        bool isStricter = seen.Requests.Count < reference.Requests.Count || (seen.End == StreamEnd.Refused && reference.End is StreamEnd.Clean or StreamEnd.Closed);
        Stricter += isStricter ? 1 : 0;
        bool isFine = seen.End == StreamEnd.Refused || (seen.Requests.Count == reference.Requests.Count && seen.End == reference.End);
        if (!isFine)
        {
            throw new FuzzFailure($"{seen.Requests.Count} requests and then {seen.End} {rejection}; the reference reader: {reference.Requests.Count}, {reference.End}");
        }
    }
}

using System;
using System.Collections.Generic;
using System.Text;
using System.Threading.Tasks;
using GoAround.Core.Http;

namespace GoAround.Fuzz;

/// <summary>
/// A response head through its parser: the same however it is split; read as the answer to a GET and to a HEAD; and what is accepted, put
/// together again, is a head that is read the same.
/// </summary>
internal sealed class ResponseTarget : IFuzzTarget
{
    private const int EachByteLimit = 600;
    private static readonly HeadLimits Limits = new(8192, 32768, 100);

    /// <inheritdoc/>
    public string Name => "response-head";

    /// <inheritdoc/>
    public ValueTask<int> RunAsync(byte[] input, Random random)
    {
        HashCode features = default;
        foreach (bool isHead in (bool[])[false, true])
        {
            string whole = Read(input, [input.Length], isHead, out ParseStatus status, out ResponseHead head, out Rejection rejection);
            ExpectSame(whole, input, CodecReader.RandomEnds(random, input.Length), isHead);
            if (input.Length <= EachByteLimit)
            {
                ExpectSame(whole, input, CodecReader.EachByte(input.Length), isHead);
            }

            if (status == ParseStatus.Complete)
            {
                ExpectFraming(Encoding.Latin1.GetString(input, 0, head.Length), head, isHead);
                ExpectRoundTrip(head, isHead);
            }

            features.Add((status, rejection, head.Framing, head.Version, head.KeepAlive, head.StatusCode / 100, head.UpgradeProtocol.IsEmpty));
        }

        return new(features.ToHashCode());
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => default;

    private static string Read(byte[] input, int[] ends, bool isHead, out ParseStatus status, out ResponseHead head, out Rejection rejection)
    {
        ResponseHeadParser parser = default;
        head = new ResponseHead();
        status = ParseStatus.NeedMore;
        foreach (int end in ends)
        {
            byte[] received = input[..end]; // of exactly its size: a read behind it is an exception
            status = parser.Parse(received, head, isHead, in Limits);
            if (status == ParseStatus.Complete)
            {
                head.Bind(received.AsMemory(0, head.Length));
            }

            if (status != ParseStatus.NeedMore)
            {
                break;
            }
        }

        rejection = parser.Rejection;
        return status == ParseStatus.Complete ? $"{head.Length} {Text(head)}" : $"{status} {rejection}";
    }

    private static void ExpectSame(string whole, byte[] input, int[] ends, bool isHead)
    {
        string split = Read(input, ends, isHead, out _, out _, out _);
        if (split != whole)
        {
            throw new FuzzFailure($"read whole it is {whole}\nbut split at {string.Join(',', ends)} {split}");
        }
    }

    // RFC 9112 §6.3, once more, from the text of the head
    private static void ExpectFraming(string wire, ResponseHead head, bool isHead)
    {
        List<KeyValuePair<string, string>> fields = [];
        foreach (string line in wire.Split("\r\n")[1..^2])
        {
            int colon = line.IndexOf(':', StringComparison.Ordinal);
            fields.Add(new(line[..colon].TrimEnd(' ', '\t'), line[(colon + 1)..].Trim(' ', '\t')));
        }

        string[] codings = ReferenceReader.List(fields, "Transfer-Encoding");
        string[] lengths = ReferenceReader.List(fields, "Content-Length");
        BodyFraming expected = isHead || head.StatusCode is < 200 or 204 or 304 ? BodyFraming.None
            : codings.Length > 0 ? BodyFraming.Chunked
            : lengths.Length > 0 ? BodyFraming.Length
            : BodyFraming.UntilClose;
        bool isOneFraming = codings.Length == 0 || (codings is ["chunked"] && lengths.Length == 0 && head.Version == ProtocolVersion.Http11);
        if (head.Framing != expected || !isOneFraming)
        {
            throw new FuzzFailure($"the framing is {head.Framing}, by the fields it is {expected}: {string.Join(',', codings)} {string.Join(',', lengths)}");
        }

        foreach ((string name, string _) in head.Fields.ToPairs())
        {
            if (Comparison.IsOwn(name) && !name.Equals("Host", StringComparison.OrdinalIgnoreCase))
            {
                throw new FuzzFailure($"{name} was left among the end-to-end fields");
            }
        }
    }

    private static void ExpectRoundTrip(ResponseHead head, bool isHead)
    {
        byte[] room = new byte[64 * 1024];
        HeadWriter writer = new(room);
        writer.StatusLine(head.StatusCode, head.Reason.Span);
        writer.Fields(head.Fields);
        writer.End();
        byte[] wire = room[..writer.Written];
        Read(wire, [wire.Length], isHead, out ParseStatus status, out ResponseHead again, out Rejection rejection);
        if (status != ParseStatus.Complete || again.Length != wire.Length || again.StatusCode != head.StatusCode || again.Fields.ToString() != head.Fields.ToString())
        {
            throw new FuzzFailure($"put together again it is {status} {rejection}: {Encoding.Latin1.GetString(wire)}");
        }
    }

    private static string Text(ResponseHead head) =>
        $"{head.StatusCode} {Encoding.Latin1.GetString(head.Reason.Span)} {head.Version} {head.Framing} {head.ContentLength} {head.DeclaredLength} "
        + $"{head.KeepAlive} {Encoding.Latin1.GetString(head.UpgradeProtocol.Span)}\n{head.Fields}";
}

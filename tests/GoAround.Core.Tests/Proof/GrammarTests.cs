using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using GoAround.Core.Http;
using GoAround.Core.Sockets;
using GoAround.Core.Upstream;
using GoAround.Fuzz;
using Xunit;

namespace GoAround.Core.Tests.Proof;

/// <summary>Random valid messages by the grammar of the RFCs: read, put together again, read again. A failure names its seed.</summary>
public sealed class GrammarTests
{
    private const int Rounds = 3_000;

    [Fact]
    public void Every_valid_stream_is_read_in_full_and_each_request_is_the_one_that_was_written()
    {
        for (int seed = 0; seed < Rounds; seed++)
        {
            Random random = new(seed);
            (string text, IReadOnlyList<SeenRequest> models) = new RandomMessages(random).Stream(5);
            byte[] wire = Encoding.Latin1.GetBytes(text);
            SeenStream seen = CodecReader.Read(wire, CodecReader.RandomEnds(random, wire.Length), out Rejection rejection);
            ExpectAll(seed, models, seen, rejection.ToString());
            Assert.True(seen.End is StreamEnd.Clean or StreamEnd.Closed, $"seed {seed}: {seen.End} {rejection}");
            Assert.Equal((seed, wire.Length), (seed, seen.Requests.Sum(request => request.Length)));
        }
    }

    [Fact]
    public void The_reference_reader_reads_every_valid_stream_too()
    {
        for (int seed = 0; seed < Rounds; seed++)
        {
            (string text, IReadOnlyList<SeenRequest> models) = new RandomMessages(new Random(seed)).Stream(5);
            SeenStream seen = ReferenceReader.Read(text);
            SeenRequest[] ofGrammar = [.. seen.Requests.Select(request => request with { Fields = [.. request.Fields.Where(field => field.Key.StartsWith("Q-", StringComparison.Ordinal))] })];
            ExpectAll(seed, models, seen with { Requests = ofGrammar }, "");
        }
    }

    [Fact]
    public void A_request_that_is_read_and_passed_on_is_read_the_same_behind()
    {
        Backend backend = Backend.Parse("http://backend.example:81");
        for (int seed = 0; seed < Rounds; seed++)
        {
            (string text, SeenRequest model) = new RandomMessages(new Random(seed)).Request(isLast: true);
            byte[] wire = Encoding.Latin1.GetBytes(text);
            string passedOn = PassOn(wire, model, backend);
            SeenStream behind = ReferenceReader.Read(passedOn, isBehind: true);
            ExpectAll(seed, [model], behind, passedOn);
            Assert.Equal((seed, StreamEnd.Clean), (seed, behind.End));
        }
    }

    [Fact]
    public void A_message_does_not_change_what_follows_it()
    {
        const string Next = "PUT /next HTTP/1.1\r\nHost: next\r\nContent-Length: 2\r\n\r\nok";
        for (int seed = 0; seed < Rounds; seed++)
        {
            (string text, SeenRequest model) = new RandomMessages(new Random(seed)).Request(isLast: false);
            byte[] wire = Encoding.Latin1.GetBytes(text + Next);
            SeenStream seen = CodecReader.Read(wire, [wire.Length], out _);
            Assert.True(seen.Requests.Count == 2, $"seed {seed}: {seen.Requests.Count} requests behind {model}");
            Assert.Equal((seed, "PUT", "/next", "next", "ok", Next.Length), (seed, seen.Requests[1].Method, seen.Requests[1].Target, seen.Requests[1].Authority, seen.Requests[1].Body, seen.Requests[1].Length));
        }
    }

    [Fact]
    public void Every_valid_response_head_is_read_as_it_was_written()
    {
        for (int seed = 0; seed < Rounds; seed++)
        {
            Random random = new(seed);
            (string text, int statusCode, string reason, IReadOnlyList<KeyValuePair<string, string>> fields) = new RandomMessages(random).ResponseHead();
            byte[] wire = Encoding.Latin1.GetBytes(text);
            ResponseHeadParser parser = default;
            ResponseHead head = new();
            Assert.Equal((seed, ParseStatus.Complete), (seed, parser.Parse(wire, head, random.Next(2) == 0, new HeadLimits(8192, 32768, 100))));
            head.Bind(wire);
            Assert.Equal((seed, statusCode, reason, wire.Length), (seed, head.StatusCode, Encoding.Latin1.GetString(head.Reason.Span), head.Length));
            Assert.Equal(fields, head.Fields.ToPairs());
        }
    }

    [Fact]
    public void The_codec_cannot_read_behind_the_last_byte_unnoticed()
    {
        // The tests hand it arrays of exactly the size of what was received: without unsafe code a read behind them throws.
        string[] marks = ["unsafe", "Unsafe.", "MemoryMarshal", "fixed ("];
        Assert.DoesNotContain(
            Repository.RepositoryFiles.Core.Where(source => source.Path.Contains("/Http/", StringComparison.Ordinal)),
            source => marks.Any(mark => source.Code.Contains(mark, StringComparison.Ordinal)));
    }

    private static string PassOn(byte[] wire, SeenRequest model, Backend backend)
    {
        ProxyRequest request = new();
        RequestHead head = new(request.Fields);
        RequestHeadParser parser = default;
        parser.Parse(wire, head, new HeadLimits(8192, 32768, 100));
        head.Bind(wire);
        request.Method = head.Method;
        request.Target = head.Target;
        request.Authority = head.Authority;
        request.AcceptsTrailers = head.AcceptsTrailers;
        byte[] content = Encoding.Latin1.GetBytes(model.Body);
        request.Body = model.IsChunked ? new Wire.ScriptedBody(null, _ => default) : MessageBody.FromBytes(content);
        OutboundBuffer outbound = default;
        RequestComposer.AppendHead(ref outbound, request, backend);
        string composed = Encoding.Latin1.GetString(outbound.Bytes.Span);
        outbound.Return();
        if (!model.IsChunked)
        {
            return composed + model.Body;
        }

        FieldList trailers = new();
        foreach ((string name, string value) in model.Trailers)
        {
            trailers.Add(name, value);
        }

        byte[] room = new byte[8192];
        string header = content.Length == 0 ? "" : Encoding.Latin1.GetString(room, 0, ChunkWriter.Header(room, content.Length)) + model.Body + "\r\n";
        Assert.True(ChunkWriter.TryLast(room, trailers, out int written));
        return composed + header + Encoding.Latin1.GetString(room, 0, written);
    }

    private static void ExpectAll(int seed, IReadOnlyList<SeenRequest> models, SeenStream seen, string more)
    {
        Assert.True(models.Count == seen.Requests.Count, $"seed {seed}: {seen.Requests.Count} of {models.Count} requests, then {seen.End} {more}");
        foreach ((SeenRequest model, SeenRequest got) in models.Zip(seen.Requests))
        {
            Assert.True(Comparison.Difference(model, got) is null, $"seed {seed}: {Comparison.Difference(model, got)}");
            Assert.Equal((seed, model.Fields.Count), (seed, got.Fields.Count(field => field.Key.StartsWith("Q-", StringComparison.Ordinal))));
        }
    }
}

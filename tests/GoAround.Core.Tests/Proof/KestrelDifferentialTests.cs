using System;
using System.Collections.Generic;
using System.Linq;
using System.Net;
using System.Text;
using System.Threading.Tasks;
using GoAround.Core.Http;
using GoAround.Core.Tests.Wire;
using GoAround.Fuzz;
using Xunit;

namespace GoAround.Core.Tests.Proof;

/// <summary>What GoAround makes of a connection against what Kestrel makes of it: behind GoAround, and of the same bytes. By count and seed, not by time.</summary>
/// <remarks>
/// Where the two differ, one of them refuses: no stream was found of which both accept a different request. The classes are
/// <list type="bullet">
/// <item>Kestrel refuses, GoAround passes on: a Host with an empty port, <c>%</c> or <c>~</c>; a path with <c>%00</c>, or an absolute target of
/// https over a plain connection; a POST or PUT of HTTP/1.0 without Content-Length; HTTP/1.2 to 1.9; in a chunked body, white space before an
/// extension's semicolon, and a size of more than eight digits, zeros before it counted. GoAround frames the body anew, so that only the first
/// three reach a Kestrel behind it, which answers 400.</item>
/// <item>GoAround refuses, Kestrel accepts: a bare LF or CR, a fragment or an empty target, names that are no tokens, control bytes in values, an
/// invalid Host of HTTP/1.0, codings before or beside chunked, Content-Length beside Transfer-Encoding, Transfer-Encoding in HTTP/1.0, long or
/// malformed chunk extensions, large trailers.</item>
/// </list>
/// </remarks>
public sealed class KestrelDifferentialTests
{
    private const int Seed = 5;
    private const int StreamsBehind = 2_500;
    private const int StreamsBeside = 12_000;

    // How Kestrel says so, up to the colon.
    private static readonly HashSet<string> RefusedBehind = ["Invalid Host header", "Invalid request target"];

    private static readonly HashSet<string> RefusedBeside =
    [
        .. RefusedBehind, "Bad chunk size data.", "POST request contains no Content-Length header.", "PUT request contains no Content-Length header.", "Unrecognized HTTP version",
    ];

    [Fact]
    public async Task Kestrel_behind_GoAround_reads_exactly_the_requests_that_GoAround_accepted()
    {
        await using KestrelServer kestrel = await KestrelServer.OpenAsync();
        AcceptedRequests? accepted = null;
        ProxyFixture.Setup setup = new() { Wrap = pool => accepted = new AcceptedRequests(pool) };
        setup.Server.Address = IPAddress.Loopback;
        await using ProxyFixture proxy = await ProxyFixture.OpenAsync(setup);
        await proxy.Pool.ReplaceAsync([Backend.Parse($"http://127.0.0.1:{kestrel.Port}")], default);
        int requests = 0;
        foreach ((int number, byte[] input) in Streams(StreamsBehind))
        {
            SeenStream reference = ReferenceReader.Read(Encoding.Latin1.GetString(input));
            await Conversation.HoldAsync(proxy.Server.LocalEndPoint, input, reference, new Random(number));
            await proxy.UntilNothingIsInFlightAsync();
            List<SeenRequest> expected = [];
            foreach ((SeenRequest request, int statusCode) in accepted!.Answered)
            {
                if (statusCode == 200)
                {
                    expected.Add(request.Authority.Length > 0 ? request : request with { Authority = $"127.0.0.1:{kestrel.Port}" });
                }
                else
                {
                    string why = kestrel.Refusals.TryDequeue(out string? reason) ? reason.Split(':')[0] : $"status {statusCode}";
                    Assert.True(RefusedBehind.Contains(why), $"stream {number}: Kestrel refuses {request}: {why}\n{Convert.ToHexString(input)}");
                }
            }

            string[] left = [.. expected.Select(Text)];
            string[] right = [.. kestrel.Requests.Select(Text)];
            Assert.True(left.SequenceEqual(right), $"stream {number}: accepted {string.Join('\n', left)}\nbut Kestrel read {string.Join('\n', right)}\n{Convert.ToHexString(input)}");
            requests += left.Length;
            accepted.Answered.Clear();
            kestrel.Requests.Clear();
            kestrel.Refusals.Clear();
        }

        proxy.ExpectNoErrors();
        Assert.True(requests > StreamsBehind / 2, $"only {requests} requests came through");
    }

    [Fact]
    public async Task Kestrel_reads_the_same_requests_from_the_same_bytes_or_one_of_the_two_refuses()
    {
        MemoryListener memory = new();
        await using KestrelServer kestrel = await KestrelServer.OpenAsync(memory);
        foreach ((int number, byte[] input) in Streams(StreamsBeside))
        {
            SeenStream ours = CodecReader.Read(input, [input.Length], out Rejection rejection);
            await memory.SendAsync(input);
            SeenRequest[] theirs = [.. kestrel.Requests];
            for (int i = 0; i < Math.Min(ours.Requests.Count, theirs.Length); i++)
            {
                SeenRequest left = ours.Requests[i];
                SeenRequest right = theirs[i];
                bool isSame = left.Method == right.Method && left.Body == right.Body && (right.Target == left.Target || right.Target.Contains("://", StringComparison.Ordinal));
                Assert.True(isSame, $"stream {number}: GoAround reads {left} '{left.Body}', Kestrel {right} '{right.Body}'\n{Convert.ToHexString(input)}");
            }

            string why = kestrel.Refusals.TryDequeue(out string? reason) ? reason.Split(':')[0] : "no reason given";
            Assert.True(theirs.Length >= ours.Requests.Count || RefusedBeside.Contains(why), $"stream {number}: Kestrel refuses what GoAround accepts: {why}\n{Convert.ToHexString(input)}");
            Assert.True(theirs.Length <= ours.Requests.Count || ours.End == StreamEnd.Refused, $"stream {number}: Kestrel reads more, and GoAround does not refuse: {ours.End} {rejection}\n{Convert.ToHexString(input)}");
            kestrel.Requests.Clear();
            kestrel.Refusals.Clear();
        }
    }

    private static IEnumerable<(int Number, byte[] Input)> Streams(int count)
    {
        byte[][] corpus = [.. Corpus.Of("session").Select(file => file.Value)];
        for (int number = 0; number < count + corpus.Length; number++)
        {
            Random random = new((Seed * 1_000_003) ^ (number * 7_919));
            byte[] valid = Encoding.Latin1.GetBytes(new RandomMessages(random).Stream(4).Text);
            yield return (number, number < corpus.Length ? corpus[number]
                : random.Next(4) == 0 ? valid
                : Mutator.Mutate(random, random.Next(2) == 0 ? valid : corpus[random.Next(corpus.Length)], corpus[random.Next(corpus.Length)]));
        }
    }

    // Kestrel groups the lines of one name and spells known names its own way: so the order of names is left out of account.
    private static string Text(SeenRequest request) =>
        $"{request.Method} {request.Target} @{request.Authority} {Text(request.Fields)} '{request.Body}' {Text(request.Trailers)}";

    private static string Text(IEnumerable<KeyValuePair<string, string>> fields) =>
        string.Join('|', fields.Where(field => !Comparison.IsOwn(field.Key)).Select(field => $"{field.Key.ToLowerInvariant()}: {field.Value}").GroupBy(line => line.Split(':')[0]).OrderBy(group => group.Key, StringComparer.Ordinal).SelectMany(group => group));
}

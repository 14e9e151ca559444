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
public sealed class KestrelDifferentialTests
{
    private const int Seed = 5;
    private const int StreamsBehind = 2_500;
    private const int StreamsBeside = 20_000;

    [Fact]
    public async Task Kestrel_behind_GoAround_reads_exactly_the_requests_that_GoAround_accepted()
    {
        await using KestrelServer kestrel = await KestrelServer.OpenAsync();
        AcceptedRequests? accepted = null;
        ProxyFixture.Setup setup = new() { Wrap = pool => accepted = new AcceptedRequests(pool) };
        setup.Server.Address = IPAddress.Loopback;
        await using ProxyFixture proxy = await ProxyFixture.OpenAsync(setup);
        await proxy.Pool.ReplaceAsync([Backend.Parse($"http://127.0.0.1:{kestrel.Port}")], default);
        SortedDictionary<string, int> refusals = new(StringComparer.Ordinal);
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
                    string why = kestrel.Refusals.TryDequeue(out string? reason) ? reason : $"status {statusCode}";
                    refusals[why.Split(':')[0]] = refusals.GetValueOrDefault(why.Split(':')[0]) + 1;
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
        Assert.True(refusals.Count == 0, string.Join('\n', refusals));
    }

    [Fact]
    public async Task Kestrel_reads_the_same_requests_from_the_same_bytes_or_one_of_the_two_refuses()
    {
        MemoryListener memory = new();
        await using KestrelServer kestrel = await KestrelServer.OpenAsync(memory);
        SortedDictionary<string, int> kestrelIsStricter = new(StringComparer.Ordinal);
        SortedDictionary<string, int> goAroundIsStricter = new(StringComparer.Ordinal);
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

            if (theirs.Length < ours.Requests.Count)
            {
                string why = kestrel.Refusals.TryDequeue(out string? reason) ? reason.Split(':')[0] : "no reason given";
                kestrelIsStricter[why] = kestrelIsStricter.GetValueOrDefault(why) + 1;
                System.IO.File.AppendAllText("/tmp/diff.txt", $"{why} | {ours.Requests[theirs.Length]} | {System.Text.Json.JsonSerializer.Serialize(Encoding.Latin1.GetString(input))}\n");
            }
            else if (theirs.Length > ours.Requests.Count)
            {
                string why = ours.End == StreamEnd.Refused ? rejection.ToString() : $"{ours.End}\n{Convert.ToHexString(input)}";
                goAroundIsStricter[why] = goAroundIsStricter.GetValueOrDefault(why) + 1;
            }

            kestrel.Requests.Clear();
            kestrel.Refusals.Clear();
        }

        Assert.Fail("Kestrel stricter:\n" + string.Join('\n', kestrelIsStricter) + "\nGoAround stricter:\n" + string.Join('\n', goAroundIsStricter));
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

using System;
using GoAround.Core.Cache;
using Xunit;

namespace GoAround.Core.Tests.Cache;

public class RuleAllocationTests
{
    private static readonly byte[] Name = CacheStatusField.NameOf("goaround");

    [Fact]
    public void What_is_asked_for_a_hit_allocates_nothing()
    {
        ProxyRequest request = Said.Request("Accept: text/html, */*;q=0.1\nAccept-Encoding: gzip, br\nCache-Control: max-age=100, max-stale=5\nCookie: a=b\n"
            + "If-None-Match: \"x\", \"y\"\nIf-Range: \"a\"\nRange: bytes=0-10\nX-Forwarded-Host: example.com");
        StoredHead stored = Said.Stored("Cache-Control: max-age=60, stale-while-revalidate=5\nETag: \"a\"\nLast-Modified: Sun, 06 Nov 1994 08:49:37 GMT\nContent-Type: text/html");
        KeyBuffer bytes = default;
        StoreDecision decision = Said.Decide("Cache-Control: max-age=60\nETag: \"a\"");
        StoredHeadWriter.Write(ref bytes, in decision, Said.Copy(in stored), new CacheOptions());
        ReadOnlyMemory<byte> head = bytes.Memory;
        ProxyResponse response = new();
        KeyBuffer key = default;
        Answer(request, head, response, ref key);

        long least = long.MaxValue; // the runtime itself allocates now and then
        for (int i = 0; i < 50 && least > 0; i++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            Answer(request, head, response, ref key);
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        Assert.Equal(0, least);
    }

    private static void Answer(ProxyRequest request, ReadOnlyMemory<byte> bytes, ProxyResponse response, ref KeyBuffer key)
    {
        RequestFacts facts = RequestFacts.Read(request);
        key.Clear();
        CacheKey.Append(ref key, request);
        VaryRules.AppendSelection(ref key, "accept,accept-encoding,cookie"u8, request.Fields);
        Assert.True(StoredHead.TryRead(bytes, out StoredHead head));
        Assert.True(ReuseRules.Decide(in facts, in head, Said.NowMs) == Reuse.Serve);
        Assert.True(Conditions.Evaluate(request, in head) == ConditionResult.Proceed);
        head.CopyTo(response);
        RangeOutcome range = RangeRules.Evaluate(request, in head, 1000);
        RangeRules.Apply(response, in range, 1000);
        AgeField.Add(response.Fields, head.AgeSeconds(Said.NowMs));
        CacheStatusField.Append(response.Fields, Name, new CacheStatus { Ttl = head.FreshSeconds(Said.NowMs) });
    }
}

using System;
using System.Collections.Generic;
using GoAround.Core.Cache;
using GoAround.Core.Http;
using Xunit;

namespace GoAround.Core.Tests.Cache;

/// <summary>Whatever stands in a field, no rule throws: wire data is never an exception.</summary>
public class RuleFuzzTests
{
    private static readonly string[] Names =
    [
        "Cache-Control", "CDN-Cache-Control", "Pragma", "Age", "Date", "Expires", "Last-Modified", "ETag", "Vary", "Location", "Content-Location", "Surrogate-Key", "Cache-Tag",
        "If-None-Match", "If-Modified-Since", "If-Range", "Range", "Accept", "Accept-Encoding", "X-Forwarded-Host", "X-Forwarded-Proto", "Set-Cookie",
    ];

    private static readonly string[] Pieces =
    [
        "max-age", "s-maxage", "no-cache", "private", "=", "=\"", "\"", ",", ";", " ", "\t", "0", "60", "99999999999", "-", "1.5", "?", "?0", "(", ")", ":", "\\", "/", "//", ".", "..",
        "#", "http", "https://", "example.com", "W/", "*", "bytes=", "q=", "q=1", "gzip", "Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, ", "06-Nov-94", "GMT", "é", "X-A", "stale-while-revalidate=9",
    ];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void No_rule_throws_on_what_stands_in_a_field(int seed)
    {
        Random random = new(seed);
        CacheOptions options = new();
        KeyBuffer buffer = default;
        int stored = 0;
        for (int i = 0; i < 10_000; i++)
        {
            ProxyRequest request = Said.Request("", "GET", "/a/b?c");
            ProxyResponse response = new();
            Fill(request.Fields, random);
            Fill(response.Fields, random);

            RequestFacts facts = RequestFacts.Read(request);
            buffer.Clear();
            CacheKey.Append(ref buffer, request);
            CacheTags.Read(response.Fields, []);
            Invalidation.TryKey(InvalidationTarget.Location, request, response, ref buffer);
            Invalidation.TryKey(InvalidationTarget.ContentLocation, request, response, ref buffer);
            buffer.Clear();
            VaryRules.Read(response.Fields, ref buffer);
            byte[] names = buffer.Span.ToArray();
            VaryRules.AppendSelection(ref buffer, names, request.Fields);
            VaryRules.AppendSelection(ref buffer, "accept,accept-encoding"u8, request.Fields);

            StoreDecision decision = StoreRules.Decide(in facts, response, options, Said.NowMs, Said.NowMs);
            if (decision.IsStored)
            {
                stored++;
                Use(request, in facts, response, in decision, options);
            }
        }

        Assert.True(stored > 100);
    }

    private static void Use(ProxyRequest request, in RequestFacts facts, ProxyResponse response, in StoreDecision decision, CacheOptions options)
    {
        KeyBuffer bytes = default;
        StoredHeadWriter.Write(ref bytes, in decision, response, options);
        Assert.True(StoredHead.TryRead(bytes.Memory, out StoredHead head));
        ReuseRules.Decide(in facts, in head, Said.NowMs + 70_000);
        ReuseRules.MayServeOnError(in facts, in head, Said.NowMs + 70_000, options, StaleCause.Disconnected);
        Conditions.Evaluate(request, in head);
        RangeOutcome range = RangeRules.Evaluate(request, in head, 100);
        Assert.True(range.Kind != RangeKind.Part || (range.First >= 0 && range.First <= range.Last && range.Last < 100));
        ProxyResponse copy = Said.Copy(in head);
        Validation.Confirms(in head, response);
        Validation.AddConditions(request.Fields, in head);
        ProxyResponse merged = new();
        FieldUpdate.Merge(in head, copy, merged);
        Assert.Equal(copy.Fields.Count, merged.Fields.Count);
    }

    private static void Fill(FieldList fields, Random random)
    {
        int lines = random.Next(6);
        for (int i = 0; i < lines; i++)
        {
            List<string> value = [];
            int pieces = random.Next(7);
            for (int j = 0; j < pieces; j++)
            {
                value.Add(Pieces[random.Next(Pieces.Length)]);
            }

            fields.Add(Names[random.Next(Names.Length)], string.Concat(value).Trim());
        }
    }
}

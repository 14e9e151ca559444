using System;
using System.Text;
using GoAround.Core.Cache;
using GoAround.Core.Http;
using Xunit;

namespace GoAround.Core.Tests.Cache;

/// <summary>Messages written as the lines of their heads, and what the rules make of them; it is midnight, Wed, 01 Jan 2025.</summary>
internal static class Said
{
    public const long NowMs = 1735689600_000;
    public const string Now = "Wed, 01 Jan 2025 00:00:00 GMT";

    /// <summary>A GET of http://example.com/a with these lines.</summary>
    public static ProxyRequest Request(string lines = "", string method = "GET", string target = "/a", string authority = "example.com")
    {
        ProxyRequest request = new(method, target) { Authority = Bytes(authority) };
        AddLines(request.Fields, lines);
        return request;
    }

    public static ProxyResponse Response(string lines = "", int status = 200)
    {
        ProxyResponse response = new() { StatusCode = status };
        AddLines(response.Fields, lines);
        return response;
    }

    public static FieldList Fields(string lines) => Response(lines).Fields;

    public static RequestFacts Facts(string lines = "", string method = "GET") => RequestFacts.Read(Request(lines, method));

    /// <summary>What is decided on a response that took no time and came now.</summary>
    public static StoreDecision Decide(string response, string request = "", int status = 200, CacheOptions? options = null) =>
        StoreRules.Decide(Facts(request), Response(response, status), options ?? new CacheOptions(), NowMs, NowMs);

    /// <summary>The head of a response that was stored now.</summary>
    public static StoredHead Stored(string lines, int status = 200, CacheOptions? options = null)
    {
        StoreDecision decision = Decide(lines, status: status, options: options);
        Assert.Equal(CacheBypass.None, decision.Bypass);
        KeyBuffer bytes = default;
        StoredHeadWriter.Write(ref bytes, in decision, Response(lines, status), options ?? new CacheOptions());
        Assert.True(StoredHead.TryRead(bytes.Memory, out StoredHead head));
        return head;
    }

    /// <summary>The fields of a stored head, as an answer gets them.</summary>
    public static ProxyResponse Copy(in StoredHead head)
    {
        ProxyResponse response = new();
        head.CopyTo(response);
        return response;
    }

    public static byte[] Bytes(string text) => Encoding.Latin1.GetBytes(text);

    /// <summary>Bytes as text, a zero byte as <c>|</c> and a one as <c>!</c>.</summary>
    public static string Text(ReadOnlySpan<byte> bytes) => Encoding.Latin1.GetString(bytes).Replace('\0', '|').Replace('\x1', '!');

    private static void AddLines(FieldList fields, string lines)
    {
        foreach (string line in lines.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            int colon = line.IndexOf(':');
            fields.Add(line[..colon], line[(colon + 1)..].Trim());
        }
    }
}

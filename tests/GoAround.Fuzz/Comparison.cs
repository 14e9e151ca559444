using System;
using System.Collections.Generic;
using System.Linq;

namespace GoAround.Fuzz;

/// <summary>Whether a request is still the one that was sent, once the balancer has read it or passed it on.</summary>
internal static class Comparison
{
    // For one connection only, or told elsewhere than among the fields   RFC 9110 §7.6.1
    private static readonly HashSet<string> OwnFields = new(StringComparer.OrdinalIgnoreCase)
    {
        "Connection", "Content-Length", "Host", "Keep-Alive", "Proxy-Connection", "TE", "Transfer-Encoding", "Upgrade",
    };

    // What a trailer must never carry to a backend   RFC 9110 §6.5.1
    private static readonly string[] NeverTrailers = ["Content-Length", "Host", "Transfer-Encoding", "Connection", "Authorization", "Cookie"];

    /// <summary>The balancer's own fields, which only a request that it has passed on may have.</summary>
    public static bool IsOwn(string name) => OwnFields.Contains(name);

    /// <summary>Says what differs, or null. Who the client is and which way it came, the balancer may say in its own words.</summary>
    /// <param name="sent">As the reference reader read it from the client.</param>
    /// <param name="got">As the balancer understood it, or as the reference reader read it behind the balancer.</param>
    /// <param name="isWhole">The body came to its end; else what came of it must be its beginning.</param>
    public static string? Difference(SeenRequest sent, SeenRequest got, bool isWhole = true)
    {
        if ((sent.Method, sent.Target) != (got.Method, got.Target) || (sent.Authority.Length > 0 && sent.Authority != got.Authority))
        {
            return $"sent {sent}, got {got}";
        }

        if (isWhole ? sent.Body != got.Body : !sent.Body.StartsWith(got.Body, StringComparison.Ordinal))
        {
            return $"{sent}: sent the body '{sent.Body}', got '{got.Body}'";
        }

        return DifferenceOfFields(sent, got) ?? (isWhole ? DifferenceOfTrailers(sent, got) : null);
    }

    private static string? DifferenceOfFields(SeenRequest sent, SeenRequest got)
    {
        string[] named = ReferenceReader.List(sent.Fields, "Connection");
        KeyValuePair<string, string>[] from = [.. sent.Fields.Where(field => IsPassedOn(sent, field.Key))];
        KeyValuePair<string, string>[] to = [.. got.Fields.Where(field => IsPassedOn(sent, field.Key))];
        KeyValuePair<string, string>[] must = [.. from.Where(field => !named.Contains(field.Key.ToLowerInvariant()))];
        if (!IsSubsequence(to, from))
        {
            return $"{sent}: sent the fields {Text(from)}, got {Text(to)}";
        }

        return IsSubsequence(must, to) ? null : $"{sent}: of the fields {Text(must)} some are missing in {Text(to)}";
    }

    private static string? DifferenceOfTrailers(SeenRequest sent, SeenRequest got)
    {
        if (!IsSubsequence(got.Trailers, sent.Trailers))
        {
            return $"{sent}: sent the trailers {Text(sent.Trailers)}, got {Text(got.Trailers)}";
        }

        if (got.Trailers.Any(field => NeverTrailers.Contains(field.Key, StringComparer.OrdinalIgnoreCase)))
        {
            return $"{sent}: got the forbidden trailers {Text(got.Trailers)}";
        }

        // A trailer that Connection may name is for this connection only: the balancer drops all of them where it names any field.
        if (ReferenceReader.List(sent.Fields, "Connection").Any(option => option is not ("" or "close" or "keep-alive" or "te" or "upgrade")))
        {
            return null;
        }

        KeyValuePair<string, string>[] must = [.. sent.Trailers.Where(field => field.Key.StartsWith("Q-", StringComparison.Ordinal))];
        return IsSubsequence(must, got.Trailers) ? null : $"{sent}: of the trailers {Text(must)} some are missing in {Text(got.Trailers)}";
    }

    // HTTP/1.0 knows no expectation   RFC 9110 §10.1.1
    private static bool IsPassedOn(SeenRequest sent, string name) =>
        !OwnFields.Contains(name)
        && !name.StartsWith("X-Forwarded-", StringComparison.OrdinalIgnoreCase)
        && !name.Equals("Forwarded", StringComparison.OrdinalIgnoreCase)
        && !name.Equals("Via", StringComparison.OrdinalIgnoreCase)
        && !name.Equals("Max-Forwards", StringComparison.OrdinalIgnoreCase)
        && !(sent.IsHttp10 && name.Equals("Expect", StringComparison.OrdinalIgnoreCase));

    private static bool IsSubsequence(IReadOnlyList<KeyValuePair<string, string>> part, IReadOnlyList<KeyValuePair<string, string>> whole)
    {
        int found = 0;
        for (int i = 0; i < whole.Count && found < part.Count; i++)
        {
            found += whole[i].Equals(part[found]) ? 1 : 0;
        }

        return found == part.Count;
    }

    private static string Text(IEnumerable<KeyValuePair<string, string>> fields) =>
        "[" + string.Join(" | ", fields.Select(field => $"{field.Key}: {field.Value}")) + "]";
}

using System;
using System.Text;
using GoAround.Core.Http;

namespace GoAround.Core.Cache;

/// <summary>When an answer that is not stored itself takes what is stored out of use (RFC 9111 §4.3.3).</summary>
internal static class Superseding
{
    /// <summary>Whether a full answer does.</summary>
    /// <param name="fill">Its decision is made, and the answer is not stored.</param>
    /// <param name="statusCode">The status of the answer.</param>
    /// <param name="nowMs">Now, in Unix milliseconds.</param>
    public static bool Applies(Fill fill, int statusCode, long nowMs)
    {
        FillContent content = fill.Content;
        return content.Old is not null && !fill.IsOutdated && IsFull(statusCode) && MayTake(in fill.Facts, fill.Request.Fields, in content.OldHead, nowMs);
    }

    /// <summary>
    /// Whether what one request was answered may take what is stored out of use for all. What is stale goes whoever asked, but for one with credentials: it needed an answer anyway. What is
    /// fresh goes only where the request was one as anybody might have sent: otherwise whoever finds a field that a backend takes amiss could take from others what they get.
    /// </summary>
    public static bool MayTake(in RequestFacts facts, FieldList fields, in StoredHead stored, long nowMs) =>
        !facts.HasAuthorization && (stored.FreshSeconds(nowMs) <= 0 || IsPlain(in facts, fields));

    // It says what is there now, or that nothing is. Another error says that the request was not to the liking of the backend, or that this one is in trouble.
    private static bool IsFull(int statusCode) => statusCode is (>= 200 and < 400 and not (206 or 304)) or 404 or 410;

    /// <summary>Of a client that is not known, with no field but those that browsers and proxies send of themselves.</summary>
    private static bool IsPlain(in RequestFacts facts, FieldList fields)
    {
        if (facts.HasCookie || facts.HasRange)
        {
            return false;
        }

        for (int i = 0; i < fields.Count; i++)
        {
            FieldLine line = fields[i];
            if (line.Known == KnownField.Other && !IsUsual(line.Name))
            {
                return false;
            }
        }

        return true;
    }

    // Sec-: Sec-Fetch-Mode, Sec-CH-UA and their kin
    private static bool IsUsual(ReadOnlySpan<byte> name) => name.Length switch
    {
        > 4 when Is(name[..4], "Sec-"u8) => true,
        3 => Is(name, "DNT"u8),
        6 => Is(name, "Accept"u8) || Is(name, "Pragma"u8),
        7 => Is(name, "Referer"u8),
        8 => Is(name, "Priority"u8),
        10 => Is(name, "User-Agent"u8) || Is(name, "TraceState"u8),
        12 => Is(name, "X-Request-Id"u8),
        13 => Is(name, "Cache-Control"u8) || Is(name, "If-None-Match"u8),
        14 => Is(name, "Accept-Charset"u8),
        15 => Is(name, "Accept-Encoding"u8) || Is(name, "Accept-Language"u8),
        17 => Is(name, "If-Modified-Since"u8),
        25 => Is(name, "Upgrade-Insecure-Requests"u8),
        _ => false,
    };

    private static bool Is(ReadOnlySpan<byte> name, ReadOnlySpan<byte> usual) => Ascii.EqualsIgnoreCase(name, usual);
}

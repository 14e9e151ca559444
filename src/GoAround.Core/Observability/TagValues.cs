using System;
using System.Globalization;
using GoAround.Core.Http;

namespace GoAround.Core.Observability;

/// <summary>Tag values that were made once, so that recording makes none.</summary>
internal static class TagValues
{
    private const int StatusCodes = 600;

    private static readonly object?[] Statuses = new object?[StatusCodes];
    private static readonly string?[] StatusTexts = new string?[StatusCodes];

    /// <summary>The boxed status code; 0 for what cannot be one.</summary>
    public static object Status(int statusCode)
    {
        int index = (uint)statusCode < StatusCodes ? statusCode : 0;
        return Statuses[index] ??= index;
    }

    /// <summary>The status code as text.</summary>
    public static string StatusText(int statusCode)
    {
        int index = (uint)statusCode < StatusCodes ? statusCode : 0;
        return StatusTexts[index] ??= index.ToString(CultureInfo.InvariantCulture);
    }

    /// <summary>The method where it is a known one, else <c>_OTHER</c>: a client can send any token.</summary>
    public static string Method(RequestMethod method)
    {
        ReadOnlySpan<byte> token = method.Token;
        return method.IsGet ? "GET"
            : token.SequenceEqual("POST"u8) ? "POST"
            : method.IsHead ? "HEAD"
            : token.SequenceEqual("PUT"u8) ? "PUT"
            : token.SequenceEqual("DELETE"u8) ? "DELETE"
            : token.SequenceEqual("PATCH"u8) ? "PATCH"
            : method.IsOptions ? "OPTIONS"
            : method.IsConnect ? "CONNECT"
            : token.SequenceEqual("TRACE"u8) ? "TRACE"
            : token.SequenceEqual("QUERY"u8) ? "QUERY"
            : "_OTHER";
    }

    /// <summary>The version as the conventions write it.</summary>
    public static string Version(ProtocolVersion version) => version switch
    {
        ProtocolVersion.Http10 => "1.0",
        ProtocolVersion.Http11 => "1.1",
        ProtocolVersion.Http2 => "2",
        _ => "3",
    };

    /// <summary>What went wrong, as a value of <see cref="TagNames.ErrorType"/>.</summary>
    public static string Error(BackendFailureKind kind) => kind switch
    {
        BackendFailureKind.Disconnected => "disconnected",
        BackendFailureKind.TimedOut => "timeout",
        _ => "malformed",
    };

    /// <summary>How far the try had come, as a value of <see cref="TagNames.Stage"/>.</summary>
    public static string Stage(BackendException failure) => failure.WasStale ? "stale" : failure.Stage switch
    {
        BackendFailureStage.Dial => "dial",
        BackendFailureStage.Tls => "tls",
        BackendFailureStage.Request => "request",
        BackendFailureStage.ResponseHead => "response_head",
        _ => "response_body",
    };

    /// <summary>What the cache decided, as a value of <see cref="TagNames.CacheResult"/>.</summary>
    public static string Result(CacheOutcome outcome) => outcome switch
    {
        CacheOutcome.Hit => "hit",
        CacheOutcome.Miss => "miss",
        CacheOutcome.Stale => "stale",
        CacheOutcome.Revalidated => "revalidated",
        CacheOutcome.Coalesced => "coalesced",
        _ => "bypass",
    };

    /// <summary>Why the cache did not serve or store, as a value of <see cref="TagNames.Reason"/>.</summary>
    public static string Reason(CacheBypass bypass) => bypass switch
    {
        CacheBypass.None => "none",
        CacheBypass.Method => "method",
        CacheBypass.Request => "request",
        CacheBypass.RequestNoStore => "request_no_store",
        CacheBypass.Authorization => "authorization",
        CacheBypass.Forbidden => "forbidden",
        CacheBypass.Status => "status",
        CacheBypass.NoFreshness => "no_freshness",
        CacheBypass.Vary => "vary",
        CacheBypass.Size => "size",
        CacheBypass.Tags => "tags",
        _ => "other",
    };
}

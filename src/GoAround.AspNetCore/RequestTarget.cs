using System;
using GoAround.Core.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace GoAround.AspNetCore;

/// <summary>
/// What a request asks for: the target as the server received it, byte for byte, so long as the application's path still says the same. Where
/// it says something else, since the application rewrote it or the server removed dot segments, that goes out, encoded anew.
/// </summary>
internal readonly ref struct RequestTarget
{
    private RequestTarget(Rejection rejection, ReadOnlySpan<char> path, ReadOnlySpan<char> query, ReadOnlySpan<char> authority, bool isHttps)
    {
        Rejection = rejection;
        Path = path;
        Query = query;
        Authority = authority;
        IsHttps = isHttps;
    }

    /// <summary>Why it is refused, or none.</summary>
    public Rejection Rejection { get; }

    /// <summary>Begins with a slash, or is <c>*</c>.</summary>
    public ReadOnlySpan<char> Path { get; }

    /// <summary>Begins with a question mark, or is empty.</summary>
    public ReadOnlySpan<char> Query { get; }

    /// <summary>Of an absolute target; empty where Host tells it.</summary>
    public ReadOnlySpan<char> Authority { get; }

    /// <summary>It is absolute, and of the scheme https.</summary>
    public bool IsHttps { get; }

    /// <summary>Reads the target of a request.</summary>
    /// <param name="context">The request.</param>
    /// <param name="removePrefix">Whole segments that are taken off the path where it begins with them, in any case of letters; empty: none.</param>
    // request-target = origin-form / absolute-form / authority-form / asterisk-form   RFC 9112 §3.2
    public static RequestTarget Read(HttpContext context, string removePrefix)
    {
        HttpRequest request = context.Request;
        ReadOnlySpan<char> raw = context.Features.Get<IHttpRequestFeature>()?.RawTarget;
        bool isOptions = HttpMethods.IsOptions(request.Method);
        if (raw is "*")
        {
            return isOptions ? new(Rejection.None, raw, default, default, false) : new(Rejection.InvalidTarget, default, default, default, false);
        }

        ReadOnlySpan<char> authority = default;
        bool isHttps = raw.StartsWith("https://", StringComparison.OrdinalIgnoreCase);
        if (isHttps || raw.StartsWith("http://", StringComparison.OrdinalIgnoreCase))
        {
            ReadOnlySpan<char> rest = raw[(isHttps ? 8 : 7)..];
            int end = rest.IndexOfAny('/', '?');
            authority = end < 0 ? rest : rest[..end];
            raw = rest[authority.Length..];
            if (raw.IsEmpty && isOptions)
            {
                return new(Rejection.None, "*", default, authority, isHttps); // RFC 9112 §3.2.4
            }
        }
        else if (raw.Length > 0 && raw[0] != '/')
        {
            return new(Rejection.InvalidTarget, default, default, default, false);
        }

        int mark = raw.IndexOf('?');
        ReadOnlySpan<char> path = mark < 0 ? raw : raw[..mark];
        ReadOnlySpan<char> query = mark < 0 ? default : raw[mark..];
        if (path.IsEmpty || !IsPath(path, request.PathBase, request.Path))
        {
            path = Encode(request.PathBase + request.Path);
            path = path.IsEmpty ? "/" : path;
        }

        if (!IsQuery(query, request.QueryString.Value))
        {
            query = request.QueryString.ToUriComponent();
        }

        return new(Rejection.None, WithoutPrefix(path, request, removePrefix), query, authority, isHttps);
    }

    /// <summary>A path as received says what the application has for it.</summary>
    private static bool IsPath(ReadOnlySpan<char> received, PathString start, PathString rest)
    {
        if (received.Contains('%'))
        {
            received = PathString.FromUriComponent(received.ToString()).Value;
        }

        ReadOnlySpan<char> first = start.Value;
        ReadOnlySpan<char> second = rest.Value;
        return received.Length == first.Length + second.Length && received.StartsWith(first, StringComparison.Ordinal) && received.EndsWith(second, StringComparison.Ordinal);
    }

    private static bool IsQuery(ReadOnlySpan<char> received, string? query) =>
        string.IsNullOrEmpty(query) ? received.Length <= 1 : received.SequenceEqual(query);

    private static ReadOnlySpan<char> WithoutPrefix(ReadOnlySpan<char> path, HttpRequest request, string prefix)
    {
        if (prefix.Length == 0)
        {
            return path;
        }

        if (path.StartsWith(prefix, StringComparison.OrdinalIgnoreCase))
        {
            ReadOnlySpan<char> rest = path[prefix.Length..];
            return rest.IsEmpty ? "/" : rest[0] == '/' ? rest : path;
        }

        // A prefix may be there in another spelling: %61pi is api.
        return path.Contains('%') && (request.PathBase + request.Path).StartsWithSegments(prefix, out PathString decoded)
            ? decoded.HasValue ? Encode(decoded) : "/"
            : path;
    }

    /// <summary>
    /// The path so that decoding it once gives it again. What looks like an escape in it was one of an escape, and must not become one: the backend would see another path
    /// than the application has allowed. Only %2F is one still, the single sequence that servers leave as it is.
    /// </summary>
    private static string Encode(PathString path)
    {
        string? text = path.Value;
        if (text is not null && text.Contains('%'))
        {
            text = text.Replace("%", "%25", StringComparison.Ordinal).Replace("%252F", "%2F", StringComparison.Ordinal).Replace("%252f", "%2f", StringComparison.Ordinal);
        }

        return new PathString(text).ToUriComponent();
    }
}

using System;
using GoAround.Core.Http;

namespace GoAround.Core.Cache;

/// <summary>Resolves a reference in a field against the URL of a request, within one origin (RFC 3986 §5.2).</summary>
internal static class UrlReference
{
    /// <summary>Replaces a URL by what a reference means from there; false where that is of another origin, or no http URL. The buffer holds nothing of use then.</summary>
    /// <param name="key">Ends with the base: a key of a URL.</param>
    /// <param name="start">Where the base begins.</param>
    /// <param name="reference">The field value.</param>
    // URI-reference = URI / relative-ref   RFC 3986 §4.1
    public static bool TryResolve(ref KeyBuffer key, int start, ReadOnlySpan<byte> reference)
    {
        int fragment = reference.IndexOf((byte)'#');
        reference = fragment < 0 ? reference : reference[..fragment];
        if (reference.ContainsAnyInRange((byte)0, (byte)' '))
        {
            return false;
        }

        int originEnd = start + OriginLength(key.Span[start..]);
        if (reference.StartsWith("//"u8))
        {
            bool isHttps = key.Span[start..].StartsWith("https:"u8);
            int end = reference[2..].IndexOfAny((byte)'/', (byte)'?');
            end = end < 0 ? reference.Length : end + 2;
            if (!HostSyntax.IsValid(reference[2..end]) || !IsOrigin(ref key, start, originEnd, isHttps, reference[2..end]))
            {
                return false;
            }

            reference = reference[end..];
            return Replace(ref key, originEnd, originEnd, reference, isAbsolute: true);
        }

        if (CacheKey.TrySplit(reference, out bool saysHttps, out ReadOnlySpan<byte> authority, out ReadOnlySpan<byte> rest))
        {
            return IsOrigin(ref key, start, originEnd, saysHttps, authority) && Replace(ref key, originEnd, originEnd, rest, isAbsolute: true);
        }

        if (HasScheme(reference))
        {
            return false;
        }

        if (reference.IsEmpty)
        {
            return true;
        }

        // A query alone keeps the path, a relative path all of it up to its last slash   §5.2.2, §5.2.3
        ReadOnlySpan<byte> target = key.Span[originEnd..];
        int query = target.IndexOf((byte)'?');
        int pathEnd = query < 0 ? target.Length : query;
        int kept = reference[0] switch
        {
            (byte)'/' => 0,
            (byte)'?' => pathEnd,
            _ => target[..pathEnd].LastIndexOf((byte)'/') + 1,
        };
        return Replace(ref key, originEnd, originEnd + kept, reference, isAbsolute: false);
    }

    private static int OriginLength(ReadOnlySpan<byte> url)
    {
        int host = url.IndexOf("//"u8) + 2;
        int slash = url[host..].IndexOf((byte)'/');
        return slash < 0 ? url.Length : host + slash;
    }

    private static bool IsOrigin(ref KeyBuffer key, int start, int originEnd, bool isHttps, ReadOnlySpan<byte> authority)
    {
        int length = key.Length;
        CacheKey.AppendOrigin(ref key, isHttps, authority);
        bool isSame = key.Span[length..].SequenceEqual(key.Span[start..originEnd]);
        key.Truncate(length);
        return isSame;
    }

    private static bool Replace(ref KeyBuffer key, int originEnd, int keptEnd, ReadOnlySpan<byte> rest, bool isAbsolute)
    {
        key.Truncate(keptEnd);
        if (isAbsolute && (rest.IsEmpty || rest[0] != (byte)'/'))
        {
            key.Append((byte)'/');
        }

        key.Append(rest);
        Span<byte> target = key.WrittenFrom(originEnd);
        int query = target.IndexOf((byte)'?');
        int pathLength = query < 0 ? target.Length : query;
        int path = RemoveDots(target[..pathLength]);
        target[pathLength..].CopyTo(target[path..]);
        key.Truncate(originEnd + path + target.Length - pathLength);
        return true;
    }

    // remove_dot_segments   RFC 3986 §5.2.4; in place, since what is kept only moves to the front
    private static int RemoveDots(Span<byte> path)
    {
        int written = 0;
        int at = 0;
        while (at < path.Length)
        {
            int next = path[(at + 1)..].IndexOf((byte)'/');
            int end = next < 0 ? path.Length : at + 1 + next;
            ReadOnlySpan<byte> segment = path[(at + 1)..end]; // behind its slash
            bool isDot = segment.SequenceEqual("."u8);
            bool isTwoDots = segment.SequenceEqual(".."u8);
            if (isTwoDots)
            {
                written = Math.Max(0, path[..written].LastIndexOf((byte)'/'));
            }

            if (!isDot && !isTwoDots)
            {
                path[at..end].CopyTo(path[written..]);
                written += end - at;
            }
            else if (end == path.Length)
            {
                path[written++] = (byte)'/'; // a dot at the end leaves its slash
            }

            at = end;
        }

        return written;
    }

    // scheme = ALPHA *( ALPHA / DIGIT / "+" / "-" / "." )   RFC 3986 §3.1; a colon before any slash is that of a scheme
    private static bool HasScheme(ReadOnlySpan<byte> reference)
    {
        int end = reference.IndexOfAny((byte)':', (byte)'/', (byte)'?');
        return end >= 0 && reference[end] == (byte)':';
    }
}

using System;

namespace GoAround.Core.Cache;

/// <summary>What a good answer to an unsafe method makes outdated (RFC 9111 §4.4).</summary>
internal static class Invalidation
{
    /// <summary>Whether it makes anything outdated: the method is not known to be safe, and the status is 2xx or 3xx.</summary>
    public static bool Applies(in RequestFacts facts, int statusCode) => facts.IsUnsafe && statusCode is >= 200 and < 400;

    /// <summary>Makes the key to remove; false where there is none, or it is of another origin: nobody may remove what is not his.</summary>
    /// <param name="which">Whose.</param>
    /// <param name="request">The request.</param>
    /// <param name="response">Its answer.</param>
    /// <param name="key">Appended to.</param>
    public static bool TryKey(InvalidationTarget which, ProxyRequest request, ProxyResponse response, ref KeyBuffer key)
    {
        int start = key.Length;
        CacheKey.Append(ref key, request);
        key.Truncate(start + CacheKey.UrlLength(key.Span[start..])); // all that is stored of this URL
        if (which == InvalidationTarget.Target)
        {
            return true;
        }

        ReadOnlySpan<byte> name = which == InvalidationTarget.Location ? "Location"u8 : "Content-Location"u8;
        if (response.Fields.TryGet(name, out ReadOnlySpan<byte> reference) && UrlReference.TryResolve(ref key, start, reference))
        {
            return true;
        }

        key.Truncate(start);
        return false;
    }
}

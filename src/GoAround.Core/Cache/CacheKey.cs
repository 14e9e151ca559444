using System;

namespace GoAround.Core.Cache;

/// <summary>
/// Under which key the answers to a request are stored: <c>scheme://host</c>, lower-case and without the scheme's own port, and the target as it was received.
/// No byte of that is a control byte; what may follow begins with one, so that <see cref="UrlLength"/> finds its end.
/// </summary>
internal static class CacheKey
{
    /// <summary>Appends the primary key of a request.</summary>
    public static void Append(ref KeyBuffer key, ProxyRequest request)
    {
    }

    /// <summary>Appends the key of a URL, as an operator gives it to purge; false where it is no http or https URL.</summary>
    public static bool TryParse(ReadOnlySpan<char> url, ref KeyBuffer key) => false;

    /// <summary>
    /// How many bytes of a key are its URL. Whatever is stored under a longer key has these as a tag, so that to remove the URL removes it: the variants, and what
    /// was fetched for a proxy in front that says another host in X-Forwarded-Host than in Host.
    /// </summary>
    public static int UrlLength(ReadOnlySpan<byte> key)
    {
        int end = key.IndexOfAnyInRange((byte)0, (byte)0x1F);
        return end < 0 ? key.Length : end;
    }
}

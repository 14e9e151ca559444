using System;
using System.Text;

namespace GoAround.Core.Cache;

/// <summary>Recognises the field names the rules act on: one switch by length, then one or a few comparisons.</summary>
internal static class CacheFields
{
    /// <summary>Which of the names these bytes are, in any case.</summary>
    public static CacheField Recognise(ReadOnlySpan<byte> name) => name.Length switch
    {
        3 => Is(name, "Age"u8) ? CacheField.Age : CacheField.Other,
        4 => Is(name, "Date"u8) ? CacheField.Date : Is(name, "ETag"u8) ? CacheField.ETag : Is(name, "Vary"u8) ? CacheField.Vary : CacheField.Other,
        5 => Is(name, "Range"u8) ? CacheField.Range : CacheField.Other,
        6 => Is(name, "Cookie"u8) ? CacheField.Cookie : Is(name, "Pragma"u8) ? CacheField.Pragma : CacheField.Other,
        7 => Is(name, "Expires"u8) ? CacheField.Expires : Is(name, "Trailer"u8) ? CacheField.Trailer : CacheField.Other,
        8 => Is(name, "If-Range"u8) ? CacheField.IfRange : Is(name, "If-Match"u8) ? CacheField.IfMatch : Is(name, "Location"u8) ? CacheField.Location : CacheField.Other,
        9 => Is(name, "Cache-Tag"u8) ? CacheField.CacheTag : CacheField.Other,
        10 => Is(name, "Set-Cookie"u8) ? CacheField.SetCookie : CacheField.Other,
        12 => Is(name, "Content-Type"u8) ? CacheField.ContentType : CacheField.Other,
        13 => RecogniseThirteen(name),
        16 => Is(name, "Content-Encoding"u8) ? CacheField.ContentEncoding : Is(name, "Content-Location"u8) ? CacheField.ContentLocation : CacheField.Other,
        17 => Is(name, "If-Modified-Since"u8) ? CacheField.IfModifiedSince : CacheField.Other,
        18 => Is(name, "Proxy-Authenticate"u8) ? CacheField.ProxyAuthentication : CacheField.Other,
        19 => Is(name, "If-Unmodified-Since"u8) ? CacheField.IfUnmodifiedSince : Is(name, "Proxy-Authorization"u8) ? CacheField.ProxyAuthentication : CacheField.Other,
        25 => Is(name, "Proxy-Authentication-Info"u8) ? CacheField.ProxyAuthentication : CacheField.Other,
        _ => CacheField.Other,
    };

    private static CacheField RecogniseThirteen(ReadOnlySpan<byte> name) => (name[0] | 0x20) switch
    {
        'a' => Is(name, "Authorization"u8) ? CacheField.Authorization : CacheField.Other,
        'c' => Is(name, "Cache-Control"u8) ? CacheField.CacheControl : Is(name, "Content-Range"u8) ? CacheField.ContentRange : CacheField.Other,
        'i' => Is(name, "If-None-Match"u8) ? CacheField.IfNoneMatch : CacheField.Other,
        'l' => Is(name, "Last-Modified"u8) ? CacheField.LastModified : CacheField.Other,
        's' => Is(name, "Surrogate-Key"u8) ? CacheField.SurrogateKey : CacheField.Other,
        _ => CacheField.Other,
    };

    private static bool Is(ReadOnlySpan<byte> name, ReadOnlySpan<byte> known) => Ascii.EqualsIgnoreCase(name, known);
}

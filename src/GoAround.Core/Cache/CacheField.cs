namespace GoAround.Core.Cache;

/// <summary>The field names that the rules of the cache act on.</summary>
internal enum CacheField : byte
{
    Other = 0,
    Age,
    Authorization,
    CacheControl,
    CacheTag,
    ContentEncoding,
    ContentLocation,
    ContentRange,
    ContentType,
    Cookie,
    Date,
    ETag,
    Expires,
    IfMatch,
    IfModifiedSince,
    IfNoneMatch,
    IfRange,
    IfUnmodifiedSince,
    LastModified,
    Location,
    Pragma,

    /// <summary>Proxy-Authenticate, Proxy-Authentication-Info, Proxy-Authorization.</summary>
    ProxyAuthentication,
    Range,
    SetCookie,
    SurrogateKey,
    Trailer,
    Vary,
}

namespace GoAround.Core;

/// <summary>Why a request went past the cache, or its response was not stored.</summary>
public enum CacheBypass
{
    /// <summary>It did not.</summary>
    None,

    /// <summary>The method is neither GET nor HEAD.</summary>
    Method,

    /// <summary>The request: a body, an upgrade, a target that is no path, If-Match or If-Unmodified-Since (RFC 9111 §4.3.2).</summary>
    Request,

    /// <summary>The request has <c>Cache-Control: no-store</c> (RFC 9111 §5.2.1.5).</summary>
    RequestNoStore,

    /// <summary>The request has Authorization and the response does not say that it may be shared (RFC 9111 §3.5).</summary>
    Authorization,

    /// <summary>The response has <c>no-store</c>, or <c>private</c> for a shared cache (RFC 9111 §5.2.2.5, §5.2.2.7).</summary>
    Forbidden,

    /// <summary>The response's status is not one that is stored.</summary>
    Status,

    /// <summary>The response states no freshness, and none may be assumed: a Cookie, a Set-Cookie, a status other than 200. Or it is stale already, and has nothing to be confirmed by.</summary>
    NoFreshness,

    /// <summary>The response varies by everything, or by more than the cache takes (RFC 9111 §4.1).</summary>
    Vary,

    /// <summary>The response is larger than an object may be, or there is no room.</summary>
    Size,

    /// <summary>The response names more tags than it could be found by (256), or a longer one (1024 bytes): a purge would miss it.</summary>
    Tags,
}

namespace GoAround.Core.Cache;

/// <summary>Why a request was forwarded (RFC 9211 §2.2).</summary>
internal enum ForwardReason
{
    /// <summary>It was not: it is a hit.</summary>
    None,

    /// <summary><c>bypass</c>: the cache was not asked.</summary>
    Bypass,

    /// <summary><c>method</c>: the method is never answered from the store.</summary>
    Method,

    /// <summary><c>uri-miss</c>: nothing was stored for the URL.</summary>
    UriMiss,

    /// <summary><c>vary-miss</c>: something was stored, but not for these selecting fields.</summary>
    VaryMiss,

    /// <summary><c>request</c>: what was stored is fresh, but the request wants it confirmed.</summary>
    Request,

    /// <summary><c>stale</c>: what was stored is stale.</summary>
    Stale,

    /// <summary><c>partial</c>: a part was stored, but not the one that is asked for.</summary>
    Partial,
}

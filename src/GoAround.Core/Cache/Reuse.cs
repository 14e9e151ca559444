namespace GoAround.Core.Cache;

/// <summary>What may be done with a stored response that was found for a request (RFC 9111 §4).</summary>
internal enum Reuse
{
    /// <summary>It is the answer: it is fresh, and as fresh as the client wants it.</summary>
    Serve,

    /// <summary>It is the answer although it is stale: the client takes it so (<c>max-stale</c>).</summary>
    ServeStale,

    /// <summary>It is the answer although it is stale, and a backend is asked for a newer one meanwhile (<c>stale-while-revalidate</c>).</summary>
    ServeAndRefresh,

    /// <summary>It is the answer only if a backend confirms it; what the backend answers instead may be stored.</summary>
    Validate,

    /// <summary>It is not for this request, which goes to a backend as if nothing were stored: freshness was only assumed, and the request has Cookie or Authorization.</summary>
    Pass,
}

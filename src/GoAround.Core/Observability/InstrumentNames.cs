namespace GoAround.Core.Observability;

/// <summary>The names of the instruments of <see cref="GoAroundMeter"/>: OpenTelemetry's HTTP conventions where they have one, <c>goaround.*</c> elsewhere.</summary>
public static class InstrumentNames
{
    /// <summary>Histogram, seconds: a client's request, from its complete head to the response's last byte.</summary>
    public const string ServerRequestDuration = "http.server.request.duration";

    /// <summary>Observable up-down counter: client requests in flight. Without the conventional attributes, which are not known when a request starts to count.</summary>
    public const string ServerActiveRequests = "http.server.active_requests";

    /// <summary>Histogram, seconds: one try with one backend, to its response head or its failure.</summary>
    public const string ClientRequestDuration = "http.client.request.duration";

    /// <summary>Observable up-down counter: requests a backend carries.</summary>
    public const string ClientActiveRequests = "http.client.active_requests";

    /// <summary>Observable up-down counter: sockets to a backend, by <c>http.connection.state</c>.</summary>
    public const string ClientOpenConnections = "http.client.open_connections";

    /// <summary>Observable gauge: 1 for a healthy backend, else 0; one that drains keeps its health.</summary>
    public const string BackendUp = "goaround.backend.up";

    /// <summary>Observable gauge: 1 for a backend that drains, else 0.</summary>
    public const string BackendDraining = "goaround.backend.draining";

    /// <summary>Observable gauge: the weight of a backend.</summary>
    public const string BackendWeight = "goaround.backend.weight";

    /// <summary>Observable gauge: requests a backend may carry at once, by its weight and its slow start; 0 for one that takes none.</summary>
    public const string BackendLimit = "goaround.backend.limit";

    /// <summary>Counter: tries that failed, by how far they had come.</summary>
    public const string BackendFailures = "goaround.backend.failures";

    /// <summary>Counter: requests that were answered with an error of the balancer's own, were cut in the middle of their response, or whose client left; by cause and status.</summary>
    public const string Errors = "goaround.errors";

    /// <summary>Counter: tries after the first one of a request.</summary>
    public const string Retries = "goaround.retries";

    /// <summary>Observable up-down counter: requests that wait for a connection.</summary>
    public const string QueueLength = "goaround.queue.length";

    /// <summary>Histogram, seconds: how long a request waited for a connection, by outcome.</summary>
    public const string QueueDuration = "goaround.queue.duration";

    /// <summary>Histogram: connections tried for one request.</summary>
    public const string FetchAttempts = "goaround.fetch.attempts";

    /// <summary>Counter: TLS handshakes with clients, by outcome.</summary>
    public const string TlsHandshakes = "goaround.tls.handshakes";

    /// <summary>Observable up-down counter: client connections.</summary>
    public const string ClientConnections = "goaround.client.connections";

    /// <summary>Counter: client connections that were closed as soon as they were accepted, by reason.</summary>
    public const string RefusedClientConnections = "goaround.client.connections.refused";

    /// <summary>Observable counter: requests the cache has decided about, by result.</summary>
    public const string CacheResults = "goaround.cache.results";

    /// <summary>Observable counter: requests that went past the cache, or whose answer it did not store, by reason.</summary>
    public const string CacheBypasses = "goaround.cache.bypasses";

    /// <summary>Histogram, seconds: how old the stored responses were that were sent (RFC 9111 §4.2.3).</summary>
    public const string CacheAge = "goaround.cache.age";

    /// <summary>Observable up-down counter: responses stored.</summary>
    public const string CacheResponses = "goaround.cache.responses";

    /// <summary>Observable up-down counter, bytes: what is stored, bodies, heads and keys.</summary>
    public const string CacheBytes = "goaround.cache.bytes";

    /// <summary>Observable gauge, bytes: how much may be stored; 0 where there is no cache, or it does not know.</summary>
    public const string CacheCapacity = "goaround.cache.capacity";

    /// <summary>Observable counter: responses removed to make room.</summary>
    public const string CacheEvictions = "goaround.cache.evictions";
}

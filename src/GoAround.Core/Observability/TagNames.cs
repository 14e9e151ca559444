namespace GoAround.Core.Observability;

/// <summary>The attributes of instruments and spans: OpenTelemetry's names where it has one, <c>goaround.*</c> elsewhere. Every one has few values.</summary>
public static class TagNames
{
    /// <summary>A known method, or <c>_OTHER</c>.</summary>
    public const string Method = "http.request.method";

    /// <summary>An int; 499 where the client left before a response.</summary>
    public const string StatusCode = "http.response.status_code";

    /// <summary><c>http</c> or <c>https</c>.</summary>
    public const string Scheme = "url.scheme";

    /// <summary><c>1.0</c>, <c>1.1</c>, <c>2</c> or <c>3</c>.</summary>
    public const string ProtocolVersion = "network.protocol.version";

    /// <summary>Of a request, the status code as text from 500 on. Of a try, that from 400 on, or <c>disconnected</c>, <c>timeout</c> or <c>malformed</c>. Of an error, and of a span that ends with one of the balancer's own, its name in <see cref="ProxyErrors"/>; of other spans the status code, a server's from 500 on, a client's from 400 on.</summary>
    public const string ErrorType = "error.type";

    /// <summary>The host of a backend.</summary>
    public const string ServerAddress = "server.address";

    /// <summary>The port of a backend; an int.</summary>
    public const string ServerPort = "server.port";

    /// <summary><c>idle</c> or <c>active</c>.</summary>
    public const string ConnectionState = "http.connection.state";

    /// <summary>The whole address of a backend: host and port do not tell http from https, nor one base path from another.</summary>
    public const string Backend = "goaround.backend";

    /// <summary>How far a try had come: <c>dial</c>, <c>tls</c>, <c>request</c>, <c>response_head</c> or <c>response_body</c>; <c>stale</c> for a kept socket that was found closed.</summary>
    public const string Stage = "goaround.failure.stage";

    /// <summary>Why a client connection was refused: <c>client_limit</c>. Why a request went past the cache, or its answer was not stored: a <see cref="CacheBypass"/> in small letters, as in <c>no_freshness</c>.</summary>
    public const string Reason = "goaround.reason";

    /// <summary>Of a wait in the queue: <c>served</c> or <c>refused</c>. Of a TLS handshake: <c>succeeded</c> or <c>failed</c>.</summary>
    public const string Outcome = "goaround.outcome";

    /// <summary>What the cache has decided: <c>hit</c>, <c>miss</c>, <c>stale</c>, <c>revalidated</c>, <c>coalesced</c> or <c>bypass</c>.</summary>
    public const string CacheResult = "goaround.cache.result";

    /// <summary>The name of a balancer where a process has several; on the meter, not on its measurements.</summary>
    public const string Pool = "goaround.pool";
}

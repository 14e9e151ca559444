using System;

namespace GoAround.Cli.Flags;

/// <summary>How long anything may take.</summary>
internal static class DeadlineFlags
{
    public static FlagGroup Group { get; } = new("Deadlines",
    [
        OptionFlag.Delay("tls-timeout", o => o.Server.TlsTimeout, (o, time) => o.Server.TlsTimeout = time, "Kestrel HandshakeTimeout",
            "How long a client's TLS handshake may take."),
        OptionFlag.Delay("head-timeout", o => o.Server.HeadTimeout, (o, time) => o.Server.HeadTimeout = time, "Kestrel RequestHeadersTimeout",
            "From a request's first byte to the end of its head, else 408."),
        OptionFlag.Delay("idle-timeout", o => o.Server.IdleTimeout, (o, time) => o.Server.IdleTimeout = time, "nginx keepalive_timeout",
            "How long a client may wait before its first or its next request; then it is closed."),
        OptionFlag.Delay("body-timeout", o => o.Server.BodyTimeout, (o, time) => o.Server.BodyTimeout = time, "nginx client_body_timeout, send_timeout",
            "The longest pause of a request body, or of a client that does not take its response."),
        OptionFlag.Number("min-body-rate", 0, int.MaxValue, o => o.Server.MinBodyRate, (o, rate) => o.Server.MinBodyRate = rate, "Kestrel MinRequestBodyDataRate, MinResponseDataRate",
            "Bytes a second, on average, that a client must send of a request's body, else 408, and take of a response, else it is cut. 0: no minimum."),
        OptionFlag.Delay("min-body-rate-grace", o => o.Server.MinBodyRateGrace, (o, time) => o.Server.MinBodyRateGrace = time, "Kestrel MinDataRate.GracePeriod",
            "How long a client may stay under -min-body-rate."),
        OptionFlag.Duration(
            "half-close-grace", TimeSpan.Zero, OptionFlag.Longest, o => o.Server.HalfCloseGrace, (o, time) => o.Server.HalfCloseGrace = time, "GoAround's own",
            "How long the answer to a client that has closed its half may pause before that counts as gone. Before the answer, and between its chunks, the client is probed instead: after 10 ms, after this, and after pauses that double, for 511 times this in all, and between chunks for 63 times. 0: it is gone at once."),
        OptionFlag.Duration(
            "queue-timeout", TimeSpan.FromMilliseconds(1), TimeSpan.FromHours(1), o => o.Pool.QueueTimeout, (o, time) => o.Pool.QueueTimeout = time,
            "HAProxy suggests 'timeout queue' in the tens of seconds", "How long a request waits for a connection before it is answered 503."),
        OptionFlag.Delay("dial-timeout", o => o.Upstream.DialTimeout, (o, time) => o.Upstream.DialTimeout = time, "Envoy connect_timeout",
            "How long connecting to a backend may take, looking up its name included."),
        OptionFlag.Delay("backend-tls-timeout", o => o.Upstream.TlsTimeout, (o, time) => o.Upstream.TlsTimeout = time, "as -tls-timeout",
            "How long a TLS handshake with a backend may take."),
        OptionFlag.Delay("response-timeout", o => o.Upstream.ResponseTimeout, (o, time) => o.Upstream.ResponseTimeout = time, "nginx proxy_read_timeout",
            "How long a backend may take from the end of a request to the head of its response."),
        OptionFlag.Delay("backend-body-timeout", o => o.Upstream.BodyTimeout, (o, time) => o.Upstream.BodyTimeout = time, "nginx proxy_read_timeout, proxy_send_timeout",
            "The longest pause of a response body, or of a backend that does not take the request's."),
        OptionFlag.Delay("backend-idle-timeout", o => o.Upstream.IdleTimeout, (o, time) => o.Upstream.IdleTimeout = time, "nginx keepalive_timeout of an upstream",
            "How long a socket to a backend waits for its next request. Best shorter than the backend's own."),
        OptionFlag.Delay("tunnel-timeout", o => o.Upstream.TunnelTimeout, (o, time) => o.Upstream.TunnelTimeout = time, "HAProxy's examples for 'timeout tunnel'",
            "The longest pause of an upgraded connection, such as a WebSocket, in both directions at once."),
        OptionFlag.Duration(
            "shutdown-timeout", TimeSpan.Zero, OptionFlag.Longest, o => o.Server.ShutdownTimeout, (o, time) => o.Server.ShutdownTimeout = time,
            "the .NET host's ShutdownTimeout", "How long requests in flight may take after SIGTERM or SIGINT."),
    ]);
}

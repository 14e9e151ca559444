using System;
using System.Collections.Generic;
using System.Net;
using System.Security.Cryptography.X509Certificates;

namespace GoAround.Core.Server;

/// <summary>How clients are served. What is out of range is refused as <see cref="Hosting.GoAroundOptions"/> says.</summary>
public sealed class ServerOptions
{
    /// <summary>What <see cref="ReplayBufferBytes"/> is where nobody has set it.</summary>
    internal const int DefaultReplayBufferBytes = 64 * 1024;

    /// <summary>The IPv4 or IPv6 address to listen on (<c>-bind</c>); default <c>::</c> (nginx <c>listen [::]</c> with <c>ipv6only=off</c>): IPv6 and IPv4, or IPv4 alone where the machine has no IPv6.</summary>
    public IPAddress Address { get; set; } = IPAddress.IPv6Any;

    /// <summary>The port to listen on (<c>-p</c>); 0..65535, where 0 takes a free one; default 3000 (GoAround's own).</summary>
    public int Port { get; set; } = 3000;

    /// <summary>Connections the kernel holds until they are accepted, less where its own limit is less (<c>-backlog</c>); 1..65535; default 511 (nginx <c>listen backlog</c>).</summary>
    public int Backlog { get; set; } = 511;

    /// <summary>The certificate with its private key (<c>-cacert</c>, <c>-privkey</c>); null for no TLS; default null.</summary>
    public X509Certificate2? Certificate { get; set; }

    /// <summary>The certificates between <see cref="Certificate"/> and its root, sent to clients; default none.</summary>
    public X509Certificate2Collection CertificateChain { get; } = [];

    /// <summary>Client connections at once (<c>-max-connections</c>); over it no more are accepted until one ends. Less where the process may not open that many files: a quarter of <c>ulimit -n</c> is left for everything else; 1..10000000; default 20000 (GoAround's own).</summary>
    public int MaxConnections { get; set; } = 20_000;

    /// <summary>Connections of one client address at once, an IPv6 one counted by its /64 (<c>-max-connections-per-client</c>); one more is closed as soon as it is accepted; 1..10000000, null for no limit; default null (HAProxy, nginx).</summary>
    public int? MaxConnectionsPerClient { get; set; }

    /// <summary>Requests on one client connection (<c>-max-requests</c>); the response to the last one says that it closes; 1..2147483647, null for no limit; default null (HAProxy, Kestrel).</summary>
    public int? MaxRequestsPerConnection { get; set; }

    /// <summary>How long a TLS handshake may take (<c>-tls-timeout</c>), else the connection is closed; 1 ms..24 days; default 10 s (Kestrel <c>HandshakeTimeout</c>).</summary>
    public TimeSpan TlsTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>From a request's first byte to the end of its head, else 408 (<c>-head-timeout</c>); 1 ms..24 days; default 30 s (Kestrel <c>RequestHeadersTimeout</c>).</summary>
    public TimeSpan HeadTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a client may wait before its first or its next request, else it is closed (<c>-idle-timeout</c>); 1 ms..24 days; default 75 s (nginx <c>keepalive_timeout</c>).</summary>
    public TimeSpan IdleTimeout { get; set; } = TimeSpan.FromSeconds(75);

    /// <summary>The longest pause of a request body, else 408, or of a client that does not take its response, else it is cut (<c>-body-timeout</c>); 1 ms..24 days; default 60 s (nginx <c>client_body_timeout</c>, <c>send_timeout</c>).</summary>
    public TimeSpan BodyTimeout { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>
    /// Bytes a second, on average, that a client must at least send of a request's body, else 408, and take of a response, else it is cut (<c>-min-body-rate</c>);
    /// time in which nothing is asked of the client does not count. A client that is fast enough may still pause no longer than <see cref="BodyTimeout"/>.
    /// Not for tunnels, and not before a client that expects 100 (Continue) was told so; 0..2147483647, 0 for no minimum; default 240 (Kestrel <c>MinRequestBodyDataRate</c>, <c>MinResponseDataRate</c>).
    /// </summary>
    public int MinBodyRate { get; set; } = 240;

    /// <summary>How long a client may stay under <see cref="MinBodyRate"/> (<c>-min-body-rate-grace</c>); 1 ms..24 days; default 5 s (Kestrel <c>MinDataRate.GracePeriod</c>).</summary>
    public TimeSpan MinBodyRateGrace { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// A client that closes its half while its request is under way may be gone, or still wait for its answer as <c>nc -N</c> does (<c>-half-close-grace</c>). Before its answer has begun it is asked
    /// which, 10 ms later, by the first byte of the answer, to which one that is gone says so with a reset; and again after this time, and after pauses that double, nine times: then, 511 times
    /// this in all, it counts as gone. Between two chunks of the answer it is asked likewise, by up to six zeros before the next size, for 63 times this in all. Within any other body it counts as
    /// gone where there is no piece of it for this time. One that resets is gone at once, and with 0 so is one that closes its half (as with nginx and Kestrel); 0..24 days; default 500 ms (GoAround's own).
    /// </summary>
    public TimeSpan HalfCloseGrace { get; set; } = TimeSpan.FromMilliseconds(500);

    /// <summary>How long requests in flight may take when the server stops, else they are cut (<c>-shutdown-timeout</c>); 0..24 days; default 30 s (the .NET host's <c>ShutdownTimeout</c>).</summary>
    public TimeSpan ShutdownTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Bytes (<c>-max-request-line</c>); a longer request line is answered 414; 256..1048576; default 8192 (nginx <c>large_client_header_buffers</c>).</summary>
    public int MaxRequestLineBytes { get; set; } = 8 * 1024;

    /// <summary>Bytes of request line and fields together (<c>-max-head</c>); a longer head is answered 431; 1024..1048576; default 32768 (Kestrel <c>MaxRequestHeadersTotalSize</c>).</summary>
    public int MaxHeadBytes { get; set; } = 32 * 1024;

    /// <summary>Fields in a request head (<c>-max-fields</c>); more are answered 431; 1..10000; default 100 (Kestrel <c>MaxRequestHeaderCount</c>).</summary>
    public int MaxFields { get; set; } = 100;

    /// <summary>Bytes (<c>-max-body</c>); a larger request body is answered 413; 0..9223372036854775807, null for no limit; default null (HAProxy).</summary>
    public long? MaxBodyBytes { get; set; }

    /// <summary>Bytes of a request body that are kept so that it can be sent to a second backend (<c>-replay-buffer</c>); once more of it was read it is not; 0..16777216; default 65536 (Pingora).</summary>
    public int ReplayBufferBytes { get; set; } = DefaultReplayBufferBytes;

    /// <summary>
    /// Networks (<c>10.0.0.0/8</c>) and addresses, IPv4 or IPv6, each written in full, of proxies in front of this one (<c>-trusted-proxies</c>): what they say in X-Forwarded-* and Forwarded is kept and
    /// extended. What anybody else says there is replaced. Names with an underscore (<c>X_Forwarded_For</c>), which CGI and its kin
    /// do not tell from those, are taken out whoever sends them. IPv4 and IPv6 are told apart: <c>::/0</c> holds no IPv4; default none.
    /// </summary>
    public IList<string> TrustedProxies { get; } = [];

    /// <summary>How backends are told who the client is (<c>-forwarded</c>); default <see cref="ForwardedFormat.XForwarded"/> (Caddy, Traefik, YARP).</summary>
    public ForwardedFormat Forwarded { get; set; } = ForwardedFormat.XForwarded;

    /// <summary>Which messages get a Via field (<c>-via</c>); default <see cref="ViaMode.Requests"/> (RFC 9110 §7.6.3: a gateway must in requests, may in responses).</summary>
    public ViaMode Via { get; set; } = ViaMode.Requests;

    /// <summary>This balancer's name in Via and Proxy-Status (<c>-proxy-name</c>); a token of 1..64 bytes (RFC 9110 §5.6.2); default <c>goaround</c> (GoAround's own).</summary>
    public string ProxyName { get; set; } = "goaround";
}

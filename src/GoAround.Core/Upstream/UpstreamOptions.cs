using System;
using System.Security.Cryptography.X509Certificates;

namespace GoAround.Core.Upstream;

/// <summary>How backends are reached. What is out of range is refused as <see cref="Hosting.GoAroundOptions"/> says.</summary>
public sealed class UpstreamOptions
{
    /// <summary>How long a dial may take, over all addresses of the host, name look-up included (<c>-dial-timeout</c>), else the next backend, or 504; 1 ms..24 days; default 5 s (Envoy <c>connect_timeout</c>).</summary>
    public TimeSpan DialTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a TLS handshake with a backend may take (<c>-backend-tls-timeout</c>), else the next backend, or 504; 1 ms..24 days; default 10 s (as <c>-tls-timeout</c>: Kestrel <c>HandshakeTimeout</c>).</summary>
    public TimeSpan TlsTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>From the request's last byte to a complete response head (<c>-response-timeout</c>), else the next backend where the request may be sent twice, or 504; 1 ms..24 days; default 60 s (nginx <c>proxy_read_timeout</c>).</summary>
    public TimeSpan ResponseTimeout { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>The longest pause between two pieces of a response body, and how long the backend may take for each share of a request body, of 256 KiB at most (<c>-backend-body-timeout</c>), else 504, or the client's connection is cut where the response has begun; 1 ms..24 days; default 60 s (nginx <c>proxy_read_timeout</c>, <c>proxy_send_timeout</c>).</summary>
    public TimeSpan BodyTimeout { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>The longest pause of an upgraded connection, in both directions at once (<c>-tunnel-timeout</c>), else both sides are closed; 1 ms..24 days; default 1 h (HAProxy's examples for <c>timeout tunnel</c>).</summary>
    public TimeSpan TunnelTimeout { get; set; } = TimeSpan.FromHours(1);

    /// <summary>How long a socket may wait for its next request, else it is closed (<c>-backend-idle-timeout</c>); 1 ms..24 days; default 60 s (nginx <c>keepalive_timeout</c> of an upstream).</summary>
    public TimeSpan IdleTimeout { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>Bytes of status line and fields together (<c>-backend-max-head</c>); a longer head is a backend's fault, answered 502; 1024..1048576; default 32768 (as <c>-max-head</c>: Kestrel <c>MaxRequestHeadersTotalSize</c>).</summary>
    public int MaxHeadBytes { get; set; } = 32 * 1024;

    /// <summary>Fields in a response head (<c>-backend-max-fields</c>); more are a backend's fault, answered 502; 1..10000; default 200 (GoAround's own).</summary>
    public int MaxFields { get; set; } = 200;

    /// <summary>Certificates that are trusted as roots for https backends besides the machine's own (<c>-backend-ca</c>); a backend whose certificate is trusted by neither is not used; default none.</summary>
    public X509Certificate2Collection TrustedRoots { get; } = [];
}

using System;
using System.Security.Cryptography.X509Certificates;

namespace GoAround.Core.Upstream;

/// <summary>How backends are reached.</summary>
public sealed class UpstreamOptions
{
    /// <summary>How long a dial may take, over all addresses of the host, name look-up included (<c>-dial-timeout</c>); above zero; default 5 s (Envoy <c>connect_timeout</c>).</summary>
    public TimeSpan DialTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a TLS handshake with a backend may take (<c>-backend-tls-timeout</c>); above zero; default 10 s.</summary>
    public TimeSpan TlsTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>From the request's last byte to a complete response head (<c>-response-timeout</c>); above zero; default 60 s (nginx <c>proxy_read_timeout</c>).</summary>
    public TimeSpan ResponseTimeout { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>The longest pause between two pieces of a response body, and how long the backend may take for each share of a request body, of 256 KiB at most (<c>-backend-body-timeout</c>); above zero; default 60 s (nginx <c>proxy_read_timeout</c>, <c>proxy_send_timeout</c>).</summary>
    public TimeSpan BodyTimeout { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>The longest pause of an upgraded connection, in both directions at once (<c>-tunnel-timeout</c>); above zero; default 1 h (HAProxy's examples for <c>timeout tunnel</c>).</summary>
    public TimeSpan TunnelTimeout { get; set; } = TimeSpan.FromHours(1);

    /// <summary>How long a socket may wait for its next request (<c>-backend-idle-timeout</c>); above zero; default 60 s (nginx <c>keepalive_timeout</c> of an upstream).</summary>
    public TimeSpan IdleTimeout { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>Bytes (<c>-backend-max-head</c>); a response head over this is a backend's fault; 1024..1048576; default 32768.</summary>
    public int MaxHeadBytes { get; set; } = 32 * 1024;

    /// <summary>Fields in a response head (<c>-backend-max-fields</c>); 1..10000; default 200.</summary>
    public int MaxFields { get; set; } = 200;

    /// <summary>Certificates that are trusted as roots for https backends besides the machine's own; default none.</summary>
    public X509Certificate2Collection TrustedRoots { get; } = [];
}

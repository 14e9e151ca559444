using System;

namespace GoAround.Core.Cache;

/// <summary>The shared cache in front of the pool (RFC 9111). What is out of range is refused as <see cref="Hosting.GoAroundOptions"/> says.</summary>
public sealed class CacheOptions
{
    /// <summary>Whether there is a cache (<c>-cache</c>); default false.</summary>
    public bool IsEnabled { get; set; }

    /// <summary>Bytes of memory for bodies, heads and keys together (<c>-cache-size</c>); when it is full, what was used least goes; 1 MiB..1 TiB; default 256 MiB (Debian's <c>varnish -s malloc,256m</c>).</summary>
    public long SizeBytes { get; set; } = 256 * 1024 * 1024;

    /// <summary>Bytes; a longer body is passed on and not stored (<c>-cache-max-object</c>); 1 KiB..1 GiB, and at most a quarter of the size in effect; default 32 MiB (GoAround's own).</summary>
    public long MaxObjectBytes { get; set; } = 32 * 1024 * 1024;

    /// <summary>
    /// How long a 200 is fresh that says nothing about it, has no Last-Modified to guess by, no Set-Cookie, and answers a request without Cookie and
    /// Authorization (<c>-cache-ttl</c>). With 0 such a response is stored only where it has an ETag, and used only when a backend has confirmed it;
    /// 0..24 days, in whole seconds; default 60 s (GoAround's own).
    /// </summary>
    public TimeSpan DefaultTtl { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>
    /// How long past its freshness a response may be used while no backend gives an answer, where the origin says nothing of its own
    /// (<c>-cache-stale</c>); 0 for never; 0..24 days, in whole seconds; default 10 s (Varnish <c>default_grace</c>).
    /// </summary>
    public TimeSpan StaleTime { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>The targeted field (RFC 9213) that, where a response has it, is followed in the place of Cache-Control and Expires (<c>-cache-control-field</c>); a field name of 1..64 bytes (RFC 9110 §5.1); default <c>CDN-Cache-Control</c> (RFC 9213).</summary>
    public string TargetedField { get; set; } = "CDN-Cache-Control";
}

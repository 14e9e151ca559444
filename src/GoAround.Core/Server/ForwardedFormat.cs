namespace GoAround.Core.Server;

/// <summary>How backends are told who the client is and what it asked for.</summary>
public enum ForwardedFormat
{
    /// <summary>X-Forwarded-For, X-Forwarded-Proto and X-Forwarded-Host.</summary>
    XForwarded,

    /// <summary>Forwarded (RFC 7239).</summary>
    Forwarded,

    /// <summary>Both.</summary>
    Both,

    /// <summary>Not at all; what untrusted clients say of it is still taken out.</summary>
    Off,
}

namespace GoAround.Core.Server;

/// <summary>Which messages get a Via field (RFC 9110 §7.6.3).</summary>
public enum ViaMode
{
    /// <summary>None.</summary>
    Off,

    /// <summary>Requests on their way to a backend.</summary>
    Requests,

    /// <summary>Requests, and responses on their way to a client.</summary>
    Both,
}

namespace GoAround.Core;

/// <summary>How far an exchange with a backend had come when it failed.</summary>
public enum BackendFailureStage : byte
{
    /// <summary>No connection: name not found, refused, unreachable, reset or timed out. Nothing was sent.</summary>
    Dial,

    /// <summary>The TLS handshake failed. No byte of the request was sent.</summary>
    Tls,

    /// <summary>The request was being sent.</summary>
    Request,

    /// <summary>The request was sent, and no complete final response head came.</summary>
    ResponseHead,

    /// <summary>The response's body broke off or was malformed.</summary>
    ResponseBody,
}

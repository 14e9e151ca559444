namespace GoAround.Core;

/// <summary>Whose fault an answer of the balancer's own is: the error types of RFC 9209 §2.3 that can happen here, and <see cref="ClientLeft"/>.</summary>
public enum ProxyError : byte
{
    /// <summary>No error.</summary>
    None,

    /// <summary>The backend's name was not looked up in time.</summary>
    DnsTimeout,

    /// <summary>The backend's name has no address, or could not be looked up.</summary>
    DnsError,

    /// <summary>No backend is available: there is none, all are unhealthy, or one could not be dialled for a reason that has no name of its own here.</summary>
    DestinationUnavailable,

    /// <summary>There is no route to the backend's address.</summary>
    DestinationIpUnroutable,

    /// <summary>The backend refused the connection.</summary>
    ConnectionRefused,

    /// <summary>The backend closed or reset the connection before any byte of its response came.</summary>
    ConnectionTerminated,

    /// <summary>The connection to the backend was not there in time, its TLS handshake included.</summary>
    ConnectionTimeout,

    /// <summary>The backend paused for too long in the middle of its response.</summary>
    ConnectionReadTimeout,

    /// <summary>The backend did not take the request in time.</summary>
    ConnectionWriteTimeout,

    /// <summary>Every connection to a backend stayed busy: the queue was full, or the wait too long.</summary>
    ConnectionLimitReached,

    /// <summary>The TLS handshake with the backend failed.</summary>
    TlsProtocolError,

    /// <summary>The backend's certificate is not trusted.</summary>
    TlsCertificateError,

    /// <summary>The backend refused the TLS handshake with an alert.</summary>
    TlsAlertReceived,

    /// <summary>The client's request was at fault; the status code says in what way.</summary>
    HttpRequestError,

    /// <summary>The backend broke off in the middle of its response.</summary>
    HttpResponseIncomplete,

    /// <summary>The head of the backend's response is too large.</summary>
    HttpResponseHeaderSectionSize,

    /// <summary>The trailers of the backend's response are too large.</summary>
    HttpResponseTrailerSectionSize,

    /// <summary>The transfer coding of the backend's response is malformed, or unknown.</summary>
    HttpResponseTransferCoding,

    /// <summary>The head of the backend's response did not come in time.</summary>
    HttpResponseTimeout,

    /// <summary>The backend sent something that is not HTTP, or whose framing is ambiguous.</summary>
    HttpProtocolError,

    /// <summary>The balancer answered by itself, with no backend at fault: it is stopping, or nothing is stored and the client wants nothing else (only-if-cached).</summary>
    ProxyInternalResponse,

    /// <summary>The balancer, or one of its handlers, failed.</summary>
    ProxyInternalError,

    /// <summary>The request came back to this balancer too often.</summary>
    ProxyLoopDetected,

    /// <summary>The client left, or no longer took its answer. Not of RFC 9209: it is counted, and stands in no message.</summary>
    ClientLeft,
}

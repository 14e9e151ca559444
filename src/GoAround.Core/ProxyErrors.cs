using System;

namespace GoAround.Core;

/// <summary>The names of the errors, as in Proxy-Status, metrics and traces.</summary>
public static class ProxyErrors
{
    private static readonly string[] Names = Array.ConvertAll(Enum.GetValues<ProxyError>(), Spell);

    /// <summary>The name in RFC 9209 §2.3, such as <c>connection_refused</c>; empty for <see cref="ProxyError.None"/> and for a number that is no error. Allocates nothing.</summary>
    /// <param name="error">The error.</param>
    public static string Name(this ProxyError error) => (int)error < Names.Length ? Names[(int)error] : "";

    private static string Spell(ProxyError error) => error switch
    {
        ProxyError.DnsTimeout => "dns_timeout",
        ProxyError.DnsError => "dns_error",
        ProxyError.DestinationUnavailable => "destination_unavailable",
        ProxyError.DestinationIpUnroutable => "destination_ip_unroutable",
        ProxyError.ConnectionRefused => "connection_refused",
        ProxyError.ConnectionTerminated => "connection_terminated",
        ProxyError.ConnectionTimeout => "connection_timeout",
        ProxyError.ConnectionReadTimeout => "connection_read_timeout",
        ProxyError.ConnectionWriteTimeout => "connection_write_timeout",
        ProxyError.ConnectionLimitReached => "connection_limit_reached",
        ProxyError.TlsProtocolError => "tls_protocol_error",
        ProxyError.TlsCertificateError => "tls_certificate_error",
        ProxyError.TlsAlertReceived => "tls_alert_received",
        ProxyError.HttpRequestError => "http_request_error",
        ProxyError.HttpResponseIncomplete => "http_response_incomplete",
        ProxyError.HttpResponseHeaderSectionSize => "http_response_header_section_size",
        ProxyError.HttpResponseTrailerSectionSize => "http_response_trailer_section_size",
        ProxyError.HttpResponseTransferCoding => "http_response_transfer_coding",
        ProxyError.HttpResponseTimeout => "http_response_timeout",
        ProxyError.HttpProtocolError => "http_protocol_error",
        ProxyError.ProxyInternalResponse => "proxy_internal_response",
        ProxyError.ProxyInternalError => "proxy_internal_error",
        ProxyError.ProxyLoopDetected => "proxy_loop_detected",
        ProxyError.ClientLeft => "client_left",
        _ => "",
    };
}

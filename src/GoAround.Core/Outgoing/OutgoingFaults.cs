using System;
using System.IO;
using System.Net.Http;

namespace GoAround.Core.Outgoing;

/// <summary>Says in HttpClient's words what went wrong.</summary>
internal static class OutgoingFaults
{
    /// <summary>What is thrown instead of an answer that the balancer would have made itself.</summary>
    /// <param name="error">Whose fault it is.</param>
    /// <param name="why">One line for a person.</param>
    /// <param name="cause">What was thrown, or null.</param>
    public static HttpRequestException Of(ProxyError error, string why, Exception? cause = null)
    {
        HttpRequestException fault = new(ErrorOf(error), $"{why} ({error.Name()})", cause ?? (IsTimeout(error) ? new TimeoutException(why) : null));
        fault.Data[nameof(ProxyError)] = error;
        return fault;
    }

    /// <summary>What the reader of a response's content is told where it broke off.</summary>
    public static IOException Of(BackendException failure) => new HttpIOException(ErrorOf(failure.Error), failure.Message, failure);

    private static bool IsTimeout(ProxyError error) => error is ProxyError.DnsTimeout or ProxyError.ConnectionTimeout or ProxyError.ConnectionReadTimeout
        or ProxyError.ConnectionWriteTimeout or ProxyError.HttpResponseTimeout;

    private static HttpRequestError ErrorOf(ProxyError error) => error switch
    {
        ProxyError.DnsTimeout or ProxyError.DnsError => HttpRequestError.NameResolutionError,
        ProxyError.DestinationUnavailable or ProxyError.DestinationIpUnroutable or ProxyError.ConnectionRefused or ProxyError.ConnectionTimeout
            or ProxyError.ConnectionLimitReached or ProxyError.ProxyInternalResponse => HttpRequestError.ConnectionError,
        ProxyError.TlsProtocolError or ProxyError.TlsCertificateError or ProxyError.TlsAlertReceived => HttpRequestError.SecureConnectionError,
        ProxyError.ConnectionTerminated or ProxyError.HttpResponseIncomplete => HttpRequestError.ResponseEnded,
        ProxyError.HttpResponseHeaderSectionSize or ProxyError.HttpResponseTrailerSectionSize => HttpRequestError.ConfigurationLimitExceeded,
        ProxyError.HttpResponseTransferCoding or ProxyError.HttpProtocolError => HttpRequestError.InvalidResponse,
        _ => HttpRequestError.Unknown, // the deadlines of a response among them: HttpClient has no word for those
    };
}

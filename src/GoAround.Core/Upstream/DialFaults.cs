using System;
using System.Linq;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace GoAround.Core.Upstream;

/// <summary>Names the errors of a dial and of a TLS handshake in the words of RFC 9209 §2.3.</summary>
internal static class DialFaults
{
    /// <summary>Why a backend could not be connected to; null: its name has no address.</summary>
    public static ProxyError Of(SocketException? error) => error?.SocketErrorCode switch
    {
        null or SocketError.HostNotFound or SocketError.NoData or SocketError.TryAgain or SocketError.NoRecovery => ProxyError.DnsError,
        SocketError.ConnectionRefused => ProxyError.ConnectionRefused,
        SocketError.NetworkUnreachable or SocketError.HostUnreachable => ProxyError.DestinationIpUnroutable,
        SocketError.TimedOut => ProxyError.ConnectionTimeout,
        SocketError.ConnectionReset or SocketError.ConnectionAborted => ProxyError.ConnectionTerminated,
        _ => ProxyError.DestinationUnavailable,
    };

    /// <summary>Why a TLS handshake failed.</summary>
    /// <param name="error">What the handshake threw.</param>
    /// <param name="isUntrusted">The backend's certificate was refused.</param>
    public static ProxyError Of(Exception error, bool isUntrusted) =>
        isUntrusted ? ProxyError.TlsCertificateError
        : error is not AuthenticationException ? ProxyError.ConnectionTerminated
        : IsAlert(error) ? ProxyError.TlsAlertReceived
        : ProxyError.TlsProtocolError;

    /// <summary>Why a certificate was refused, in one line for the log.</summary>
    public static string Describe(SslPolicyErrors errors, X509Chain? chain) =>
        $"its certificate is not trusted ({string.Join(", ", (chain?.ChainStatus ?? []).Select(fault => fault.Status.ToString()).Prepend(errors.ToString()))})";

    // OpenSSL tells an alert only by the text of its reason ("sslv3 alert handshake failure"), three exceptions deep.
    private static bool IsAlert(Exception error)
    {
        for (Exception? cause = error; cause is not null; cause = cause.InnerException)
        {
            if (cause.Message.Contains(" alert ", StringComparison.Ordinal))
            {
                return true;
            }
        }

        return false;
    }
}

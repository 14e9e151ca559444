using System;
using System.IO;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Threading;
using System.Threading.Tasks;
using GoAround.Core.Sockets;

namespace GoAround.Core.Upstream;

/// <summary>Connects to a backend: looks its name up afresh, tries its addresses in turn, and speaks TLS where it is https.</summary>
internal sealed class BackendDialer
{
    private readonly UpstreamOptions _options;
    private readonly TimeProvider _time;

    public BackendDialer(UpstreamOptions options, TimeProvider time)
    {
        _options = options;
        _time = time;
    }

    /// <summary>Connects, within the time the options give.</summary>
    /// <exception cref="BackendException">It could not be reached, or is not trusted.</exception>
    /// <exception cref="OperationCanceledException">The caller gave up.</exception>
    public async ValueTask<Transport> DialAsync(Backend backend, CancellationToken cancellationToken)
    {
        (Socket socket, Transport? transport) = await ConnectAsync(backend, cancellationToken).ConfigureAwait(false);
        return transport ?? (backend.IsHttps
            ? await HandshakeAsync(backend, socket, cancellationToken).ConfigureAwait(false)
            : Transport.Over(socket));
    }

    private async ValueTask<(Socket, Transport?)> ConnectAsync(Backend backend, CancellationToken cancellationToken)
    {
        using CancellationTokenSource timeout = new(_options.DialTimeout, _time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        SocketException? last = null;
        bool isFound = false;
        try
        {
            IPAddress[] addresses = IPAddress.TryParse(backend.Host, out IPAddress? literal)
                ? [literal]
                : await Dns.GetHostAddressesAsync(backend.Host, either.Token).ConfigureAwait(false);
            isFound = true;
            foreach (IPAddress address in addresses)
            {
                Socket? socket = null;
                try
                {
                    socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
                    IPEndPoint point = new(address, backend.Port);
                    if (Poller.IsWanted && !backend.IsHttps)
                    {
                        return (socket, await PolledTransport.ConnectAsync(socket, point, either.Token).ConfigureAwait(false));
                    }

                    await socket.ConnectAsync(point, either.Token).ConfigureAwait(false);
                    return (socket, null);
                }
                catch (SocketException error)
                {
                    last = error;
                    socket?.Dispose();
                }
                catch (OperationCanceledException)
                {
                    socket?.Dispose();
                    throw;
                }
            }
        }
        catch (SocketException error)
        {
            last = error; // the name could not be looked up
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new BackendException(
                BackendFailureStage.Dial, BackendFailureKind.TimedOut, $"no connection to {backend.Authority} in {_options.DialTimeout.TotalSeconds:0.###} s")
            {
                Error = isFound ? ProxyError.ConnectionTimeout : ProxyError.DnsTimeout,
            };
        }

        string why = last is null ? "the name has no address" : Describe(last);
        throw new BackendException(BackendFailureStage.Dial, BackendFailureKind.Disconnected, $"{why} ({backend.Authority})", last)
        {
            Error = DialFaults.Of(last),
        };
    }

    private static string Describe(SocketException error) => error.SocketErrorCode switch
    {
        SocketError.ConnectionRefused => "connection refused",
        SocketError.HostNotFound or SocketError.NoData or SocketError.TryAgain => "name not found",
        SocketError.NetworkUnreachable or SocketError.HostUnreachable => "no route",
        SocketError.TimedOut => "connection timed out",
        _ => error.Message,
    };

    private async ValueTask<Transport> HandshakeAsync(Backend backend, Socket socket, CancellationToken cancellationToken)
    {
        using CancellationTokenSource timeout = new(_options.TlsTimeout, _time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        string? distrust = null;
        SslClientAuthenticationOptions options = new()
        {
            TargetHost = backend.Host,
            ApplicationProtocols = [SslApplicationProtocol.Http11],
            CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
            RemoteCertificateValidationCallback = (_, certificate, chain, errors) =>
            {
                distrust = IsTrusted(certificate as X509Certificate2, chain, errors) ? null : DialFaults.Describe(errors, chain);
                return distrust is null;
            },
        };
        try
        {
            return await TlsTransport.ConnectAsync(socket, options, either.Token).ConfigureAwait(false);
        }
        catch (Exception error) when (error is AuthenticationException or IOException)
        {
            string why = distrust ?? (error.InnerException is AuthenticationException inner ? inner.Message : error.Message);
            throw new BackendException(
                BackendFailureStage.Tls, BackendFailureKind.Disconnected, $"TLS handshake with {backend.Authority} failed: {why}", error)
            {
                Error = DialFaults.Of(error, isUntrusted: distrust is not null),
            };
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new BackendException(
                BackendFailureStage.Tls, BackendFailureKind.TimedOut, $"no TLS handshake with {backend.Authority} in {_options.TlsTimeout.TotalSeconds:0.###} s");
        }
    }

    /// <summary>The machine's own roots were asked already; only an unknown root may be made good by the extra ones.</summary>
    private bool IsTrusted(X509Certificate2? certificate, X509Chain? presented, SslPolicyErrors errors)
    {
        if (errors == SslPolicyErrors.None)
        {
            return true;
        }

        if (errors != SslPolicyErrors.RemoteCertificateChainErrors || certificate is null || _options.TrustedRoots.Count == 0)
        {
            return false;
        }

        using X509Chain chain = new();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.AddRange(_options.TrustedRoots);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.ApplicationPolicy.Add(ServerAuthentication);
        if (presented is not null)
        {
            foreach (X509ChainElement element in presented.ChainElements)
            {
                chain.ChainPolicy.ExtraStore.Add(element.Certificate);
            }
        }

        return chain.Build(certificate);
    }

    private static System.Security.Cryptography.Oid ServerAuthentication => new("1.3.6.1.5.5.7.3.1");
}

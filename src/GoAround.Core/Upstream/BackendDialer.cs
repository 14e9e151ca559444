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

/// <summary>Connects to a backend: looks its name up afresh, tries its addresses, and speaks TLS where it is https.</summary>
internal sealed class BackendDialer
{
    private readonly UpstreamOptions _options;
    private readonly TimeProvider _time;
    private readonly Func<string, CancellationToken, Task<IPAddress[]>> _lookUp;

    /// <param name="options">How long it may take, and whom to trust.</param>
    /// <param name="time">What it is timed by.</param>
    /// <param name="lookUp">Finds the addresses of a name; null: the machine's own resolver.</param>
    public BackendDialer(UpstreamOptions options, TimeProvider time, Func<string, CancellationToken, Task<IPAddress[]>>? lookUp = null)
    {
        _options = options;
        _time = time;
        _lookUp = lookUp ?? Dns.GetHostAddressesAsync;
    }

    /// <summary>Connects, within the time the options give.</summary>
    /// <exception cref="BackendException">It could not be reached, or is not trusted.</exception>
    /// <exception cref="OperationCanceledException">The caller gave up.</exception>
    public async ValueTask<Transport> DialAsync(Backend backend, CancellationToken cancellationToken)
    {
        DialledSocket dialled = await ConnectAsync(backend, cancellationToken).ConfigureAwait(false);
        return dialled.Transport ?? (backend.IsHttps
            ? await HandshakeAsync(backend, dialled.Socket, cancellationToken).ConfigureAwait(false)
            : Transport.Over(dialled.Socket));
    }

    private async ValueTask<DialledSocket> ConnectAsync(Backend backend, CancellationToken cancellationToken)
    {
        using CancellationTokenSource timeout = new(_options.DialTimeout, _time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        SocketException? fault = null;
        bool isFound = false;
        try
        {
            IPAddress[] addresses = IPAddress.TryParse(backend.Host, out IPAddress? literal)
                ? [literal]
                : await _lookUp(backend.Host, either.Token).ConfigureAwait(false);
            isFound = true;
            if (addresses.Length > 0)
            {
                AddressRace race = new(addresses, (address, stop) => ConnectAsync(backend, address, stop), _time);
                return await race.RunAsync(either.Token).ConfigureAwait(false);
            }
        }
        catch (SocketException error)
        {
            fault = error; // the name could not be looked up, or none of its addresses be reached
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new BackendException(
                BackendFailureStage.Dial, BackendFailureKind.TimedOut, $"no connection to {backend.Authority} in {_options.DialTimeout.TotalSeconds:0.###} s")
            {
                Error = isFound ? ProxyError.ConnectionTimeout : ProxyError.DnsTimeout,
            };
        }

        string why = fault is null ? "the name has no address" : Describe(fault);
        throw new BackendException(BackendFailureStage.Dial, BackendFailureKind.Disconnected, $"{why} ({backend.Authority})", fault)
        {
            Error = DialFaults.Of(fault),
        };
    }

    private static async Task<DialledSocket> ConnectAsync(Backend backend, IPAddress address, CancellationToken cancellationToken)
    {
        Socket socket = new(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            IPEndPoint point = new(address, backend.Port);
            if (Poller.IsWanted && !backend.IsHttps)
            {
                return new DialledSocket(socket, await PolledConnect.ConnectAsync(socket, point, cancellationToken).ConfigureAwait(false));
            }

            await socket.ConnectAsync(point, cancellationToken).ConfigureAwait(false);
            return new DialledSocket(socket, null);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
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

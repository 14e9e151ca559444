using System;
using System.IO;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Threading;
using System.Threading.Tasks;
using GoAround.Core.Sockets;

namespace GoAround.Core.Upstream;

/// <summary>Begins TLS with an https backend, and decides whether to trust it.</summary>
internal sealed class BackendHandshake
{
    private readonly UpstreamOptions _options;
    private readonly TimeProvider _time;

    /// <param name="options">How long it may take, and whom to trust.</param>
    /// <param name="time">What it is timed by.</param>
    public BackendHandshake(UpstreamOptions options, TimeProvider time)
    {
        _options = options;
        _time = time;
    }

    /// <summary>Meets a backend over a connected socket, which is closed where that fails.</summary>
    /// <exception cref="BackendException">It did not answer in order or in time, or is not trusted.</exception>
    /// <exception cref="OperationCanceledException">The caller gave up.</exception>
    public ValueTask<Transport> RunAsync(Backend backend, DialledSocket dialled, CancellationToken cancellationToken) =>
        RunAsync(backend, (options, stop) => TlsTransport.ConnectAsync(dialled.Socket, dialled.Transport, options, stop), cancellationToken);

    /// <summary>Meets a backend over a stream that was dialled by somebody else, as over a socket.</summary>
    public ValueTask<Transport> RunAsync(Backend backend, Stream stream, CancellationToken cancellationToken) =>
        RunAsync(backend, (options, stop) => TlsTransport.ConnectAsync(stream, options, stop), cancellationToken);

    private async ValueTask<Transport> RunAsync(
        Backend backend, Func<SslClientAuthenticationOptions, CancellationToken, Task<TlsTransport>> connect, CancellationToken cancellationToken)
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
            return await connect(options, either.Token).ConfigureAwait(false);
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

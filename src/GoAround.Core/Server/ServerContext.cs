using System;
using System.Net.Security;
using GoAround.Core.Async;
using GoAround.Core.Http;
using Microsoft.Extensions.Logging;

namespace GoAround.Core.Server;

/// <summary>What all sessions of one server share.</summary>
internal sealed class ServerContext
{
    private volatile bool _isDraining;

    public ServerContext(ServerOptions options, ProxyHandler handler, ProxyEvents events, TimeProvider time, DeadlineClock clock, ILogger log)
    {
        Options = options;
        Handler = handler;
        Events = events;
        Time = time;
        Clock = clock;
        Log = log;
        Date = new DateField(time);
        Identity = new ProxyIdentity(options);
        TrustedProxies = new TrustedProxies(options.TrustedProxies);
        Limits = new HeadLimits(options.MaxRequestLineBytes, options.MaxHeadBytes, options.MaxFields);
        Tls = options.Certificate is null ? null : new SslServerAuthenticationOptions
        {
            ServerCertificateContext = SslStreamCertificateContext.Create(options.Certificate, options.CertificateChain, offline: true),
            ApplicationProtocols = [SslApplicationProtocol.Http11],
            AllowRenegotiation = false,
        };
    }

    public ServerOptions Options { get; }

    public ProxyHandler Handler { get; }

    public ProxyEvents Events { get; }

    public TimeProvider Time { get; }

    public DeadlineClock Clock { get; }

    public ILogger Log { get; }

    public DateField Date { get; }

    public ProxyIdentity Identity { get; }

    public TrustedProxies TrustedProxies { get; }

    public HeadLimits Limits { get; }

    /// <summary>Null: no TLS.</summary>
    public SslServerAuthenticationOptions? Tls { get; }

    /// <summary>The server stops: responses say that the connection closes.</summary>
    public bool IsDraining
    {
        get => _isDraining;
        set => _isDraining = value;
    }
}

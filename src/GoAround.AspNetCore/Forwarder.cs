using System;
using System.Threading.Tasks;
using GoAround.Core.Hosting;
using GoAround.Core.Server;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.ObjectPool;

namespace GoAround.AspNetCore;

/// <summary>Answers the requests of one mount by its balancer. Safe for concurrent use.</summary>
internal sealed class Forwarder : PooledObjectPolicy<HttpExchange>
{
    private const int KeptExchanges = 1024;

    private readonly DefaultObjectPool<HttpExchange> _exchanges;

    /// <param name="balancer">Somebody else starts and disposes it.</param>
    /// <param name="removePrefix">Taken off the path; null or empty: nothing is.</param>
    /// <exception cref="ArgumentException">The prefix is no path of whole segments.</exception>
    public Forwarder(Balancer balancer, string? removePrefix)
    {
        RemovePrefix = removePrefix ?? "";
        if (RemovePrefix.Length > 0 && (RemovePrefix[0] != '/' || RemovePrefix[^1] == '/' || RemovePrefix.AsSpan().ContainsAny("?#%")))
        {
            throw new ArgumentException($"'{removePrefix}' must begin with a slash, must not end with one, and is written decoded: no '%', '?' or '#'", nameof(removePrefix));
        }

        Balancer = balancer;
        Options = balancer.Options.Server;
        Identity = new ProxyIdentity(Options);
        ResponseFields = new ResponseFields(Identity);
        TrustedProxies = new TrustedProxies(Options.TrustedProxies);
        Log = balancer.Loggers.CreateLogger<Forwarder>();
        _exchanges = new DefaultObjectPool<HttpExchange>(this, KeptExchanges);
    }

    /// <summary>What answers.</summary>
    public Balancer Balancer { get; }

    /// <summary>Those of the listener's options that mean something here.</summary>
    public ServerOptions Options { get; }

    /// <summary>The balancer's name.</summary>
    public ProxyIdentity Identity { get; }

    /// <summary>Writes the heads of responses.</summary>
    public ResponseFields ResponseFields { get; }

    /// <summary>Whose word of the client is believed.</summary>
    public TrustedProxies TrustedProxies { get; }

    /// <summary>Taken off the path; may be empty.</summary>
    public string RemovePrefix { get; }

    /// <summary>Where faults are told.</summary>
    public ILogger Log { get; }

    /// <summary>Answers a request; an <see cref="Microsoft.AspNetCore.Http.RequestDelegate"/>.</summary>
    public Task InvokeAsync(HttpContext context)
    {
        HttpExchange exchange = _exchanges.Get();
        ValueTask serving = exchange.ServeAsync(context);
        if (!serving.IsCompletedSuccessfully)
        {
            return WaitAsync(serving, exchange);
        }

        _exchanges.Return(exchange);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public override HttpExchange Create() => new(this);

    /// <inheritdoc/>
    public override bool Return(HttpExchange obj) => true; // it has forgotten its request

    private async Task WaitAsync(ValueTask serving, HttpExchange exchange)
    {
        await serving.ConfigureAwait(false); // one that throws is not used again
        _exchanges.Return(exchange);
    }
}

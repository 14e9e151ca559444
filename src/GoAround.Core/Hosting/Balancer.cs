using System;
using System.Collections.Generic;
using System.Threading;
using System.Threading.Tasks;
using GoAround.Core.Async;
using GoAround.Core.Cache;
using GoAround.Core.Observability;
using GoAround.Core.Outgoing;
using GoAround.Core.Upstream;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace GoAround.Core.Hosting;

/// <summary>
/// A pool with its health checks, cache and steps, without a listener: for calls that go out, or behind a server of somebody else.
/// Safe for concurrent use.
/// </summary>
public sealed class Balancer : IAsyncDisposable
{
    private readonly Lock _gate = new();
    private readonly TimeProvider _time;
    private readonly List<object> _owned = []; // in the order they were made
    private readonly CancellationTokenSource _stopping = new();
    private Task? _start;
    private Task? _end;

    /// <summary>Puts a balancer together; it asks no backend before <see cref="StartAsync"/>.</summary>
    /// <param name="options">Checked here, and not to be changed afterwards. Of <see cref="GoAroundOptions.Server"/> only ProxyName and, for calls that go out, ReplayBufferBytes have a meaning; behind ASP.NET Core also what <c>GoAround.AspNetCore</c> names.</param>
    /// <param name="parts">Parts of your own; null: none.</param>
    /// <exception cref="ArgumentNullException">The options are null.</exception>
    /// <exception cref="OptionsValidationException">An option is out of its range; the message names each.</exception>
    public Balancer(GoAroundOptions options, BalancerParts? parts = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        parts ??= new BalancerParts();
        ValidateOptionsResult verdict = new GoAroundOptionsValidator().Validate(parts.Name, options);
        if (verdict.Failed)
        {
            throw new OptionsValidationException(parts.Name ?? "", typeof(GoAroundOptions), verdict.Failures);
        }

        Options = options;
        _time = parts.Time ?? TimeProvider.System;
        ILoggerFactory loggers = Loggers = parts.Loggers ?? NullLoggerFactory.Instance;
        try
        {
            ProxyEvents events = Events = parts.Events is { } theirs ? Composition.Events(theirs, loggers) : Own(new GoAroundMeter(parts.Meters, parts.Name));
            SocketConnectionFactory? sockets = parts.Connections is null || (parts.Client is null && parts.HealthChecker is null && parts.HealthMonitor is null)
                ? Own(new SocketConnectionFactory(options.Upstream, _time, dialer: parts.Dialer))
                : null;
            Connections = parts.Connections ?? sockets!; // made where this is null
            IHealthMonitor monitor = parts.HealthMonitor
                ?? Own(Composition.Monitor(parts.HealthChecker ?? Composition.Checker(parts.Client ?? sockets!, options), options, _time, loggers, parts.Random)); // made where both are null
            Pool = Own(Composition.Pool(Connections, monitor, parts.Selection, events, options, _time, loggers));
            if (options.Cache.IsEnabled)
            {
                CacheMemory memory = new(options.Cache.SizeBytes);
                IResponseCache store = parts.Cache ?? Own(new MemoryResponseCache(memory, _time));
                CachingHandler cache = Own(Composition.Cache(Pool, store, memory, events, options, _time, loggers));
                Purge = cache;
                Handler = Composition.Chain(cache, options, parts.Services ?? NoServices.Instance);
            }
            else
            {
                Handler = Composition.Chain(Composition.PoolStep(Pool), options, parts.Services ?? NoServices.Instance);
            }

            (events as GoAroundMeter)?.Observe(Pool, Connections);
        }
        catch
        {
            _ = DisposeAsync().AsTask(); // a constructor cannot wait; nothing was sent yet, so all of it ends at once
            throw;
        }
    }

    /// <summary>The backends, their slots and the line of those who wait.</summary>
    public IBackendPool Pool { get; }

    /// <summary>All the steps: tracing, yours, the cache, the pool. What answers a request.</summary>
    public ProxyHandler Handler { get; }

    /// <summary>Makes the cache forget; null where <see cref="CacheOptions.IsEnabled"/> is false.</summary>
    public ICachePurge? Purge { get; }

    /// <summary>What it was made with.</summary>
    internal GoAroundOptions Options { get; }

    /// <summary>Who counts.</summary>
    internal ProxyEvents Events { get; }

    /// <summary>Where the log goes.</summary>
    internal ILoggerFactory Loggers { get; }

    /// <summary>The clock.</summary>
    internal TimeProvider Time => _time;

    /// <summary>What makes the connections.</summary>
    internal IConnectionFactory Connections { get; }

    /// <summary>What sends for an HttpClient.</summary>
    internal OutgoingCalls CreateCalls() => new(Handler, new OutgoingOptions(_time, Events, Options.Server.ReplayBufferBytes));

    /// <summary>
    /// Takes up the backends of the options, and waits for their first check, at most <see cref="GoAroundOptions.FirstCheckTimeout"/>. Called
    /// again, it waits for the same start.
    /// </summary>
    /// <param name="cancellationToken">Stops the waiting, not the start.</param>
    /// <exception cref="ObjectDisposedException">The balancer was disposed.</exception>
    /// <exception cref="OperationCanceledException">The waiting was given up, or the balancer was disposed meanwhile.</exception>
    public Task StartAsync(CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_end is not null, this);
            _start ??= BeginAsync();
            return _start.IsCompletedSuccessfully ? _start : _start.WaitAsync(cancellationToken);
        }
    }

    /// <summary>Ends the checks, answers 503 to whoever waits, and closes the sockets as they come back. Parts that were given stay as they are. Called again, it waits for the same end.</summary>
    public ValueTask DisposeAsync()
    {
        lock (_gate)
        {
            return new(_end ??= EndAsync());
        }
    }

    private T Own<T>(T part)
        where T : notnull
    {
        _owned.Add(part);
        return part;
    }

    private async Task BeginAsync()
    {
        await new WorkHop(_time as IWorkRunner); // the parts may be anybody's code, which must not run under the gate
        await Composition.StartAsync(Pool, Options, _time, _stopping.Token).ConfigureAwait(false);
    }

    private async Task EndAsync()
    {
        await new WorkHop(_time as IWorkRunner); // what waits for the start must not go on under the gate
#pragma warning disable CA1849 // the hop is behind us
        _stopping.Cancel();
#pragma warning restore CA1849
        await (_start ?? Task.CompletedTask).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing); // whoever waits for it is told
        for (int i = _owned.Count - 1; i >= 0; i--)
        {
            if (_owned[i] is IAsyncDisposable part)
            {
                await part.DisposeAsync().ConfigureAwait(false);
            }
            else
            {
                (_owned[i] as IDisposable)?.Dispose();
            }
        }

        _stopping.Dispose();
    }
}

using System;
using System.Threading;
using System.Threading.Tasks;
using GoAround.Core.Observability;
using GoAround.Core.Server;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace GoAround.Core.Hosting;

/// <summary>Starts the balancer with the host: backends, their first check, then the port; applies its configuration as it changes; and drains it at the end.</summary>
internal sealed class GoAroundService : IHostedService
{
    private readonly GoAroundOptions _options;
    private readonly IBackendPool _pool;
    private readonly IConnectionFactory _connections;
    private readonly ProxyEvents _events;
    private readonly ProxyServer _server;
    private readonly OptionsReload _reload;
    private readonly TimeProvider _time;
    private readonly IHostApplicationLifetime? _lifetime;
    private readonly ILogger _log;

    public GoAroundService(
        IOptions<GoAroundOptions> options,
        IBackendPool pool,
        IConnectionFactory connections,
        ProxyEvents events,
        ProxyServer server,
        OptionsReload reload,
        TimeProvider time,
        ILoggerFactory? loggers = null,
        IHostApplicationLifetime? lifetime = null)
    {
        _options = options.Value;
        _pool = pool;
        _connections = connections;
        _events = events;
        _server = server;
        _reload = reload;
        _time = time;
        _lifetime = lifetime;
        _log = (loggers ?? NullLoggerFactory.Instance).CreateLogger<GoAroundService>();
    }

    /// <inheritdoc/>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        _server.Bind();
        (_events as GoAroundMeter)?.Observe(_pool, _connections);
        try
        {
            await Composition.StartAsync(_pool, _options, _time, cancellationToken).ConfigureAwait(false);
            await _server.StartAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (_lifetime is { ApplicationStopping.IsCancellationRequested: true })
        {
            HostingLog.StartBrokenOff(_log);
            return; // the program is told to end, which is no fault of its start: the host goes on to its end, and stops what there is
        }

        HostingLog.Listening(_log, _options.Server.Certificate is null ? "http" : "https", _server.LocalEndPoint, _pool.Backends.Count);
        _reload.Start();
    }

    /// <inheritdoc/>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        Task reloaded = _reload.StopAsync(cancellationToken); // not waited for yet: whatever becomes of it, the port closes
        try
        {
            await _server.StopAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            await reloaded.ConfigureAwait(false);
        }
    }
}

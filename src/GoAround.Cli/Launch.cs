using System;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Net;
using System.Net.Sockets;
using System.Threading;
using System.Threading.Tasks;
using GoAround.Cli.Control;
using GoAround.Cli.Demo;
using GoAround.Cli.Flags;
using GoAround.Cli.Logging;
using GoAround.Cli.Metrics;
using GoAround.Core;
using GoAround.Core.Hosting;
using GoAround.Core.Observability;
using GoAround.Core.Server;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace GoAround.Cli;

/// <summary>One run of the program: what is started, in which order, until a signal comes, and stopped again.</summary>
/// <remarks>
/// A generic host would bring configuration files, a lifetime and an event log that nobody asked for, and start later. Order:
/// what can refuse comes first, and the port last, so that an open port means that all else stands.
/// </remarks>
internal sealed class Launch : IAsyncDisposable
{
    private readonly Settings _settings;
    private readonly ServiceProvider _services;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly DemoBackends _demo = new();
    private readonly GoAroundOptions _options = new();
    private IHostedService[] _hosted = [];
    private PrometheusBridge? _bridge;
    private ProxyServer? _metrics;
    private ControlSocket? _control;
    private IdleMemory? _memory;

    private Launch(Settings settings)
    {
        _settings = settings;
        settings.Apply(_options);
        ServiceCollection services = new();
        services.AddCliLogging(settings.LogLevel, settings.LogFormat);
        services.AddSingleton(TimeProvider.System);
        services.AddSingleton(static _ => new GoAroundMeter());
        services.AddSingleton<ProxyEvents>(static provider => provider.GetRequiredService<GoAroundMeter>());
        services.AddGoAround(options =>
        {
            settings.Apply(options);
            foreach (string address in _demo.Addresses)
            {
                options.Backends.Add(address);
            }
        });
        _services = services.BuildServiceProvider();
        _time = _services.GetRequiredService<TimeProvider>();
        _logger = _services.GetRequiredService<ILoggerFactory>().CreateLogger("GoAround.Cli");
    }

    /// <summary>Runs until a signal ends it.</summary>
    /// <returns>0 after an orderly end, 1 where a second signal cut it short.</returns>
    /// <exception cref="StartException">A port or the control socket cannot be opened.</exception>
    /// <exception cref="OptionsValidationException">The options do not fit together.</exception>
    public static async Task<int> RunAsync(Settings settings)
    {
        using StopSignals signals = new(TimeProvider.System);
        Launch launch = new(settings);
        await using (launch.ConfigureAwait(false))
        {
            await launch.StartAsync().ConfigureAwait(false);
            string signal = await signals.First.ConfigureAwait(false);
            CliLog.Stopping(launch._logger, signal, launch._options.Server.ShutdownTimeout.TotalSeconds);
            using CancellationTokenSource atOnce = new();
            Task stopping = launch.StopAsync(atOnce.Token);
            if (await Task.WhenAny(stopping, signals.Second).ConfigureAwait(false) == stopping)
            {
                await stopping.ConfigureAwait(false);
                CliLog.Stopped(launch._logger);
                return 0;
            }

            await atOnce.CancelAsync().ConfigureAwait(false);
            await stopping.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            CliLog.StoppedAtOnce(launch._logger, await signals.Second.ConfigureAwait(false));
            return 1;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_control is not null)
        {
            await _control.DisposeAsync().ConfigureAwait(false);
        }

        if (_metrics is not null)
        {
            await _metrics.DisposeAsync().ConfigureAwait(false);
        }

        _memory?.Dispose();
        _bridge?.Dispose();
        await _demo.DisposeAsync().ConfigureAwait(false);
        await _services.DisposeAsync().ConfigureAwait(false);
    }

    private static async Task OpenAsync(string flag, int port, Func<CancellationToken, Task> open)
    {
        try
        {
            await open(CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or SocketException)
        {
            throw StartException.For(flag, port.ToString(CultureInfo.InvariantCulture), e.InnerException as SocketException ?? e);
        }
    }

    private async Task StartAsync()
    {
        if (_settings.Demo)
        {
            await _demo.StartAsync(_time, _services.GetRequiredService<ILoggerFactory>(), CancellationToken.None).ConfigureAwait(false);
        }

        _services.GetService<IStartupValidator>()?.Validate();
        IBackendPool pool = _services.GetRequiredService<IBackendPool>();
        await StartMetricsAsync(pool).ConfigureAwait(false);
        if (_settings.ControlSocket is not null)
        {
            CacheCommand cache = new(_options.Cache.IsEnabled ? _services.GetRequiredService<ICachePurge>() : null, () => _services.GetRequiredService<GoAroundMeter>().CacheCounts);
            _control = new ControlSocket(_settings.ControlSocket, pool, cache, _time, _logger);
            _control.Start();
        }

        _hosted = [.. _services.GetServices<IHostedService>()];
        foreach (IHostedService service in _hosted)
        {
            await OpenAsync("p", _options.Server.Port, service.StartAsync).ConfigureAwait(false);
        }

        _memory = IdleMemory.OfProcess(_time);
        await AnnounceAsync(pool).ConfigureAwait(false);
    }

    private async Task StartMetricsAsync(IBackendPool pool)
    {
        if (_settings.PrometheusPort is not int port)
        {
            return;
        }

        _bridge = new PrometheusBridge(_services.GetRequiredService<GoAroundMeter>(), pool);
        ServerOptions options = new() { Address = _options.Server.Address, Port = port, ShutdownTimeout = TimeSpan.FromSeconds(1) };
        _metrics = new ProxyServer(options, new MetricsHandler(_bridge), _time, _services.GetRequiredService<ILoggerFactory>());
        await OpenAsync("prometheus-port", port, _metrics.StartAsync).ConfigureAwait(false);
    }

    private async Task AnnounceAsync(IBackendPool pool)
    {
        if (_options.Server.Certificate is { } certificate)
        {
            DateTime now = _time.GetUtcNow().UtcDateTime;
            DateTime from = certificate.NotBefore.ToUniversalTime();
            DateTime to = certificate.NotAfter.ToUniversalTime();
            if (now < from || now > to)
            {
                CliLog.CertificateNotValidNow(_logger, certificate.Subject, from, to);
            }
        }

        IPEndPoint traffic = _services.GetRequiredService<ProxyServer>().LocalEndPoint;
        string scheme = _options.Server.Certificate is null ? "http" : "https";
        string backends = pool.Backends.Count == 0 ? "none yet" : string.Join(", ", pool.Backends.Select(static backend => backend.Address));
        string metrics = _metrics is null ? "off" : $"http://{_metrics.LocalEndPoint}/metrics";
        CliLog.Started(_logger, ProgramVersion.Text, $"{scheme}://{traffic}", backends, metrics, _settings.ControlSocket ?? "off");
        if (_settings.Demo)
        {
            await Console.Out.WriteAsync(DemoCommands.Text(scheme, traffic, _metrics?.LocalEndPoint, _settings.ControlSocket, _demo.Addresses)).ConfigureAwait(false);
        }
    }

    // The control socket first: whoever starts next may have its path while requests are still being finished here.
    private async Task StopAsync(CancellationToken atOnce)
    {
        if (_control is not null)
        {
            await _control.DisposeAsync().ConfigureAwait(false);
            _control = null;
        }

        for (int i = _hosted.Length - 1; i >= 0; i--)
        {
            await _hosted[i].StopAsync(atOnce).ConfigureAwait(false);
        }

        if (_metrics is not null)
        {
            await _metrics.StopAsync(atOnce).ConfigureAwait(false);
        }
    }
}

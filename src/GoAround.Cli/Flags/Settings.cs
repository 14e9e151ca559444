using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using GoAround.Core;
using GoAround.Core.Hosting;
using Microsoft.Extensions.Logging;

namespace GoAround.Cli.Flags;

/// <summary>All flags, read and checked.</summary>
internal sealed class Settings
{
    private const string Off = "off";
    private const int MaxSocketPathBytes = 107; // sockaddr_un holds 108 with the closing zero

    private static readonly TimeSpan OneTick = TimeSpan.FromTicks(1);

    private readonly FlagValues _values;

    private Settings(FlagValues values)
    {
        _values = values;
        Backends = ReadBackends(values.Backends);
        PrometheusPort = values.PrometheusPort == Off
            ? null
            : FlagReader.Number("prometheus-port", values.PrometheusPort, 0, 65535) ?? FlagTable.DefaultPrometheusPort;
        ControlSocket = values.ControlSocket == Off ? null : values.ControlSocket ?? FlagTable.DefaultControlSocket;
        if (ControlSocket is not null && Encoding.UTF8.GetByteCount(ControlSocket) > MaxSocketPathBytes)
        {
            throw FlagReader.NotAllowed("control-socket", ControlSocket);
        }

        LogLevel = FlagReader.Choice(
            "log-level", values.LogLevel, ("trace", LogLevel.Trace), ("debug", LogLevel.Debug), ("info", LogLevel.Information),
            ("warn", LogLevel.Warning), ("error", LogLevel.Error)) ?? LogLevel.Information;
        LogFormat = FlagReader.Choice("log-format", values.LogFormat, ("text", LogFormat.Text), ("json", LogFormat.Json)) ?? LogFormat.Text;
        Certificates = CertificateFiles.Read(values.Certificate, values.PrivateKey, values.BackendAuthority);
        Apply(new GoAroundOptions()); // so that a bad value is found now
    }

    /// <summary>The addresses given with <c>-b</c>.</summary>
    public IReadOnlyList<Backend> Backends { get; }

    /// <summary>The port of the metrics; 0 for a free one, null for none.</summary>
    public int? PrometheusPort { get; }

    /// <summary>The path of the control socket; null for none.</summary>
    public string? ControlSocket { get; }

    /// <summary>The least important entries that are logged.</summary>
    public LogLevel LogLevel { get; }

    /// <summary>How they are written.</summary>
    public LogFormat LogFormat { get; }

    /// <summary>What the PEM files hold.</summary>
    public CertificateFiles Certificates { get; }

    /// <summary>Two backends of our own are wanted.</summary>
    public bool Demo => _values.Demo;

    /// <summary>Checks every flag.</summary>
    /// <exception cref="FlagException">One is not allowed.</exception>
    public static Settings From(FlagValues values) =>
        values.Cache ? throw new FlagException("-cache: not available yet in this version") : new Settings(values);

    /// <summary>Sets what was given; the rest keeps its default.</summary>
    public void Apply(GoAroundOptions options)
    {
        foreach (Backend backend in Backends)
        {
            options.Backends.Add(backend.Address);
        }

        options.Server.Port = FlagReader.Number("p", _values.Port, 0, 65535) ?? options.Server.Port;
        options.Server.Address = FlagReader.Address("bind", _values.Bind) ?? options.Server.Address;
        options.Server.ShutdownTimeout = FlagReader.Duration("shutdown-timeout", _values.ShutdownTimeout, TimeSpan.Zero) ?? options.Server.ShutdownTimeout;
        options.Server.Certificate = Certificates.Certificate;
        options.Server.CertificateChain.AddRange(Certificates.Chain);
        options.Pool.ConnectionsPerBackend = FlagReader.Number("n", _values.ConnectionsPerBackend, 1, 65535) ?? options.Pool.ConnectionsPerBackend;
        options.Pool.QueueTimeout = FlagReader.Duration("queue-timeout", _values.QueueTimeout, OneTick) ?? options.Pool.QueueTimeout;
        options.Pool.MaxQueue = FlagReader.Number("max-queue", _values.MaxQueue, 0, 1_000_000) ?? options.Pool.MaxQueue;
        options.Health.Path = ReadPath(_values.HealthPath) ?? options.Health.Path;
        options.Health.Interval = FlagReader.Duration("health-interval", _values.HealthInterval, TimeSpan.FromMilliseconds(100)) ?? options.Health.Interval;
        options.Upstream.DialTimeout = FlagReader.Duration("dial-timeout", _values.DialTimeout, OneTick) ?? options.Upstream.DialTimeout;
        options.Upstream.ResponseTimeout = FlagReader.Duration("response-timeout", _values.ResponseTimeout, OneTick) ?? options.Upstream.ResponseTimeout;
        options.Upstream.TrustedRoots.AddRange(Certificates.BackendRoots);
    }

    private static List<Backend> ReadBackends(string? list)
    {
        List<Backend> backends = [];
        foreach (string address in list?.Split(',') ?? [])
        {
            backends.Add(Backend.TryParse(address, out Backend? backend, out string? problem)
                ? backend
                : throw FlagException.NotAllowed("b", address, OneLine.Of(problem)));
        }

        return backends;
    }

    private static string? ReadPath(string? path) =>
        path is null || (path.StartsWith('/') && path.All(static c => c is > ' ' and < '\x7f' and not '#')) ? path : throw FlagReader.NotAllowed("health-path", path);
}

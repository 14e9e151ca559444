using System;
using System.Collections.Generic;
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

    private readonly FlagValues _values;

    private Settings(FlagValues values)
    {
        _values = values;
        Backends = ReadBackends(values.Backends);
        PrometheusPort = values.PrometheusPort switch
        {
            null => OperationFlags.DefaultPrometheusPort,
            Off => null,
            { } text => FlagReader.Number(text, 0, 65535) ?? throw Refuse("prometheus-port", text),
        };
        ControlSocket = values.ControlSocket == Off ? null : values.ControlSocket ?? OperationFlags.DefaultControlSocket;
        if (ControlSocket is not null && Encoding.UTF8.GetByteCount(ControlSocket) > MaxSocketPathBytes)
        {
            throw Refuse("control-socket", ControlSocket);
        }

        LogLevel = ReadChoice(
            "log-level", values.LogLevel ?? "info", ("trace", LogLevel.Trace), ("debug", LogLevel.Debug), ("info", LogLevel.Information),
            ("warn", LogLevel.Warning), ("error", LogLevel.Error));
        LogFormat = ReadChoice("log-format", values.LogFormat ?? "text", ("text", LogFormat.Text), ("json", LogFormat.Json));
        Certificates = CertificateFiles.Read(values.Certificate, values.PrivateKey, values.BackendAuthority);
        GoAroundOptions options = new();
        Apply(options); // so that a bad value is found now
        if (PrometheusPort == options.Server.Port && PrometheusPort > 0)
        {
            throw FlagException.NotAllowed("prometheus-port", FlagText.Of(options.Server.Port), "it is the port of -p: the metrics need one of their own, or 'off'");
        }
    }

    /// <summary>The addresses given with <c>-b</c>, with their weights.</summary>
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
    public static Settings From(FlagValues values) => new(values);

    /// <summary>Sets what was given; the rest keeps its default.</summary>
    public void Apply(GoAroundOptions options)
    {
        foreach (Backend backend in Backends)
        {
            options.Backends.Add(backend.Weight == 1 ? backend.Address : $"{backend.Address} weight={backend.Weight}");
        }

        options.Cache.IsEnabled = _values.Cache;
        options.Server.Certificate = Certificates.Certificate;
        options.Server.CertificateChain.AddRange(Certificates.Chain);
        options.Upstream.TrustedRoots.AddRange(Certificates.BackendRoots);
        foreach (Flag flag in FlagTable.All)
        {
            if (flag.Apply is { } apply && _values.Of(flag) is { } text)
            {
                apply(options, text);
            }
        }
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

    private static T ReadChoice<T>(string flag, string text, params ReadOnlySpan<(string Word, T Value)> choices)
        where T : struct =>
        FlagReader.Choice(text, choices) ?? throw Refuse(flag, text);

    private static FlagException Refuse(string flag, string text) => FlagException.NotAllowed(flag, text, FlagTable.Find(flag)?.Allowed ?? "");
}

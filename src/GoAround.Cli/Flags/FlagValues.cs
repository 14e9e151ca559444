using System.Collections.Generic;
using System.Linq;
using System.Reflection;
using CommandLine;

namespace GoAround.Cli.Flags;

/// <summary>What CommandLineParser fills in: the text of every flag as given, null where it was not. Made by reflection.</summary>
internal sealed class FlagValues
{
    private static readonly Dictionary<string, PropertyInfo> ByName = typeof(FlagValues).GetProperties().ToDictionary(static property => NameOf(property));

    [Option('p')]
    public string? Port { get; set; }

    [Option('b')]
    public string? Backends { get; set; }

    [Option('n')]
    public string? ConnectionsPerBackend { get; set; }

    [Option("bind")]
    public string? Bind { get; set; }

    [Option("cacert")]
    public string? Certificate { get; set; }

    [Option("privkey")]
    public string? PrivateKey { get; set; }

    [Option("backlog")]
    public string? Backlog { get; set; }

    [Option("cache")]
    public bool Cache { get; set; }

    [Option("cache-size")]
    public string? CacheSize { get; set; }

    [Option("cache-max-object")]
    public string? CacheMaxObject { get; set; }

    [Option("cache-ttl")]
    public string? CacheTtl { get; set; }

    [Option("cache-stale")]
    public string? CacheStale { get; set; }

    [Option("cache-control-field")]
    public string? CacheControlField { get; set; }

    [Option("slow-start")]
    public string? SlowStart { get; set; }

    [Option("max-queue")]
    public string? MaxQueue { get; set; }

    [Option("retry-budget")]
    public string? RetryBudget { get; set; }

    [Option("min-retries")]
    public string? MinRetries { get; set; }

    [Option("replay-buffer")]
    public string? ReplayBuffer { get; set; }

    [Option("backend-ca")]
    public string? BackendAuthority { get; set; }

    [Option("max-connections")]
    public string? MaxConnections { get; set; }

    [Option("max-connections-per-client")]
    public string? MaxConnectionsPerClient { get; set; }

    [Option("max-requests")]
    public string? MaxRequests { get; set; }

    [Option("max-request-line")]
    public string? MaxRequestLine { get; set; }

    [Option("max-head")]
    public string? MaxHead { get; set; }

    [Option("max-fields")]
    public string? MaxFields { get; set; }

    [Option("max-body")]
    public string? MaxBody { get; set; }

    [Option("backend-max-head")]
    public string? BackendMaxHead { get; set; }

    [Option("backend-max-fields")]
    public string? BackendMaxFields { get; set; }

    [Option("tls-timeout")]
    public string? TlsTimeout { get; set; }

    [Option("head-timeout")]
    public string? HeadTimeout { get; set; }

    [Option("idle-timeout")]
    public string? IdleTimeout { get; set; }

    [Option("body-timeout")]
    public string? BodyTimeout { get; set; }

    [Option("min-body-rate")]
    public string? MinBodyRate { get; set; }

    [Option("min-body-rate-grace")]
    public string? MinBodyRateGrace { get; set; }

    [Option("half-close-grace")]
    public string? HalfCloseGrace { get; set; }

    [Option("queue-timeout")]
    public string? QueueTimeout { get; set; }

    [Option("dial-timeout")]
    public string? DialTimeout { get; set; }

    [Option("backend-tls-timeout")]
    public string? BackendTlsTimeout { get; set; }

    [Option("response-timeout")]
    public string? ResponseTimeout { get; set; }

    [Option("backend-body-timeout")]
    public string? BackendBodyTimeout { get; set; }

    [Option("backend-idle-timeout")]
    public string? BackendIdleTimeout { get; set; }

    [Option("tunnel-timeout")]
    public string? TunnelTimeout { get; set; }

    [Option("shutdown-timeout")]
    public string? ShutdownTimeout { get; set; }

    [Option("trusted-proxies")]
    public string? TrustedProxies { get; set; }

    [Option("forwarded")]
    public string? Forwarded { get; set; }

    [Option("via")]
    public string? Via { get; set; }

    [Option("proxy-name")]
    public string? ProxyName { get; set; }

    [Option("health-path")]
    public string? HealthPath { get; set; }

    [Option("health-interval")]
    public string? HealthInterval { get; set; }

    [Option("health-down-interval")]
    public string? HealthDownInterval { get; set; }

    [Option("health-timeout")]
    public string? HealthTimeout { get; set; }

    [Option("first-check-timeout")]
    public string? FirstCheckTimeout { get; set; }

    [Option("prometheus-port")]
    public string? PrometheusPort { get; set; }

    [Option("control-socket")]
    public string? ControlSocket { get; set; }

    [Option("log-level")]
    public string? LogLevel { get; set; }

    [Option("log-format")]
    public string? LogFormat { get; set; }

    [Option("demo")]
    public bool Demo { get; set; }

    [Option("version")]
    public bool Version { get; set; }

    [Option('h')]
    public bool Help { get; set; }

    /// <summary>The text that was given for a flag; null where it was not, and for a switch.</summary>
    public string? Of(Flag flag) => ByName[flag.Name].GetValue(this) as string;

    private static string NameOf(PropertyInfo property) =>
        property.GetCustomAttribute<OptionAttribute>() is { } option ? option.LongName.Length > 0 ? option.LongName : option.ShortName : property.Name;
}

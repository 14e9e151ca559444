using CommandLine;

namespace GoAround.Cli.Flags;

/// <summary>What CommandLineParser fills in: the text of every flag as given, null where it was not. Made by reflection.</summary>
internal sealed class FlagValues
{
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

    [Option("backend-ca")]
    public string? BackendAuthority { get; set; }

    [Option("cache")]
    public bool Cache { get; set; }

    [Option("health-path")]
    public string? HealthPath { get; set; }

    [Option("health-interval")]
    public string? HealthInterval { get; set; }

    [Option("queue-timeout")]
    public string? QueueTimeout { get; set; }

    [Option("max-queue")]
    public string? MaxQueue { get; set; }

    [Option("dial-timeout")]
    public string? DialTimeout { get; set; }

    [Option("response-timeout")]
    public string? ResponseTimeout { get; set; }

    [Option("shutdown-timeout")]
    public string? ShutdownTimeout { get; set; }

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
}

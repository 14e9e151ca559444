namespace GoAround.Cli.Flags;

/// <summary>How the program is watched and steered.</summary>
internal static class OperationFlags
{
    public const int DefaultPrometheusPort = 8080;
    public const string DefaultControlSocket = "/tmp/goaround.sock";

    public static FlagGroup Group { get; } = new("Operations",
    [
        new("prometheus-port", "PORT", "a port in 0..65535, or 'off'", FlagText.Of(DefaultPrometheusPort), "GoAround's own",
            "The port of the metrics; 0 takes a free one, 'off' serves none."),
        new("control-socket", "PATH", "a path of at most 107 bytes, or 'off'", DefaultControlSocket, "GoAround's own",
            "The Unix socket that takes new lists of backends, and commands for pool and cache; 'off' opens none."),
        new("log-level", "LEVEL", "trace, debug, info, warn or error", "info", ".NET's default",
            "The least important entries that are written."),
        new("log-format", "FORMAT", "text or json", "text", "GoAround's own",
            "How log entries are written to standard error: a line of text, or a line of JSON."),
        new("demo", null, "no value", "off", "-",
            "Starts two small backends on free loopback ports, balances over them, and prints three commands to try."),
        new("version", null, "no value", "off", "-",
            "Prints the version and exits."),
        new("h", null, "no value", "off", "-",
            "Prints this page and exits; -help does too."),
    ]);
}

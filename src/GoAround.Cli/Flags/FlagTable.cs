using System;
using System.Collections.Generic;
using System.Globalization;
using GoAround.Core.Hosting;

namespace GoAround.Cli.Flags;

/// <summary>Every flag, in the order of the help. The defaults are read from Core's options, so that they are said once.</summary>
internal static class FlagTable
{
    public const int DefaultPrometheusPort = 8080;
    public const string DefaultControlSocket = "/tmp/goaround.sock";

    private const string UpToAnHour = "a duration above 0 and at most 1h, such as 500ms, 10s or 2m";

    private static readonly GoAroundOptions Defaults = new();

    public static IReadOnlyList<Flag> All { get; } =
    [
        new("p", "PORT", "a port in 0..65535", Text(Defaults.Server.Port), "GoAround's own",
            "The port to listen on; 0 takes a free one, which the log tells."),
        new("b", "URL", "http://host:port or https://host:port, with a base path if need be", "none", "-",
            "The address of a backend. May be given many times, or hold several separated by commas. Without any, every request is answered 503 until the control socket names one."),
        new("n", "COUNT", "a whole number in 1..65535", Text(Defaults.Pool.ConnectionsPerBackend), "GoAround's own",
            "Connections per backend: never more requests than this are in flight to one backend. Those over it wait in order."),
        new("bind", "ADDRESS", "an IPv4 or IPv6 address", Defaults.Server.Address.ToString(), "nginx 'listen [::]' with ipv6only=off",
            "The address to listen on, for traffic and for metrics. The default serves IPv6 and IPv4 on every interface."),
        new("cacert", "FILE", "a readable PEM file with a certificate, followed by its chain", "none", "-",
            "The certificate, and behind it the intermediate ones. With -privkey, TLS is terminated here."),
        new("privkey", "FILE", "a readable PEM file with the certificate's private key, not encrypted", "none", "-",
            "The private key of -cacert."),
        new("backend-ca", "FILE", "a readable PEM file with one or more certificates", "none", "-",
            "Certificates to trust as roots for https backends, besides the machine's own."),
        new("cache", null, "nothing yet", "off", "-",
            "A cache for GET requests. Not available yet in this version."),
        new("health-path", "PATH", "a path that starts with a slash and has no spaces", Defaults.Health.Path, "GoAround's own",
            "Asked for on every backend to see whether it is healthy."),
        new("health-interval", "DURATION", "a duration in 100ms..1h, such as 500ms, 10s or 2m", Text(Defaults.Health.Interval), "GoAround's own",
            "From one check of a healthy backend to the next. One that is down is asked every second, or at this interval where it is shorter."),
        new("queue-timeout", "DURATION", UpToAnHour, Text(Defaults.Pool.QueueTimeout), "HAProxy suggests 'timeout queue' in the tens of seconds",
            "How long a request waits for a connection before it is answered 503."),
        new("max-queue", "COUNT", "a whole number in 0..1000000", Text(Defaults.Pool.MaxQueue), "Envoy max_pending_requests",
            "Requests that wait at once; one more is answered 503 at once."),
        new("dial-timeout", "DURATION", UpToAnHour, Text(Defaults.Upstream.DialTimeout), "Envoy connect_timeout",
            "How long connecting to a backend may take, looking up its name included."),
        new("response-timeout", "DURATION", UpToAnHour, Text(Defaults.Upstream.ResponseTimeout), "nginx proxy_read_timeout",
            "How long a backend may take from the end of a request to the head of its response."),
        new("shutdown-timeout", "DURATION", "a duration in 0..1h, such as 500ms, 10s or 2m", Text(Defaults.Server.ShutdownTimeout), "the .NET host's ShutdownTimeout",
            "How long requests in flight may take after SIGTERM or SIGINT."),
        new("prometheus-port", "PORT", "a port in 0..65535, or 'off'", Text(DefaultPrometheusPort), "GoAround's own",
            "The port of the metrics; 0 takes a free one, 'off' serves none."),
        new("control-socket", "PATH", "a path of at most 107 bytes, or 'off'", DefaultControlSocket, "GoAround's own",
            "The Unix socket that takes new lists of backends; 'off' opens none."),
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
    ];

    /// <summary>The flag of a name, or null.</summary>
    public static Flag? Find(string name)
    {
        foreach (Flag flag in All)
        {
            if (flag.Name == name || (name == "help" && flag.Name == "h"))
            {
                return flag;
            }
        }

        return null;
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private static string Text(TimeSpan duration) => Text((int)duration.TotalSeconds) + "s";
}

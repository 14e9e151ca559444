namespace GoAround.Cli.Flags;

/// <summary>Where clients are served.</summary>
internal static class TrafficFlags
{
    public static FlagGroup Group { get; } = new("Traffic",
    [
        OptionFlag.Port("p", o => o.Server.Port, (o, port) => o.Server.Port = port, "GoAround's own",
            "The port to listen on; 0 takes a free one, which the log tells."),
        OptionFlag.Address("bind", o => o.Server.Address, (o, address) => o.Server.Address = address, "nginx 'listen [::]' with ipv6only=off",
            "The address to listen on, for traffic and for metrics. The default serves IPv6 and IPv4 on every interface."),
        new("cacert", "FILE", "a readable PEM file with a certificate, followed by its chain", "none", "-",
            "The certificate, and behind it the intermediate ones. With -privkey, TLS is terminated here.") { Property = "Server.Certificate" },
        new("privkey", "FILE", "a readable PEM file with the certificate's private key, not encrypted", "none", "-",
            "The private key of -cacert.") { Property = "Server.Certificate" },
        OptionFlag.Number("backlog", 1, 65535, o => o.Server.Backlog, (o, count) => o.Server.Backlog = count, "nginx 'listen backlog'",
            "Connections the kernel holds until they are accepted."),
    ]);
}

using GoAround.Core.Server;

namespace GoAround.Cli.Flags;

/// <summary>What backends are told of the client and of this balancer.</summary>
internal static class IdentityFlags
{
    private const int MaxNameLength = 64;

    public static FlagGroup Group { get; } = new("Identity",
    [
        OptionFlag.List("trusted-proxies", "CIDR", "an address, or a network such as 10.0.0.0/8", FlagReader.IsNetwork, o => o.Server.TrustedProxies,
            "Proxies in front of this one: what they say in X-Forwarded-* and Forwarded is kept and extended; what anybody else says there is replaced. May be given many times, or hold several separated by commas."),
        OptionFlag.Choice("forwarded", "FORMAT", o => o.Server.Forwarded, (o, format) => o.Server.Forwarded = format, "Caddy, Traefik, YARP",
            "How backends are told who the client is: X-Forwarded-For, -Proto and -Host, or Forwarded of RFC 7239, or both. 'off': not at all, and still nothing that an untrusted client says of it is passed on.",
            [("x-forwarded", ForwardedFormat.XForwarded), ("forwarded", ForwardedFormat.Forwarded), ("both", ForwardedFormat.Both), ("off", ForwardedFormat.Off)]),
        OptionFlag.Choice("via", "MESSAGES", o => o.Server.Via, (o, mode) => o.Server.Via = mode, "RFC 9110 §7.6.3",
            "Which messages get a Via field. Some backends do not compress for a request that has one; 'off' helps there.",
            [("off", ViaMode.Off), ("requests", ViaMode.Requests), ("both", ViaMode.Both)]),
        OptionFlag.Word("proxy-name", "NAME", $"a token of 1..{MaxNameLength} bytes: letters, digits and {FlagReader.TokenMarks}", static text => FlagReader.Token(text, MaxNameLength), o => o.Server.ProxyName, (o, name) => o.Server.ProxyName = name, "GoAround's own",
            "This balancer's name in Via and Proxy-Status."),
    ]);
}

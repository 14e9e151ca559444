using System;

namespace GoAround.Cli.Flags;

/// <summary>Whether responses are stored, and for how long.</summary>
internal static class CacheFlags
{
    private const int MaxNameLength = 64;

    public static FlagGroup Group { get; } = new("Cache",
    [
        new("cache", null, "no value", "off", "-",
            "A shared cache for GET and HEAD in memory, as RFC 9111 has it: what the backends' responses say is followed. The flags below do nothing without it.")
        {
            Property = "Cache.IsEnabled",
        },
        OptionFlag.Size("cache-size", 1L << 20, 1L << 40, o => o.Cache.SizeBytes, (o, bytes) => o.Cache.SizeBytes = bytes, "Debian's varnish -s malloc,256m",
            "Memory for stored responses: bodies, heads and keys together. What was used least goes when it is full."),
        OptionFlag.Size("cache-max-object", 1L << 10, 1L << 30, o => o.Cache.MaxObjectBytes, (o, bytes) => o.Cache.MaxObjectBytes = bytes, "GoAround's own",
            "A response with a longer body is passed on and not stored; nor is one that is longer than a quarter of -cache-size."),
        OptionFlag.Duration("cache-ttl", TimeSpan.Zero, OptionFlag.Longest, o => o.Cache.DefaultTtl, (o, time) => o.Cache.DefaultTtl = time, "GoAround's own",
            "How long a 200 is fresh that says nothing about it and has no Last-Modified, for requests without Cookie and Authorization, and without Set-Cookie in the response. 0: not at all."),
        OptionFlag.Duration("cache-stale", TimeSpan.Zero, OptionFlag.Longest, o => o.Cache.StaleTime, (o, time) => o.Cache.StaleTime = time, "Varnish default_grace",
            "How long past its freshness a response may be used while no backend gives an answer, where it says nothing of its own. 0: never."),
        OptionFlag.Word("cache-control-field", "NAME", $"a field name of 1..{MaxNameLength} bytes", static text => FlagReader.Token(text, MaxNameLength),
            o => o.Cache.TargetedField, (o, name) => o.Cache.TargetedField = name, "RFC 9213",
            "The response field that is followed in the place of Cache-Control and Expires, where a response has it."),
    ]);
}

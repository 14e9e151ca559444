namespace GoAround.Cli.Flags;

/// <summary>How much a client, or a backend's answer, may be.</summary>
internal static class LimitFlags
{
    private const int MaxConnections = 10_000_000;
    private const int MaxHead = 1024 * 1024;
    private const int MaxFields = 10_000;

    public static FlagGroup Group { get; } = new("Limits",
    [
        OptionFlag.Number("max-connections", 1, MaxConnections, o => o.Server.MaxConnections, (o, count) => o.Server.MaxConnections = count, "GoAround's own",
            "Client connections at once; over it no more are accepted until one ends. Less where 'ulimit -n' is less: a quarter of it is left for everything else."),
        OptionFlag.NumberOrOff(
            "max-connections-per-client", 1, MaxConnections, o => o.Server.MaxConnectionsPerClient, (o, count) => o.Server.MaxConnectionsPerClient = count, "HAProxy, nginx",
            "Connections of one client address at once, an IPv6 one counted by its /64; one more is closed as soon as it is accepted."),
        OptionFlag.NumberOrOff(
            "max-requests", 1, int.MaxValue, o => o.Server.MaxRequestsPerConnection, (o, count) => o.Server.MaxRequestsPerConnection = count, "HAProxy, Kestrel",
            "Requests on one client connection; the response to the last one says that it closes."),
        OptionFlag.Size(
            "max-request-line", 256, MaxHead, o => o.Server.MaxRequestLineBytes, (o, bytes) => o.Server.MaxRequestLineBytes = bytes, "nginx large_client_header_buffers",
            "A longer request line is answered 414."),
        OptionFlag.Size("max-head", 1024, MaxHead, o => o.Server.MaxHeadBytes, (o, bytes) => o.Server.MaxHeadBytes = bytes, "Kestrel MaxRequestHeadersTotalSize",
            "Request line and fields together; a longer head is answered 431."),
        OptionFlag.Number("max-fields", 1, MaxFields, o => o.Server.MaxFields, (o, count) => o.Server.MaxFields = count, "Kestrel MaxRequestHeaderCount",
            "Fields in a request head; more are answered 431."),
        OptionFlag.SizeOrOff("max-body", o => o.Server.MaxBodyBytes, (o, bytes) => o.Server.MaxBodyBytes = bytes, "HAProxy",
            "A larger request body is answered 413."),
        OptionFlag.Size("backend-max-head", 1024, MaxHead, o => o.Upstream.MaxHeadBytes, (o, bytes) => o.Upstream.MaxHeadBytes = bytes, "as -max-head",
            "A longer response head is the backend's fault: 502."),
        OptionFlag.Number("backend-max-fields", 1, MaxFields, o => o.Upstream.MaxFields, (o, count) => o.Upstream.MaxFields = count, "GoAround's own",
            "Fields in a response head; more are the backend's fault: 502."),
    ]);
}

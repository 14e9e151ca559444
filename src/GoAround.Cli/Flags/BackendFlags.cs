using System;

namespace GoAround.Cli.Flags;

/// <summary>Which backends there are, and how many requests go to one.</summary>
internal static class BackendFlags
{
    public static FlagGroup Group { get; } = new("Backends",
    [
        new("b", "URL", "http://host:port or https://host:port, with a base path if need be, and weight=1..256 behind a space", "none", "-",
            "The address of a backend. May be given many times, or hold several separated by commas. One with 'weight=3' behind a space gets three times the requests of one without. Without any, every request is answered 503 until the control socket names one.")
        {
            IsList = true,
            Property = "Backends",
        },
        OptionFlag.Number("n", 1, 65535, o => o.Pool.ConnectionsPerBackend, (o, count) => o.Pool.ConnectionsPerBackend = count, "GoAround's own",
            "Connections per backend: never more requests than this are in flight to one backend. Those over it wait in order."),
        OptionFlag.Duration("slow-start", TimeSpan.Zero, TimeSpan.FromHours(1), o => o.Pool.SlowStart, (o, time) => o.Pool.SlowStart = time, "HAProxy slowstart, off as well",
            "How long the share of a backend rises to all of it, where it turns healthy again, is resumed, or is added while others serve; 0: it has all at once."),
        OptionFlag.Number("max-queue", 0, 1_000_000, o => o.Pool.MaxQueue, (o, count) => o.Pool.MaxQueue = count, "Envoy max_pending_requests",
            "Requests that wait at once; one more is answered 503 at once."),
        OptionFlag.Share("retry-budget", o => o.Pool.RetryBudget, (o, share) => o.Pool.RetryBudget = share, "Envoy retry_budget.budget_percent",
            "The share of the requests in flight that may be retries; a retry over it waits in the queue."),
        OptionFlag.Number("min-retries", 0, 1000, o => o.Pool.MinRetries, (o, count) => o.Pool.MinRetries = count, "Envoy min_retry_concurrency",
            "Retries that may always run at once, however few requests are in flight."),
        OptionFlag.Size("replay-buffer", 0, 16 * 1024 * 1024, o => o.Server.ReplayBufferBytes, (o, bytes) => o.Server.ReplayBufferBytes = bytes, "Pingora",
            "Bytes of a request body that are kept so that it can be sent to another backend; a request whose body is longer is not sent again once more of it was read."),
        new("backend-ca", "FILE", "a readable PEM file with one or more certificates", "none", "-",
            "Certificates to trust as roots for https backends, besides the machine's own.") { Property = "Upstream.TrustedRoots" },
    ]);
}

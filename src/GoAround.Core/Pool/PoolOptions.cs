using System;

namespace GoAround.Core.Pool;

/// <summary>How many requests a backend carries at once, and how long the others wait.</summary>
public sealed class PoolOptions
{
    /// <summary>Connections per backend (flag <c>-n</c>): requests in flight to it, exactly; 1..65535; default 256.</summary>
    public int ConnectionsPerBackend { get; set; } = 256;

    /// <summary>How long a request waits for a connection before it is answered 503 (<c>-queue-timeout</c>); above zero, at most one hour; default 10 s (HAProxy's documentation suggests <c>timeout queue</c> in the tens of seconds).</summary>
    public TimeSpan QueueTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Requests that wait at once, over all backends; one more is answered 503 at once (<c>-max-queue</c>); 0..1000000; default 1024 (Envoy <c>max_pending_requests</c>).</summary>
    public int MaxQueue { get; set; } = 1024;

    /// <summary>The share of the requests in flight that may be retries (<c>-retry-budget</c>); 0..1; default 0.2 (Envoy <c>retry_budget.budget_percent</c>).</summary>
    public double RetryBudget { get; set; } = 0.2;

    /// <summary>Retries that may always run at once, however few requests are in flight (<c>-min-retries</c>); 0..1000; default 3 (Envoy <c>min_retry_concurrency</c>).</summary>
    public int MinRetries { get; set; } = 3;

    /// <summary>
    /// How long the share of a backend rises from a hundredth to all of it (<c>-slow-start</c>), where it turns healthy again, is resumed, or is added while
    /// others serve; zero, which is off, to one hour; default zero (HAProxy <c>slowstart</c>, off as well).
    /// </summary>
    public TimeSpan SlowStart { get; set; } = TimeSpan.Zero;
}

using System;

namespace GoAround.Core.Pool;

/// <summary>How many requests a backend carries at once, and how long the others wait. What is out of range is refused as <see cref="Hosting.GoAroundOptions"/> says.</summary>
public sealed class PoolOptions
{
    /// <summary>Connections per backend (<c>-n</c>): never more requests are in flight to it, others wait in line; 1..65535; default 256 (GoAround's own).</summary>
    public int ConnectionsPerBackend { get; set; } = 256;

    /// <summary>How long a request waits for a connection before it is answered 503 (<c>-queue-timeout</c>); 1 ms..1 h; default 10 s (HAProxy suggests <c>timeout queue</c> in the tens of seconds).</summary>
    public TimeSpan QueueTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Requests that wait at once, over all backends; one more is answered 503 at once (<c>-max-queue</c>); 0..1000000; default 1024 (Envoy <c>max_pending_requests</c>).</summary>
    public int MaxQueue { get; set; } = 1024;

    /// <summary>The share of the requests in flight that may be retries (<c>-retry-budget</c>); one over it waits, for <see cref="QueueTimeout"/> at most, then the failure is answered; 0..1; default 0.2 (Envoy <c>retry_budget.budget_percent</c>).</summary>
    public double RetryBudget { get; set; } = 0.2;

    /// <summary>Retries that may always run at once, however few requests are in flight (<c>-min-retries</c>); with 0, and a <see cref="RetryBudget"/> of 0, there are none; 0..1000; default 3 (Envoy <c>min_retry_concurrency</c>).</summary>
    public int MinRetries { get; set; } = 3;

    /// <summary>
    /// How long the share of a backend rises from a hundredth to all of it (<c>-slow-start</c>), where it turns healthy again, is resumed, or is added while
    /// others serve; 0 for all of it at once; 0..1 h; default 0 (HAProxy <c>slowstart</c>, off as well).
    /// </summary>
    public TimeSpan SlowStart { get; set; } = TimeSpan.Zero;
}

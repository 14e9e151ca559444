using System;
using System.Collections.Concurrent;

namespace GoAround.Core.Tests.Pool;

/// <summary>Keeps what the pool told.</summary>
internal sealed class RecordedEvents : ProxyEvents
{
    public ConcurrentQueue<(TimeSpan Waited, bool Served)> Queue { get; } = new();

    public ConcurrentQueue<(Backend Backend, int Status, BackendException? Failure)> Attempts { get; } = new();

    public ConcurrentQueue<int> Fetches { get; } = new();

    public ConcurrentQueue<(Backend Backend, HealthState State)> Health { get; } = new();

    public ConcurrentQueue<BackendChange> Changes { get; } = new();

    /// <summary>Called in the middle of whoever tells of a health.</summary>
    public Action<Backend> OnHealth { get; set; } = _ => { };

    public override void QueueLeft(TimeSpan waited, bool served) => Queue.Enqueue((waited, served));

    public override void AttemptEnded(Backend backend, ProxyRequest request, int statusCode, TimeSpan elapsed, BackendException? failure) =>
        Attempts.Enqueue((backend, statusCode, failure));

    public override void Fetched(int attempts) => Fetches.Enqueue(attempts);

    public override void HealthChanged(Backend backend, HealthReport report)
    {
        Health.Enqueue((backend, report.State));
        OnHealth(backend);
    }

    public override void BackendsReplaced(BackendChange change) => Changes.Enqueue(change);
}

using System.Collections.Generic;
using System.Diagnostics.Metrics;

namespace GoAround.Core.Observability;

/// <summary>What is true of the pool at this moment, read only when somebody collects. Allocates, off the request path.</summary>
internal sealed class BackendGauges(IBackendPool pool, IConnectionFactory connections)
{
    private static readonly KeyValuePair<string, object?> Idle = new(TagNames.ConnectionState, "idle");
    private static readonly KeyValuePair<string, object?> Active = new(TagNames.ConnectionState, "active");

    public int QueueLength => pool.QueueLength;

    public IEnumerable<Measurement<int>> Up()
    {
        foreach (BackendStatus status in pool.GetStatus())
        {
            yield return new(status.State == HealthState.Healthy ? 1 : 0, TagsOf(status.Backend));
        }
    }

    public IEnumerable<Measurement<int>> InFlight()
    {
        foreach (BackendStatus status in pool.GetStatus())
        {
            yield return new(status.InFlight, TagsOf(status.Backend));
        }
    }

    public IEnumerable<Measurement<int>> Limit()
    {
        foreach (BackendStatus status in pool.GetStatus())
        {
            yield return new(status.Limit, TagsOf(status.Backend));
        }
    }

    public IEnumerable<Measurement<int>> Weight()
    {
        foreach (Backend backend in pool.Backends)
        {
            yield return new(backend.Weight, TagsOf(backend));
        }
    }

    public IEnumerable<Measurement<int>> Draining()
    {
        foreach (BackendStatus status in pool.GetStatus())
        {
            yield return new(status.IsDraining ? 1 : 0, TagsOf(status.Backend));
        }
    }

    public IEnumerable<Measurement<int>> Sockets()
    {
        foreach (Backend backend in pool.Backends)
        {
            SocketCount count = connections.CountSockets(backend);
            KeyValuePair<string, object?>[] tags = TagsOf(backend);
            yield return new(count.Idle, [.. tags, Idle]);
            yield return new(count.Open - count.Idle, [.. tags, Active]);
        }
    }

    private static KeyValuePair<string, object?>[] TagsOf(Backend backend) =>
    [
        new(TagNames.ServerAddress, backend.Host),
        new(TagNames.ServerPort, backend.Port),
        new(TagNames.Backend, backend.Address),
    ];
}

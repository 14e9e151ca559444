using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;

namespace GoAround.Core.Tests.Pool;

/// <summary>Connections and health of all backends, by script.</summary>
internal sealed class ScriptedBackends : IConnectionFactory, IHealthMonitor
{
    private readonly ConcurrentDictionary<Backend, ScriptedHealth> _health = new();
    private readonly Lock _gate = new();

    /// <summary>What every connection does; by default it answers 200 at once.</summary>
    public Func<Backend, ProxyRequest, CancellationToken, ValueTask<ProxyResponse>> Send { get; set; } = (_, _, _) => new(new ProxyResponse());

    /// <summary>The state a new subscription starts with; Unknown pushes nothing.</summary>
    public HealthState Initial { get; set; } = HealthState.Healthy;

    public List<ScriptedConnection> Made { get; } = [];

    public List<Backend> Retired { get; } = [];

    public Func<Backend, bool> RefusesToMake { get; set; } = _ => false;

    public Func<Backend, bool> RefusesToRetire { get; set; } = _ => false;

    /// <summary>What the disposal of a connection fails by; null: it does not.</summary>
    public Func<Backend, Exception?> DisposalFault { get; set; } = _ => null;

    /// <summary>Called once, in the middle of whatever looks whether a connection of the backend is healthy; null: nothing.</summary>
    public Action<Backend>? NextHealthRead { get; set; }

    public ScriptedHealth HealthOf(Backend backend) => _health[backend];

    public IConnection Create(Backend backend, IHealthSubscription health)
    {
        if (RefusesToMake(backend))
        {
            throw new InvalidOperationException("scripted");
        }

        ScriptedConnection connection = new(this, backend, health);
        lock (_gate)
        {
            Made.Add(connection);
        }

        return connection;
    }

    public int CountOpen(Backend backend)
    {
        lock (_gate)
        {
            return Made.Count(connection => connection.Backend.Equals(backend) && connection.Disposals == 0);
        }
    }

    public void Retire(Backend backend)
    {
        Retired.Add(backend);
        if (RefusesToRetire(backend))
        {
            throw new InvalidOperationException("scripted");
        }
    }

    public SocketCount CountSockets(Backend backend) => default;

    public IHealthSubscription Subscribe(Backend backend)
    {
        ScriptedHealth health = new();
        _health[backend] = health;
        if (Initial != HealthState.Unknown)
        {
            health.Push(Initial);
        }

        return health;
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}

using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using System.Threading.Channels;
using System.Threading.Tasks;
using GoAround.Testing;

namespace GoAround.Core.Tests.Pool;

/// <summary>Connections of all backends, by script, and their health, by hand: for what the pool does to its connections, or does on many threads.</summary>
internal sealed class ScriptedBackends : IConnectionFactory, IHealthMonitor
{
    private readonly Lock _gate = new();
    private int _subscriptions;

    /// <summary>What every connection does; by default it answers 200 at once.</summary>
    public Func<Backend, ProxyRequest, CancellationToken, ValueTask<ProxyResponse>> Send { get; set; } = (_, _, _) => new(new ProxyResponse());

    /// <summary>Whose clock is nobody else's, unless the test gives it to a balancer.</summary>
    public ManualHealth Health { get; } = new(new ManualTime());

    public List<ScriptedConnection> Made { get; } = [];

    public List<Backend> Retired { get; } = [];

    /// <summary>How often the pool has asked for a health.</summary>
    public int Subscriptions => Volatile.Read(ref _subscriptions);

    public Func<Backend, bool> RefusesToMake { get; set; } = _ => false;

    public Func<Backend, bool> RefusesToRetire { get; set; } = _ => false;

    /// <summary>What the disposal of a connection fails by; null: it does not.</summary>
    public Func<Backend, Exception?> DisposalFault { get; set; } = _ => null;

    /// <summary>What the end of a subscription to a health waits for, or fails by; null: nothing.</summary>
    public Func<Backend, Task?> Farewell { get; set; } = _ => null;

    /// <summary>Called once, in the middle of whatever looks whether a connection of the backend is healthy; null: nothing.</summary>
    public Action<Backend>? NextHealthRead { get; set; }

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
        Interlocked.Increment(ref _subscriptions);
        IHealthSubscription health = Health.Subscribe(backend);
        return Farewell(backend) is { } farewell ? new LeaveTaking(health, farewell) : health;
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private sealed class LeaveTaking(IHealthSubscription health, Task farewell) : IHealthSubscription
    {
        public HealthState State => health.State;

        public ChannelReader<HealthReport> Changes => health.Changes;

        public void Suspect(string reason) => health.Suspect(reason);

        public async ValueTask DisposeAsync()
        {
            await health.DisposeAsync().ConfigureAwait(false);
            await farewell.ConfigureAwait(false);
        }
    }
}

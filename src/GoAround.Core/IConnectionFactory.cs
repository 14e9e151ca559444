namespace GoAround.Core;

/// <summary>Makes the slots of a backend; replace it to reach backends by other means than HTTP/1.1 over sockets. Safe for concurrent use.</summary>
public interface IConnectionFactory
{
    /// <summary>Makes one slot; called <see cref="Pool.PoolOptions.ConnectionsPerBackend"/> times for a backend. Dials nothing yet. What it throws ends <see cref="IBackendPool.ReplaceAsync"/>, which then has changed nothing.</summary>
    /// <param name="backend">The backend the slot belongs to.</param>
    /// <param name="health">The backend's health, shared by all of its slots; the pool disposes it.</param>
    IConnection Create(Backend backend, IHealthSubscription health);

    /// <summary>The backend was removed from the pool: its idle sockets are closed now, the others when they come back. What it throws is logged.</summary>
    /// <param name="backend">One that <see cref="Create"/> was called for.</param>
    void Retire(Backend backend);

    /// <summary>How many sockets there are to a backend; for metrics.</summary>
    /// <param name="backend">Any; one without sockets has none.</param>
    SocketCount CountSockets(Backend backend);
}

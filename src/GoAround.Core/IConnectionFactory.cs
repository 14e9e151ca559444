namespace GoAround.Core;

/// <summary>Makes the slots of a backend; replace it to reach backends by other means than HTTP/1.1 over sockets.</summary>
public interface IConnectionFactory
{
    /// <summary>Makes one slot; called n times for a backend. Dials nothing yet.</summary>
    /// <param name="backend">The backend the slot belongs to.</param>
    /// <param name="health">The backend's health, shared by all of its slots; the pool disposes it.</param>
    IConnection Create(Backend backend, IHealthSubscription health);

    /// <summary>The backend was removed from the pool: its idle sockets are closed now, the others when they come back.</summary>
    void Retire(Backend backend);

    /// <summary>How many sockets there are to a backend.</summary>
    SocketCount CountSockets(Backend backend);
}

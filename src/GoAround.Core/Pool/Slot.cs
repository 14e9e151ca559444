using System;
using System.Threading.Tasks;
using Microsoft.Extensions.Logging;

namespace GoAround.Core.Pool;

/// <summary>The permit for one request to one backend; hung on the response, it goes back to the free slots when that is disposed.</summary>
internal sealed class Slot(IConnection connection, BackendGroup group, FreeSlots home) : IResponseLease
{
    /// <summary>What carries the request.</summary>
    public IConnection Connection { get; } = connection;

    /// <summary>The backend's slots, of which this is one.</summary>
    public BackendGroup Group { get; } = group;

    /// <summary>The connection was handed over to be disposed; guarded by the gate of the free slots.</summary>
    public bool IsRetired { get; set; }

    /// <summary>A request may be sent over it now.</summary>
    public bool IsUsable => Group.IsOpen && Connection.IsHealthy;

    /// <summary>Disposes the connection; a fault is logged.</summary>
    public async ValueTask DisposeConnectionAsync(ILogger log)
    {
        try
        {
            await Connection.DisposeAsync().ConfigureAwait(false);
        }
        catch (Exception fault) // a connection may be anybody's code: its bug must not keep the others open
        {
            PoolLog.ConnectionDisposeFailed(log, Group.Backend, fault);
        }
    }

    /// <inheritdoc/>
    public ValueTask ReleaseAsync(ProxyResponse response)
    {
        home.GiveBack(this);
        return ValueTask.CompletedTask;
    }
}

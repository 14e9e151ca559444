using System;
using System.Threading.Tasks;
using GoAround.Core.Async;
using Microsoft.Extensions.Logging;

namespace GoAround.Core.Pool;

/// <summary>Disposes the connections of slots that will not be used again, one after the other and away from the request path.</summary>
internal sealed class Retirement : IAsyncDisposable
{
    private readonly Mailbox<Slot> _slots;
    private readonly ILogger _log;
    private readonly Task _disposing;

    /// <summary>Starts the loop.</summary>
    public Retirement(ILogger log, TimeProvider time)
    {
        _log = log;
        _slots = new Mailbox<Slot>(time);
        _disposing = DisposeConnectionsAsync();
    }

    /// <summary>Hands a slot over, once however often it is called; under the gate of the free slots.</summary>
    public void Add(Slot slot)
    {
        if (!slot.IsRetired)
        {
            slot.IsRetired = true;
            _slots.Post(slot);
        }
    }

    /// <summary>Ends once every slot handed over was disposed.</summary>
    public async ValueTask DisposeAsync()
    {
        _slots.Close();
        await _disposing.ConfigureAwait(false);
    }

    private async Task DisposeConnectionsAsync()
    {
        await foreach (Slot slot in _slots.Reader.ReadAllAsync().ConfigureAwait(false))
        {
            await slot.DisposeConnectionAsync(_log).ConfigureAwait(false);
        }
    }
}

using System;
using System.Runtime.CompilerServices;
using System.Threading;
using System.Threading.Tasks;
using GoAround.Core.Async;
using GoAround.Core.Sockets;

namespace GoAround.Core.Server;

/// <summary>The client's raw bytes after an upgrade.</summary>
internal sealed class ClientTunnel : MessageBody
{
    private const int BufferBytes = 16 * 1024;

    private readonly ClientInflow _inflow;
    private readonly Inbox _inbox;

    public ClientTunnel(ClientInflow inflow)
    {
        _inflow = inflow;
        _inbox = inflow.Inbox;
    }

    /// <inheritdoc/>
    public override long? Length => null;

    /// <inheritdoc/>
    public override ValueTask<ReadOnlyMemory<byte>> ReadAsync(CancellationToken cancellationToken)
    {
        if (_inbox.IsEmpty)
        {
            return WaitAsync(cancellationToken);
        }

        return new(TakeAll());
    }

    /// <inheritdoc/>
    internal override void OnTimedOut() => _inflow.OnTunnelTimedOut();

    [AsyncMethodBuilder(typeof(PooledMethodBuilder<>))]
    private async ValueTask<ReadOnlyMemory<byte>> WaitAsync(CancellationToken cancellationToken)
    {
        using CancellationTokenRegistration giveUp = cancellationToken.UnsafeRegister(static inbox => ((Inbox)inbox!).GiveUp(), _inbox);
        Transfer transfer = await _inflow.FillTunnelAsync(BufferBytes, cancellationToken).ConfigureAwait(false);
        if (transfer.HasBytes)
        {
            return TakeAll();
        }

        if (transfer.IsEnd)
        {
            return default;
        }

        _inflow.OnClientLeft();
        throw new OperationCanceledException(cancellationToken);
    }

    private ReadOnlyMemory<byte> TakeAll()
    {
        ReadOnlyMemory<byte> piece = _inbox.Unread;
        _inbox.Take(piece.Length);
        return piece;
    }
}

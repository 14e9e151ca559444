using System;
using System.Threading;
using System.Threading.Tasks;

namespace GoAround.Core.Outgoing;

/// <summary>What is written to the stream of a 101, for the backend.</summary>
internal sealed class OutgoingTunnel(Handover handover) : MessageBody
{
    /// <inheritdoc/>
    public override long? Length => null;

    /// <inheritdoc/>
    public override ValueTask<ReadOnlyMemory<byte>> ReadAsync(CancellationToken cancellationToken) => handover.ReadAsync(cancellationToken);

    /// <summary>Who writes has to be told: it may wait for nothing else, and read nothing.</summary>
    internal override void OnCut() => handover.Abandon();
}

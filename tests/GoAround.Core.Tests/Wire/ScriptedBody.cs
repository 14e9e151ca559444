using System;
using System.Threading;
using System.Threading.Tasks;

namespace GoAround.Core.Tests.Wire;

/// <summary>A body that is a function, called for each piece.</summary>
internal sealed class ScriptedBody(long? length, Func<CancellationToken, ValueTask<ReadOnlyMemory<byte>>> read) : MessageBody
{
    public override long? Length => length;

    public override ValueTask<ReadOnlyMemory<byte>> ReadAsync(CancellationToken cancellationToken) => read(cancellationToken);
}

using System;
using System.Buffers.Binary;
using System.Threading;
using System.Threading.Tasks;
using GoAround.Core;

namespace GoAround.TestBackend;

/// <summary>Bytes that depend on where they stand, so that a lost, doubled or moved piece changes the digest.</summary>
internal sealed class CountedBody(long length) : MessageBody
{
    private readonly byte[] _piece = new byte[64 * 1024];
    private long _sent;

    public override long? Length => length;

    public override ValueTask<ReadOnlyMemory<byte>> ReadAsync(CancellationToken cancellationToken)
    {
        int count = (int)Math.Min(_piece.Length, length - _sent);
        for (int i = 0; i < count; i += sizeof(long))
        {
            BinaryPrimitives.WriteInt64LittleEndian(_piece.AsSpan(i), _sent + i);
        }

        _sent += count;
        return new(_piece.AsMemory(0, count));
    }
}

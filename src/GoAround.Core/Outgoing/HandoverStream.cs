using System;
using System.IO;
using System.Threading;
using System.Threading.Tasks;

namespace GoAround.Core.Outgoing;

/// <summary>What the content of a request is written to; each write ends when the backend has taken the piece, or the exchange is over.</summary>
internal sealed class HandoverStream(Handover handover) : Stream
{
    /// <inheritdoc/>
    public override bool CanRead => false;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override bool CanWrite => true;

    /// <inheritdoc/>
    public override long Length => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    /// <inheritdoc/>
    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) => handover.WriteAsync(buffer);

    /// <inheritdoc/>
    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        handover.WriteAsync(buffer.AsMemory(offset, count)).AsTask();

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => Blocking.Wait(handover.WriteAsync(buffer.AsMemory(offset, count)));

    /// <inheritdoc/>
    public override void Write(ReadOnlySpan<byte> buffer) => Blocking.Wait(handover.WriteAsync(buffer.ToArray()));

    /// <inheritdoc/>
    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask; // each write is sent

    /// <inheritdoc/>
    public override void Flush()
    {
        // likewise
    }

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();
}

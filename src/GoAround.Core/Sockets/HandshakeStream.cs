using System;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Threading;
using System.Threading.Tasks;
using GoAround.Core.Async;

namespace GoAround.Core.Sockets;

/// <summary>A socket's stream that goes on upon the thread pool while a TLS handshake lasts, so that its arithmetic never runs on a poll thread.</summary>
internal sealed class HandshakeStream : NetworkStream
{
    private long _handed;
    private int _reads;

    public HandshakeStream(Socket socket)
        : base(socket, ownsSocket: false)
    {
    }

    /// <summary>The handshake is not over yet.</summary>
    public bool IsHandshake { get; set; } = true;

    /// <summary>Bytes that were written, those of a write under way included.</summary>
    public long Handed => Volatile.Read(ref _handed);

    /// <summary>How many reads were begun, without those of no bytes, which only wait. Any thread.</summary>
    public int Reads => Volatile.Read(ref _reads);

    /// <summary>Keeps <see cref="HasEnded"/>.</summary>
    public bool WatchesEnd { get; set; }

    /// <summary>The wire was read to its end.</summary>
    public bool HasEnded { get; private set; }

    /// <inheritdoc/>
    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (!buffer.IsEmpty)
        {
            Volatile.Write(ref _reads, _reads + 1); // before it takes anything; by one thread at a time
        }

        ValueTask<int> read = base.ReadAsync(buffer, cancellationToken);
        read = !IsHandshake || read.IsCompleted ? read : HopAsync(read);
        return WatchesEnd && !buffer.IsEmpty ? WatchAsync(read) : read;
    }

    /// <inheritdoc/>
    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        Volatile.Write(ref _handed, _handed + buffer.Length); // by one thread at a time
        return base.WriteAsync(buffer, cancellationToken);
    }

    [AsyncMethodBuilder(typeof(PooledMethodBuilder<>))]
    private async ValueTask<int> WatchAsync(ValueTask<int> read)
    {
        int count = await read.ConfigureAwait(false);
        HasEnded |= count == 0;
        return count;
    }

    private static async ValueTask<int> HopAsync(ValueTask<int> read)
    {
        int count = await read.ConfigureAwait(false);
        await PollThread.Leave();
        return count;
    }
}

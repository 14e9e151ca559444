using System;
using System.Buffers;
using System.IO;
using System.Net.Sockets;
using System.Threading;
using System.Threading.Tasks;

namespace GoAround.Testing;

/// <summary>Bytes on their way in one direction. Whoever reads goes on in the clock's own turn, never on the stack of who wrote.</summary>
internal sealed class MemoryPipe(ManualTime time)
{
    private readonly Lock _gate = new();
    private readonly ArrayBufferWriter<byte> _bytes = new();
    private int _taken;
    private TaskCompletionSource? _arrival;
    private bool _hasEnded;
    private bool _isBroken;

    /// <summary>Called once no more bytes come, in the clock's own turn; set before there are any.</summary>
    public Action? OnEnded { get; set; }

    /// <summary>Puts bytes in; there is room for any number.</summary>
    /// <exception cref="IOException">The other side is gone.</exception>
    public void Write(ReadOnlySpan<byte> bytes)
    {
        lock (_gate)
        {
            if (_hasEnded)
            {
                throw Reset();
            }

            _bytes.Write(bytes);
        }

        Wake();
    }

    /// <summary>No more bytes come: in order, or broken off. Those that are there can still be read.</summary>
    public void End(bool isBroken)
    {
        lock (_gate)
        {
            if (_hasEnded)
            {
                return;
            }

            _isBroken = isBroken;
            _hasEnded = true;
        }

        Wake();
        if (OnEnded is { } onEnded)
        {
            time.Enqueue(static onEnded => ((Action)onEnded!)(), onEnded); // handed over here
        }
    }

    /// <summary>Takes bytes, waiting for at least one; 0 at the end. With no room it waits, and takes nothing.</summary>
    /// <exception cref="IOException">It was broken off.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task arrival;
            lock (_gate)
            {
                int left = _bytes.WrittenCount - _taken;
                if (left > 0)
                {
                    return Take(buffer.Span, left);
                }

                if (_hasEnded)
                {
                    return _isBroken ? throw Reset() : 0;
                }

                _arrival ??= new TaskCompletionSource();
                arrival = _arrival.Task;
            }

            await arrival.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private static IOException Reset()
    {
        SocketException reset = new((int)SocketError.ConnectionReset);
        return new IOException(reset.Message, reset);
    }

    private int Take(Span<byte> buffer, int left)
    {
        int length = Math.Min(buffer.Length, left);
        _bytes.WrittenSpan.Slice(_taken, length).CopyTo(buffer);
        _taken += length;
        if (_taken == _bytes.WrittenCount)
        {
            _bytes.ResetWrittenCount();
            _taken = 0;
        }

        return length;
    }

    private void Wake()
    {
        TaskCompletionSource? arrival;
        lock (_gate)
        {
            arrival = _arrival;
            _arrival = null;
        }

        if (arrival is not null)
        {
            time.Enqueue(static arrival => ((TaskCompletionSource)arrival!).TrySetResult(), arrival); // handed over here
        }
    }
}

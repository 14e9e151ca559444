using System;
using System.Buffers;
using System.IO;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Threading;
using System.Threading.Tasks;
using System.Threading.Tasks.Sources;
using GoAround.Core.Async;

namespace GoAround.Core.Sockets;

/// <summary>
/// A polled connection as the stream that TLS needs beneath it. A read of no bytes, by which TLS waits without a buffer, has received
/// what there is once it ends; the read that follows gets it without a call.
/// </summary>
/// <remarks>One read and one write at once. Only what is asynchronous is there.</remarks>
internal sealed class PolledStream(PolledTransport transport) : Stream, IReceiveSink, IValueTaskSource<int>
{
    private ManualResetValueTaskSourceCore<int> _read;
    private Memory<byte> _wanted; // the reader's, until its read has ended; empty: it only waits
    private byte[] _ahead = []; // received while it only waited
    private int _start;
    private int _end;
    private bool _hasEnded;
    private GatheredRecords _gathered;

    /// <summary>What is written is collected as far as there is room, since more follows at once; the write that is the last takes it along.</summary>
    public bool HasMore { get; set; }

    /// <summary>Told of a reset while no read is under way; by whoever reads above TLS.</summary>
    public IReceiveSink? Reader { get; set; }

    /// <inheritdoc/>
    public override bool CanRead => true;

    /// <inheritdoc/>
    public override bool CanWrite => true;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override long Length => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <inheritdoc/>
    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_start < _end)
        {
            return new(TakeAhead(buffer.Span));
        }

        if (_hasEnded)
        {
            return new(0);
        }

        _wanted = buffer;
        _read.Reset();
        if (transport.TryReceive(this, out Transfer transfer))
        {
            if (transfer.Error == SocketError.Success)
            {
                return new(Finish(transfer));
            }

            ReturnAhead();
            return cancellationToken.IsCancellationRequested ? ValueTask.FromCanceled<int>(cancellationToken) : ValueTask.FromException<int>(FaultOf(transfer.Error));
        }

        ValueTask<int> read = new(this, _read.Version);
        return cancellationToken.CanBeCanceled ? EndByAsync(read, cancellationToken) : read;
    }

    /// <inheritdoc/>
    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (HasMore && _gathered.TryAdd(buffer.Span))
        {
            return default;
        }

        ValueTask<SocketError> send = _gathered.Length == 0
            ? transport.SendAsync(buffer)
            : transport.SendAsync(_gathered.Take(), new ReadOnlySequence<byte>(buffer)); // nobody writes more until it has ended
        if (!send.IsCompletedSuccessfully)
        {
            return SentAsync(send, cancellationToken);
        }

        SocketError error = send.Result;
        if (error == SocketError.Success)
        {
            return ValueTask.CompletedTask;
        }

        return cancellationToken.IsCancellationRequested ? ValueTask.FromCanceled(cancellationToken) : ValueTask.FromException(FaultOf(error));
    }

    /// <summary>Rents memory to collect about so many bytes in; by whoever writes, until <see cref="EndGathering"/>.</summary>
    public void BeginGathering(long bytes) => _gathered.Begin(bytes);

    /// <summary>Gives the memory back. What was collected has left, or is dropped: then a write has failed.</summary>
    public void EndGathering()
    {
        HasMore = false;
        _gathered.End();
    }

    /// <inheritdoc/>
    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public override void Flush()
    {
    }

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();

    Memory<byte> IReceiveSink.RentRoom() => _wanted.IsEmpty ? _ahead = ReceiveBuffers.Rent(ReceiveBuffers.SmallBytes) : _wanted;

    void IReceiveSink.ReturnRoom() => ReturnAhead();

    void IReceiveSink.OnReceived(Transfer transfer)
    {
        if (transfer.Error == SocketError.Success)
        {
            _read.SetResult(Finish(transfer));
        }
        else
        {
            ReturnAhead();
            _read.SetException(FaultOf(transfer.Error));
        }
    }

    void IReceiveSink.OnReset() => Reader?.OnReset(); // else the next read tells

    void IReceiveSink.OnPeerClosed()
    {
        // The owner asks the system.
    }

    int IValueTaskSource<int>.GetResult(short token) => _read.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<int>.GetStatus(short token) => _read.GetStatus(token);

    void IValueTaskSource<int>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _read.OnCompleted(continuation, state, token, flags);

    private static IOException FaultOf(SocketError error) => new("the connection broke", new SocketException((int)error));

    /// <summary>What a receive that went well means to the read.</summary>
    private int Finish(Transfer transfer)
    {
        _hasEnded = transfer.IsEnd;
        if (!_wanted.IsEmpty)
        {
            _wanted = default;
            return transfer.Count;
        }

        if (transfer.IsEnd)
        {
            ReturnAhead();
        }

        _end = transfer.Count;
        return 0;
    }

    private int TakeAhead(Span<byte> buffer)
    {
        int count = Math.Min(_end - _start, buffer.Length);
        _ahead.AsSpan(_start, count).CopyTo(buffer);
        _start += count;
        if (_start == _end)
        {
            ReturnAhead();
        }

        return count;
    }

    private void ReturnAhead()
    {
        ReceiveBuffers.Return(_ahead);
        _ahead = [];
        _start = 0;
        _end = 0;
    }

    // Of a handshake only: nobody else gives a token.
    private async ValueTask<int> EndByAsync(ValueTask<int> read, CancellationToken cancellationToken)
    {
        using (cancellationToken.UnsafeRegister(static transport => ((PolledTransport)transport!).Abort(), transport))
        {
            try
            {
                return await read.ConfigureAwait(false);
            }
            catch (IOException)
            {
                cancellationToken.ThrowIfCancellationRequested();
                throw;
            }
        }
    }

    [AsyncMethodBuilder(typeof(PooledMethodBuilder))]
    private async ValueTask SentAsync(ValueTask<SocketError> send, CancellationToken cancellationToken)
    {
        using (cancellationToken.UnsafeRegister(static transport => ((PolledTransport)transport!).Abort(), transport))
        {
            SocketError error = await send.ConfigureAwait(false);
            if (error != SocketError.Success)
            {
                cancellationToken.ThrowIfCancellationRequested();
                throw FaultOf(error);
            }
        }
    }
}

using System;
using System.IO;
using System.Net.Security;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Threading;
using System.Threading.Tasks;
using GoAround.Core.Async;

namespace GoAround.Core.Sockets;

/// <summary>
/// A byte stream that somebody else has made, with edges: whatever it throws is an <see cref="IOException"/>, a write reaches the other side, and what is under way
/// ends when it is closed.
/// </summary>
internal sealed class ForeignStream : Stream
{
#pragma warning disable CA2213 // both are disposed by CloseNow, on another thread
    private readonly Stream _stream;
    private readonly CancellationTokenSource _closing = new();
#pragma warning restore CA2213
    private readonly IWorkRunner? _runner;
    private readonly bool _canLookOut;
    private int _isClosed;

    /// <param name="stream">What is closed with this.</param>
    /// <param name="runner">Where it is closed; null: on the thread pool.</param>
    public ForeignStream(Stream stream, IWorkRunner? runner)
    {
        _stream = stream;
        _runner = runner;
        _canLookOut = stream is NetworkStream or SslStream; // of others nobody knows what a read of no bytes does
    }

    /// <summary>What the stream threw first, or null.</summary>
    public Exception? Failure { get; private set; }

    /// <inheritdoc/>
    public override bool CanRead => true;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override bool CanWrite => true;

    /// <inheritdoc/>
    public override long Length => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    /// <summary>Reads; with no room it waits for bytes where the stream can do that, else it ends at once.</summary>
    [AsyncMethodBuilder(typeof(PooledMethodBuilder<>))]
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (buffer.IsEmpty && !_canLookOut)
        {
            return 0;
        }

        using CancellationTokenRegistration giveUp = CloseWhenCancelled(cancellationToken);
        try
        {
            return await _stream.ReadAsync(buffer, _closing.Token).ConfigureAwait(false);
        }
#pragma warning disable CA1031 // the stream is anybody's: to this connection it is broken, whatever it throws
        catch (Exception error)
#pragma warning restore CA1031
        {
            throw Translate(error, cancellationToken);
        }
    }

    /// <summary>Writes, and does not leave it in a buffer.</summary>
    [AsyncMethodBuilder(typeof(PooledMethodBuilder))]
    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        using CancellationTokenRegistration giveUp = CloseWhenCancelled(cancellationToken);
        try
        {
            await _stream.WriteAsync(buffer, _closing.Token).ConfigureAwait(false);
            await _stream.FlushAsync(_closing.Token).ConfigureAwait(false);
        }
#pragma warning disable CA1031 // as above
        catch (Exception error)
#pragma warning restore CA1031
        {
            throw Translate(error, cancellationToken);
        }
    }

    /// <summary>Tells the other side that nothing more will come, where the stream can.</summary>
    public void ShutdownSend() => (_stream as NetworkStream)?.Socket.TryShutdownSend();

    /// <inheritdoc/>
    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask; // each write does

    /// <inheritdoc/>
    public override void Flush()
    {
        // likewise
    }

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();

    /// <summary>Ends what is under way and disposes the stream, elsewhere: whoever closes has other things to do than what follows from it.</summary>
    protected override void Dispose(bool disposing)
    {
        if (disposing && Interlocked.Exchange(ref _isClosed, 1) == 0)
        {
            if (_runner is null)
            {
                ThreadPool.UnsafeQueueUserWorkItem(static stream => stream.CloseNow(), this, preferLocal: false);
            }
            else
            {
                _runner.Enqueue(static stream => ((ForeignStream)stream!).CloseNow(), this); // handed over here
            }
        }

        base.Dispose(disposing);
    }

    private void CloseNow()
    {
        try
        {
            try
            {
                _closing.Cancel(); // it runs callbacks of the stream's
            }
            finally
            {
                _stream.Dispose();
            }
        }
#pragma warning disable CA1031 // the stream is anybody's, and nobody waits for its end
        catch (Exception error)
#pragma warning restore CA1031
        {
            Failure ??= error;
        }
        finally
        {
            _closing.Dispose();
        }
    }

    private CancellationTokenRegistration CloseWhenCancelled(CancellationToken cancellationToken) =>
        cancellationToken.UnsafeRegister(static stream => ((ForeignStream)stream!).Dispose(), this);

    private Exception Translate(Exception error, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return new OperationCanceledException(cancellationToken);
        }

        Failure ??= error;
        return error as IOException ?? new IOException(error.Message, error);
    }
}

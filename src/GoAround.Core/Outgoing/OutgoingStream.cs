using System;
using System.IO;
using System.Net.Http;
using System.Runtime.CompilerServices;
using System.Threading;
using System.Threading.Tasks;
using GoAround.Core.Async;
using GoAround.Core.Sockets;

namespace GoAround.Core.Outgoing;

/// <summary>
/// The content of a response as it comes, and what its exchange holds: slot and socket go back when the end is read, when it is disposed, when a read fails or is
/// cancelled, and at last when nobody knows it any more.
/// </summary>
internal sealed class OutgoingStream : Stream
{
    private readonly OutgoingRequest _request;
    private readonly ProxyResponse _response;
    private readonly OutgoingOptions _options;
    private readonly Handover? _tunnel;
    private HttpResponseMessage? _message;
    private ReadOnlyMemory<byte> _piece; // touched within a read only
    private long _left; // bytes; below zero: nobody has said
    private Task? _release;
    private StreamUse _use;
    private bool _hasEnded;

    /// <param name="request">Ended with the response.</param>
    /// <param name="response">Owned from here on.</param>
    /// <param name="message">Gets the trailers.</param>
    /// <param name="options">Whom to tell of a response that breaks off.</param>
    public OutgoingStream(OutgoingRequest request, ProxyResponse response, HttpResponseMessage message, OutgoingOptions options)
    {
        _request = request;
        _response = response;
        _message = message;
        _options = options;
        _tunnel = response.StatusCode == 101 ? request.Tunnel : null;
        _left = _tunnel is null ? response.Body.Length ?? -1 : -1;
    }

    /// <summary>A response that nobody has read to its end or disposed: its slot would be lost for ever.</summary>
    ~OutgoingStream() => Dispose(false);

    /// <inheritdoc/>
    public override bool CanRead => true;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <summary>Only after an upgrade (101): the bytes go to the backend.</summary>
    public override bool CanWrite => _tunnel is not null;

    /// <inheritdoc/>
    public override long Length => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    /// <inheritdoc/>
    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<int>(cancellationToken); // nothing was begun: the response stays as it is
        }

        if (_hasEnded)
        {
            return new(0);
        }

        _use.Begin(this);
        if (_piece.IsEmpty)
        {
            return WaitAsync(buffer, cancellationToken);
        }

        int count = Take(buffer.Span);
        return _use.TryEnd(false, out _) ? new(count) : EndInterruptedAsync();
    }

    /// <inheritdoc/>
    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken)
    {
        ValidateBufferArguments(buffer, offset, count);
        return ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();
    }

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count)
    {
        ValidateBufferArguments(buffer, offset, count);
        return Blocking.Wait(ReadAsync(buffer.AsMemory(offset, count)));
    }

    /// <inheritdoc/>
    public override int Read(Span<byte> buffer)
    {
        _ = Blocking.Wait(ReadAsync(Memory<byte>.Empty)); // waits for a piece
        if (_hasEnded)
        {
            return 0;
        }

        _use.Begin(this);
        int count = Take(buffer);
        return _use.TryEnd(false, out _) ? count : Blocking.Wait(EndInterruptedAsync());
    }

    /// <summary>Passes each piece on as it was lent, with no copy: one read from the first to the last.</summary>
    public override async Task CopyToAsync(Stream destination, int bufferSize, CancellationToken cancellationToken)
    {
        ValidateCopyToArguments(destination, bufferSize);
        if (_hasEnded)
        {
            return;
        }

        _use.Begin(this);
        bool isOver = false;
        try
        {
            using CancellationTokenRegistration giveUp = StopWith(cancellationToken);
            while (!isOver)
            {
                if (Poller.IsCurrent)
                {
                    await PollThread.Leave(); // the destination is the application's
                }

                _request.Stopping.ThrowIfCancellationRequested();
                if (!_piece.IsEmpty)
                {
                    await destination.WriteAsync(_piece, _request.Stopping).ConfigureAwait(false);
                    _piece = default;
                }

                isOver = true; // unless there is another piece
                Accept(await _response.Body.ReadAsync(_request.Stopping).ConfigureAwait(false));
                isOver = _hasEnded;
            }
        }
        catch (Exception error) when (error is BackendException or OperationCanceledException && (isOver || _request.Stopping.IsCancellationRequested))
        {
            isOver = true; // it was stopped, maybe within the destination, whose other faults are its own
            throw FaultOf(error, cancellationToken);
        }
        finally
        {
            await EndReadAsync(isOver).ConfigureAwait(false);
            if (Poller.IsCurrent)
            {
                await PollThread.Leave(); // what follows is the application's
            }
        }
    }

    /// <inheritdoc/>
    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        Handover tunnel = _tunnel ?? throw new NotSupportedException("Only the stream of an upgraded connection (101) takes bytes.");
        using CancellationTokenRegistration giveUp = cancellationToken.UnsafeRegister(static stream => ((OutgoingStream)stream!).Dispose(), this);
        try
        {
            await tunnel.WriteAsync(buffer).ConfigureAwait(false);
        }
        catch (IOException) when (cancellationToken.IsCancellationRequested)
        {
            throw new OperationCanceledException(cancellationToken);
        }
    }

    /// <inheritdoc/>
    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken)
    {
        ValidateBufferArguments(buffer, offset, count);
        return WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();
    }

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count)
    {
        ValidateBufferArguments(buffer, offset, count);
        Blocking.Wait(WriteAsync(buffer.AsMemory(offset, count)));
    }

    /// <inheritdoc/>
    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask; // each write is sent

    /// <inheritdoc/>
    public override void Flush()
    {
        // likewise
    }

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        if (_use.TryRelease())
        {
            await ReleaseAsync().ConfigureAwait(false);
        }

        await base.DisposeAsync().ConfigureAwait(false); // it may be read just now
        GC.SuppressFinalize(this);
        if (Poller.IsCurrent)
        {
            await PollThread.Leave(); // what follows is the application's
        }
    }

    /// <summary>Gives slot and socket back; what of that takes a while goes on after the call. A read that is under way ends, and does it instead.</summary>
    protected override void Dispose(bool disposing)
    {
        if (!disposing)
        {
            ThreadPool.UnsafeQueueUserWorkItem(static stream => stream.Dispose(), this, preferLocal: false); // the collector's thread has other things to do
        }
        else if (_use.TryRelease())
        {
            _release = ReleaseAsync().AsTask();
        }
        else if (_use.TryInterrupt())
        {
            _request.Stop(); // it is not used again
        }

        base.Dispose(disposing);
    }

    private int Take(Span<byte> buffer)
    {
        int count = Math.Min(buffer.Length, _piece.Length);
        _piece.Span[..count].CopyTo(buffer);
        _piece = _piece[count..];
        return count;
    }

    /// <summary>Waits for the next piece, and takes of it what there is room for; within a read.</summary>
    private async ValueTask<int> WaitAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        int count;
        bool isOver = true;
        try
        {
            using CancellationTokenRegistration giveUp = StopWith(cancellationToken);
            Accept(await _response.Body.ReadAsync(_request.Stopping).ConfigureAwait(false));
            count = Take(buffer.Span); // before the read ends: after that it may be given back
            isOver = _hasEnded;
        }
        catch (Exception error) when (error is BackendException or OperationCanceledException)
        {
            throw FaultOf(error, cancellationToken);
        }
        finally
        {
            await EndReadAsync(isOver).ConfigureAwait(false);
            if (Poller.IsCurrent)
            {
                await PollThread.Leave(); // what follows is the application's
            }
        }

        return isOver || !_use.IsInterrupted ? count : throw Disposed(null);
    }

    private CancellationTokenRegistration StopWith(CancellationToken reader) =>
        reader.UnsafeRegister(static request => ((OutgoingRequest)request!).Stop(), _request);

    /// <summary>Takes the next piece over, or the end.</summary>
    /// <exception cref="HttpIOException">It is not as long as was said.</exception>
    private void Accept(ReadOnlyMemory<byte> piece)
    {
        if (_left >= 0)
        {
            _left = piece.Length > _left ? throw new HttpIOException(HttpRequestError.InvalidResponse, "The response has more bytes of content than it said.")
                : piece.IsEmpty && _left > 0 ? throw new HttpIOException(HttpRequestError.ResponseEnded, $"The response ended {_left} bytes early.")
                : _left - piece.Length;
        }

        _piece = piece;
        if (piece.IsEmpty)
        {
            ResponseMessages.AddTrailers(_message!, _response.Body.Trailers); // until it was released there is one
            _hasEnded = true;
        }
    }

    /// <summary>What a reader is told of a piece that did not come.</summary>
    private Exception FaultOf(Exception error, CancellationToken cancellationToken)
    {
        if (error is BackendException failure)
        {
            if (_response.Backend is { } backend)
            {
                _options.Events.ResponseBroken(backend, failure);
            }

            return OutgoingFaults.Of(failure);
        }

        return cancellationToken.IsCancellationRequested ? new TaskCanceledException(error.Message, error, cancellationToken)
            : _use.IsInterrupted ? Disposed(error)
            : new IOException("The exchange was ended while the response was read.", error);
    }

    /// <summary>Ends a read, and gives back what the stream holds where that is over.</summary>
    /// <remarks>
    /// It does not leave the poll thread: that would be over before who awaits it has looked, and who awaits it would go on there. Only a method that the
    /// application itself awaits can leave it.
    /// </remarks>
    [AsyncMethodBuilder(typeof(PooledMethodBuilder))]
    private async ValueTask EndReadAsync(bool isOver)
    {
        if (!_use.TryEnd(isOver, out bool isInterrupted))
        {
            _request.IsSpent |= isInterrupted;
            await ReleaseAsync().ConfigureAwait(false);
        }
    }

    private async ValueTask<int> EndInterruptedAsync()
    {
        _request.IsSpent = true;
        await ReleaseAsync().ConfigureAwait(false);
        if (Poller.IsCurrent)
        {
            await PollThread.Leave(); // what follows is the application's
        }

        throw Disposed(null);
    }

    private static IOException Disposed(Exception? cause) => new("The response was disposed while it was read.", cause);

    private async ValueTask ReleaseAsync()
    {
#pragma warning disable CA1816 // most are read to the end, and then there is nothing left for a finalizer
        GC.SuppressFinalize(this);
#pragma warning restore CA1816
        _message = null;
        _piece = default;
        _tunnel?.End(null);
        try
        {
            await _response.DisposeAsync().ConfigureAwait(false);
        }
        finally
        {
            _request.End();
        }
    }
}

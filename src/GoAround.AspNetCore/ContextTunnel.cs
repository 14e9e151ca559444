using System;
using System.IO;
using System.Threading;
using System.Threading.Tasks;
using GoAround.Core;

namespace GoAround.AspNetCore;

/// <summary>The client's raw bytes after an upgrade. The engine asks for them as soon as the backend has agreed; they come once the server has, too.</summary>
internal sealed class ContextTunnel : MessageBody, IDisposable
{
    private const int BufferBytes = 16 * 1024;

    private readonly TaskCompletionSource<Stream> _accepted = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _end = new();
    private readonly byte[] _buffer = new byte[BufferBytes];
    private CancellationToken _reader;
    private CancellationTokenSource? _either;

    /// <inheritdoc/>
    public override long? Length => null;

    /// <summary>The client has closed its half in order.</summary>
    public bool HasEnded { get; private set; }

    /// <summary>The client has left in the middle of it.</summary>
    public bool HasLeft { get; private set; }

    /// <summary>The client's connection is a stream from now on.</summary>
    public void Accept(Stream stream) => _accepted.TrySetResult(stream);

    /// <summary>The backend sends nothing more, or the client was not told of the upgrade: reads end as though the client had closed its half.</summary>
    public void End() => _end.Cancel();

    /// <inheritdoc/>
    public void Dispose()
    {
        _either?.Dispose();
        _end.Dispose();
    }

    /// <inheritdoc/>
    public override async ValueTask<ReadOnlyMemory<byte>> ReadAsync(CancellationToken cancellationToken)
    {
        if (_either is null || cancellationToken != _reader) // whoever reads a tunnel does so with one token
        {
            _either?.Dispose();
            _either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _end.Token);
            _reader = cancellationToken;
        }

        try
        {
            Stream stream = await _accepted.Task.WaitAsync(_either.Token).ConfigureAwait(false);
            int count = await stream.ReadAsync(_buffer, _either.Token).ConfigureAwait(false);
            HasEnded = count == 0;
            return _buffer.AsMemory(0, count);
        }
        catch (OperationCanceledException) when (_end.IsCancellationRequested)
        {
            return default;
        }
        catch (Exception cut) when (cut is IOException or OperationCanceledException && !cancellationToken.IsCancellationRequested)
        {
            HasLeft = true;
            throw new OperationCanceledException("the client left in the middle of its tunnel", cut);
        }
    }
}

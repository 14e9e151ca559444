using System;
using System.IO;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Threading;
using System.Threading.Tasks;
using GoAround.Core.Async;

namespace GoAround.Core.Sockets;

/// <summary>A connection over a stream that somebody else has made.</summary>
internal sealed class StreamTransport : Transport
{
    private readonly ForeignStream _stream;
    private readonly Action _onReceived;
    private ConfiguredValueTaskAwaitable<int>.ConfiguredValueTaskAwaiter _receive;
    private IReceiveSink? _sink;
    private bool _isLookout;
    private long _handed;

    public StreamTransport(Stream stream, IWorkRunner? runner)
    {
        _stream = new ForeignStream(stream, runner);
        _onReceived = OnReceived;
    }

    /// <summary>Takes a stream over: the socket of one that is a socket's and nothing else, so that it costs what a socket costs.</summary>
    public static Transport Over(Stream stream, IWorkRunner? runner) => SocketOf(stream) is { } socket ? Over(socket, isFresh: false) : new StreamTransport(stream, runner);

    /// <summary>The socket of a stream that adds nothing to it; null for any other.</summary>
    public static Socket? SocketOf(Stream stream) => stream.GetType() == typeof(NetworkStream) ? ((NetworkStream)stream).Socket : null;

    /// <inheritdoc/>
    public override Exception? Failure => _stream.Failure;

    /// <inheritdoc/>
    public override long Handed => Volatile.Read(ref _handed);

    /// <inheritdoc/>
    public override long CountTaken() => Handed;

    /// <inheritdoc/>
    public override bool TryReceive(IReceiveSink sink, out Transfer transfer)
    {
        _sink = sink;
        _isLookout = true;
        return Start(default, out transfer) && Proceed(ref transfer);
    }

    /// <inheritdoc/>
    [AsyncMethodBuilder(typeof(PooledMethodBuilder<>))]
    public override async ValueTask<SocketError> SendAsync(ReadOnlyMemory<byte> bytes)
    {
        Volatile.Write(ref _handed, _handed + bytes.Length); // by one thread at a time
        try
        {
            await _stream.WriteAsync(bytes, CancellationToken.None).ConfigureAwait(false);
            return SocketError.Success;
        }
        catch (IOException error)
        {
            return ErrorOf(error);
        }
    }

    /// <inheritdoc/>
    public override ValueTask ShutdownSendAsync()
    {
        _stream.ShutdownSend();
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public override void Abort() => _stream.Dispose();

    /// <inheritdoc/>
    public override void Dispose() => _stream.Dispose();

    /// <summary>Starts a read; true: it ended at once.</summary>
    private bool Start(Memory<byte> buffer, out Transfer transfer)
    {
#pragma warning disable CA2012 // the awaiter is completed exactly once: here, or in OnReceived
        ConfiguredValueTaskAwaitable<int>.ConfiguredValueTaskAwaiter receive = _stream.ReadAsync(buffer, CancellationToken.None).ConfigureAwait(false).GetAwaiter();
#pragma warning restore CA2012
        if (receive.IsCompleted)
        {
            transfer = Outcome(receive);
            return true;
        }

        transfer = default;
        _receive = receive;
        receive.UnsafeOnCompleted(_onReceived);
        return false;
    }

    /// <summary>A read has ended. A lookout that went well is followed by the read itself; false: that is under way.</summary>
    private bool Proceed(ref Transfer transfer)
    {
        if (!_isLookout || transfer.Error != SocketError.Success)
        {
            return true;
        }

        _isLookout = false;
        return Start(_sink!.RentRoom(), out transfer); // set before the receive began
    }

    private void OnReceived()
    {
        Transfer transfer = Outcome(_receive);
        if (Proceed(ref transfer))
        {
            _sink!.OnReceived(transfer); // set before the receive began
        }
    }

    private static Transfer Outcome(ConfiguredValueTaskAwaitable<int>.ConfiguredValueTaskAwaiter receive)
    {
        try
        {
            return new Transfer(receive.GetResult(), SocketError.Success);
        }
        catch (IOException error)
        {
            return new Transfer(0, ErrorOf(error));
        }
    }
}

using System;
using System.Buffers;
using System.IO;
using System.Net.Security;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Security.Authentication;
using System.Threading;
using System.Threading.Tasks;
using GoAround.Core.Async;

namespace GoAround.Core.Sockets;

/// <summary>A TLS connection over a socket, on either side, or over a stream that somebody else has made.</summary>
internal sealed class TlsTransport : Transport
{
    private const int WriteBytes = 32 * 1024; // what SslStream encrypts at once, two records, and writes in one piece
    private const int MostAloneBytes = 2 * WriteBytes; // of one piece without a head: two sends, of which gathering would spare one (docs/decisions/0039)

    private readonly Socket? _socket;
    private readonly SafeSocketHandle? _handle;
    private readonly PolledTransport? _polled; // what carries the bytes of the socket; null: the framework's engine, or there is none
    private readonly ForeignStream? _stream;
    private readonly HandshakeStream _wire;
    private readonly SslStream _tls;
    private readonly Action _onReceived;
    private ConfiguredValueTaskAwaitable<int>.ConfiguredValueTaskAwaiter _receive;
    private IReceiveSink? _sink;
    private int _readsBefore;
    private bool _isLookout;
    private bool _isAborted;

    private TlsTransport(Socket socket, PolledTransport? polled)
        : this(polled is null ? new NetworkStream(socket, ownsSocket: false) : new PolledStream(polled))
    {
        _socket = socket;
        _handle = socket.SafeHandle;
        _polled = polled;
    }

    private TlsTransport(ForeignStream stream)
        : this((Stream)stream) => _stream = stream;

    private TlsTransport(Stream wire)
    {
        _wire = new HandshakeStream(wire);
        _tls = new SslStream(_wire, leaveInnerStreamOpen: true);
        _onReceived = OnReceived;
    }

    /// <summary>Meets a client: the long part of the handshake runs on the thread pool, since it would hold up a poll thread.</summary>
    /// <exception cref="AuthenticationException">The handshake failed.</exception>
    /// <exception cref="IOException">The connection broke.</exception>
    public static async Task<TlsTransport> AcceptAsync(Socket socket, SslServerAuthenticationOptions options, CancellationToken cancellationToken)
    {
        TlsTransport transport = new(socket, Poller.IsWanted ? new PolledTransport(socket) : null);
        await transport.HandshakeAsync(stream => stream.AuthenticateAsServerAsync(options, cancellationToken)).ConfigureAwait(false);
        return transport;
    }

    /// <summary>Meets a backend, as its client.</summary>
    /// <param name="socket">It is connected.</param>
    /// <param name="polled">What connected it, where that goes on to watch it; null: the framework did.</param>
    /// <param name="options">Whom to trust.</param>
    /// <param name="cancellationToken">Ends the handshake, and the connection.</param>
    /// <exception cref="AuthenticationException">The handshake failed, or the certificate is not trusted.</exception>
    /// <exception cref="IOException">The connection broke.</exception>
    public static Task<TlsTransport> ConnectAsync(
        Socket socket, PolledTransport? polled, SslClientAuthenticationOptions options, CancellationToken cancellationToken) =>
        MeetAsync(new TlsTransport(socket, polled), options, cancellationToken);

    /// <summary>Meets a backend, as its client, over a stream that was dialled by somebody else.</summary>
    /// <exception cref="AuthenticationException">The handshake failed, or the certificate is not trusted.</exception>
    /// <exception cref="IOException">The connection broke.</exception>
    public static Task<TlsTransport> ConnectAsync(Stream stream, SslClientAuthenticationOptions options, CancellationToken cancellationToken) =>
        MeetAsync(StreamTransport.SocketOf(stream) is { } socket ? new(socket, null) : new(new ForeignStream(stream, null)), options, cancellationToken);

    /// <inheritdoc/>
    /// <remarks>Known of backends only. A TLS stream ends with a closure alert, and reads no further; one that has read to the end of the wire got none.</remarks>
    public override bool EndIsGenuine => !_wire.HasEnded;

    /// <inheritdoc/>
    public override Exception? Failure => _stream?.Failure;

    /// <inheritdoc/>
    public override bool TryReceive(IReceiveSink sink, out Transfer transfer)
    {
        if (_sink != sink)
        {
            _sink = sink;
            if (_wire.Gathering is { } wire)
            {
                wire.Reader = sink;
            }
        }

        _isLookout = true;
        _readsBefore = _wire.Reads;
        return Start(default, out transfer) && Proceed(ref transfer);
    }

    /// <inheritdoc/>
    public override ValueTask<SocketError> SendAsync(ReadOnlyMemory<byte> bytes) =>
        bytes.Length > MostAloneBytes && _wire.Gathering is { } wire ? SendGatheredAsync(wire, bytes, default) : SendRecordsAsync(bytes);

    /// <inheritdoc/>
    public override ValueTask<SocketError> SendAsync(ReadOnlyMemory<byte> first, ReadOnlySequence<byte> rest)
    {
        bool isAlone = first.IsEmpty && rest.IsSingleSegment && rest.Length <= MostAloneBytes;
        return !isAlone && _wire.Gathering is { } wire ? SendGatheredAsync(wire, first, rest) : base.SendAsync(first, rest);
    }

    /// <inheritdoc/>
    public override long Handed => _wire.Handed;

    /// <inheritdoc/>
    public override long CountTaken() => _polled?.CountTaken() ?? Handed - (_handle is null ? 0 : LinuxCalls.Unacknowledged(_handle));

    /// <inheritdoc/>
    /// <remarks>Any bytes of TLS count, so a session ticket does; those come before the first response. The order counts: a read is counted first, and then takes the bytes.</remarks>
    public override bool IsReadable => (_handle is not null && LinuxCalls.IsReadable(_handle)) || MayBeReadable;

    /// <inheritdoc/>
    /// <remarks>A receive waits with a read of no bytes; only for a record of which a piece is there already, or that has come, it reads.</remarks>
    public override bool MayBeReadable => _wire.Reads != _readsBefore || _polled is { MayBeReadable: true };

    /// <inheritdoc/>
    public override PeerEnd PeerEnd => _handle is null ? PeerEnd.None : LinuxCalls.PeerEndOf(_handle);

    /// <inheritdoc/>
    public override async ValueTask ShutdownSendAsync()
    {
        try
        {
            await CloseTls().ConfigureAwait(false);
            if (_polled is not null)
            {
                await _polled.ShutdownSendAsync().ConfigureAwait(false); // behind what it holds
            }
            else
            {
                _socket?.TryShutdownSend();
            }

            _stream?.ShutdownSend();
        }
        catch (IOException)
        {
            // The other side was faster: there is nobody left to tell.
        }
        catch (InvalidOperationException)
        {
            // Closed from this side meanwhile, by a deadline or a shutdown.
        }
    }

    /// <inheritdoc/>
    public override void Abort()
    {
        _isAborted = true;
        _polled?.Abort(); // and the socket with it
        _socket?.Abort();
        _stream?.Dispose();
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        if (!_isAborted && _polled is null)
        {
            _socket?.TryShutdownSend(); // else a receive that is still under way would make it a reset
        }

        _tls.Dispose();
        _wire.Dispose();
        _polled?.Dispose();
        _socket?.Dispose();
    }

    private static async Task<TlsTransport> MeetAsync(TlsTransport transport, SslClientAuthenticationOptions options, CancellationToken cancellationToken)
    {
        transport._wire.WatchesEnd = true;
        await PollThread.Leave();
        await transport.HandshakeAsync(stream => stream.AuthenticateAsClientAsync(options, cancellationToken)).ConfigureAwait(false);
        return transport;
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
        catch (Exception error) when (error is InvalidOperationException or AuthenticationException)
        {
            return new Transfer(0, SocketError.Shutdown); // closed from this side meanwhile, or broken by the other side's TLS
        }
    }

    /// <summary>Sends the bytes as TLS makes records of them: one send for each write of it.</summary>
    [AsyncMethodBuilder(typeof(PooledMethodBuilder<>))]
    private async ValueTask<SocketError> SendRecordsAsync(ReadOnlyMemory<byte> bytes)
    {
        try
        {
            await _tls.WriteAsync(bytes, CancellationToken.None).ConfigureAwait(false);
            return SocketError.Success;
        }
        catch (IOException error)
        {
            return ErrorOf(error);
        }
        catch (InvalidOperationException)
        {
            return SocketError.Shutdown; // closed from this side meanwhile
        }
    }

    /// <summary>Sends the bytes in as few system calls as there is memory for: the last write of TLS takes along what was collected of those before.</summary>
    [AsyncMethodBuilder(typeof(PooledMethodBuilder<>))]
    private async ValueTask<SocketError> SendGatheredAsync(PolledStream wire, ReadOnlyMemory<byte> first, ReadOnlySequence<byte> rest)
    {
        long left = first.Length + rest.Length;
        SequencePosition place = rest.Start;
        try
        {
            wire.BeginGathering(left);
            while (true)
            {
                while (!first.IsEmpty)
                {
                    int count = Math.Min(first.Length, WriteBytes);
                    left -= count;
                    wire.HasMore = left > 0;
                    await _tls.WriteAsync(first[..count], CancellationToken.None).ConfigureAwait(false);
                    first = first[count..];
                }

                if (!rest.TryGet(ref place, out first))
                {
                    return SocketError.Success;
                }
            }
        }
        catch (IOException error)
        {
            return ErrorOf(error);
        }
        catch (InvalidOperationException)
        {
            return SocketError.Shutdown; // closed from this side meanwhile
        }
        finally
        {
            wire.EndGathering();
        }
    }

    private async Task HandshakeAsync(Func<SslStream, Task> authenticate)
    {
        try
        {
            await authenticate(_tls).ConfigureAwait(false);
            _wire.IsHandshake = false;
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Makes the alert that closes TLS, and starts to send it.</summary>
    private Task CloseTls()
    {
        _wire.Enter();
        try
        {
            return _tls.ShutdownAsync();
        }
        finally
        {
            _wire.Leave();
        }
    }

    /// <summary>Starts a read; true: it ended at once.</summary>
    private bool Start(Memory<byte> buffer, out Transfer transfer)
    {
        transfer = default;
        _wire.Enter(); // and left where the outcome is picked up; while the wire is waited for, nobody is inside
        try
        {
#pragma warning disable CA2012 // the awaiter is completed exactly once: here, or in OnReceived
            ConfiguredValueTaskAwaitable<int>.ConfiguredValueTaskAwaiter receive = _tls.ReadAsync(buffer).ConfigureAwait(false).GetAwaiter();
#pragma warning restore CA2012
            if (receive.IsCompleted)
            {
                _wire.Leave();
                transfer = Outcome(receive);
                return true;
            }

            _receive = receive;
            receive.UnsafeOnCompleted(_onReceived);
            return false;
        }
        catch (InvalidOperationException)
        {
            _wire.Leave();
            transfer = new Transfer(0, SocketError.Shutdown); // closed from this side meanwhile
            return true;
        }
    }

    /// <summary>A read has ended. A lookout of no bytes, for which TLS needs no buffers, is followed by the read itself; false: that is under way.</summary>
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
        _wire.Leave();
        Transfer transfer = Outcome(_receive);
        if (Proceed(ref transfer))
        {
            _sink!.OnReceived(transfer); // set before the receive began
        }
    }
}

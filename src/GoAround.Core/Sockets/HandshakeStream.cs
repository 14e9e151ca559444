using System;
using System.Buffers.Binary;
using System.IO;
using System.Runtime.CompilerServices;
using System.Threading;
using System.Threading.Tasks;
using GoAround.Core.Async;

namespace GoAround.Core.Sockets;

/// <summary>
/// The stream below TLS, which goes on upon the thread pool where the next step of a handshake is long, so that it does not hold up a poll thread. That is
/// each step towards a backend, whose certificate is looked at, and of those towards a client all up to the one that derives the key. That has ended once this
/// side writes encrypted records: what is left is to look at a checksum and make the tickets.
/// </summary>
internal sealed class HandshakeStream : Stream
{
    // The types of records.
    private const byte ChangeCipherSpec = 20;
    private const byte Handshake = 22;
    private const byte ApplicationData = 23;

    private const int HeaderBytes = 5; // type, version, length   RFC 8446 §5.1
    private const int LengthOffset = 3;

    private readonly Stream _inner;
    private long _handed;
    private int _isInside;
    private int _reads;
    private bool _hasChangedCipher;
    private bool _isEncrypted;

    /// <param name="inner">Where the bytes go; disposed with this.</param>
    public HandshakeStream(Stream inner) => _inner = inner;

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

    /// <summary>The handshake is not over yet.</summary>
    public bool IsHandshake { get; set; } = true;

    /// <summary>Bytes that were written, those of a write under way included.</summary>
    public long Handed => Volatile.Read(ref _handed);

    /// <summary>How many reads have brought something or are just looking for it; those that wait do not count. Any thread.</summary>
    public int Reads => Volatile.Read(ref _reads);

    /// <summary>Keeps <see cref="HasEnded"/>: the other side is a backend.</summary>
    public bool WatchesEnd { get; set; }

    /// <summary>The wire was read to its end.</summary>
    public bool HasEnded { get; private set; }

    /// <summary>What collects the records of one send, or null. Not towards a backend: that may ask for a new handshake, whose records a receive writes (docs/decisions/0039).</summary>
    public PolledStream? Gathering => WatchesEnd ? null : _inner as PolledStream;

    /// <inheritdoc/>
    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (!buffer.IsEmpty)
        {
            Volatile.Write(ref _reads, _reads + 1); // before it takes anything; by one thread at a time
        }

        ValueTask<int> read = _inner.ReadAsync(buffer, cancellationToken);
        bool isWaiting = !read.IsCompleted && !buffer.IsEmpty;
        if (isWaiting)
        {
            Volatile.Write(ref _reads, _reads - 1); // there was nothing: a read of no bytes may end without reason, and then this one follows
        }

        if (IsHandshake)
        {
            bool mayBeLong = WatchesEnd || !_isEncrypted;
            return mayBeLong && (!read.IsCompleted || Poller.IsCurrent) ? HopAsync(read) : read;
        }

        return read.IsCompleted && !WatchesEnd ? read : WaitAsync(read, mayEnd: !buffer.IsEmpty, isWaiting);
    }

    /// <inheritdoc/>
    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        Volatile.Write(ref _handed, _handed + buffer.Length); // by one thread at a time
        if (IsHandshake)
        {
            Look(buffer.Span);
        }

        return _inner.WriteAsync(buffer, cancellationToken);
    }

    /// <inheritdoc/>
    public override Task FlushAsync(CancellationToken cancellationToken) => _inner.FlushAsync(cancellationToken);

    /// <inheritdoc/>
    public override void Flush() => _inner.Flush();

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();

    /// <summary>Only one may be at work in the TLS of this stream from here to <see cref="Leave"/>; that takes no more than the arithmetic of one record.</summary>
    /// <remarks>The framework keeps sends and receives apart, but not the closing from a receive: both at once are one OpenSSL object in two threads.</remarks>
    public void Enter()
    {
        SpinWait wait = default;
        while (Interlocked.CompareExchange(ref _isInside, 1, 0) != 0)
        {
            wait.SpinOnce();
        }
    }

    /// <summary>Ends what <see cref="Enter"/> began; on any thread.</summary>
    public void Leave() => Volatile.Write(ref _isInside, 0);

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _inner.Dispose();
        }

        base.Dispose(disposing);
    }

    /// <summary>
    /// Looks whether this side encrypts by now: with TLS 1.3 what is encrypted looks like data, with 1.2 the handshake goes on behind the change of the cipher. That alone
    /// also ends a HelloRetryRequest, by which, as by a full flight of TLS 1.2, a client could else move the long step to the poller.
    /// </summary>
    private void Look(ReadOnlySpan<byte> records)
    {
        while (records.Length >= HeaderBytes)
        {
            byte type = records[0];
            _isEncrypted |= type == ApplicationData || (type == Handshake && _hasChangedCipher);
            _hasChangedCipher |= type == ChangeCipherSpec;
            int length = HeaderBytes + BinaryPrimitives.ReadUInt16BigEndian(records[LengthOffset..]);
            records = records[Math.Min(length, records.Length)..];
        }
    }

    /// <summary>A receive is at work but for the time it waits for the wire.</summary>
    [AsyncMethodBuilder(typeof(PooledMethodBuilder<>))]
    private async ValueTask<int> WaitAsync(ValueTask<int> read, bool mayEnd, bool isWaiting)
    {
        Leave();
        try
        {
            int count = await read.ConfigureAwait(false);
            HasEnded |= mayEnd && count == 0;
            if (isWaiting)
            {
                Volatile.Write(ref _reads, _reads + 1); // by one thread at a time
            }

            return count;
        }
        finally
        {
            Enter();
        }
    }

    // Who awaits it is on a poll thread only where the read was over at once: then it may find this over, too, and stays there for that one step.
    private static async ValueTask<int> HopAsync(ValueTask<int> read)
    {
        int count = await read.ConfigureAwait(false);
        await PollThread.Leave();
        return count;
    }
}

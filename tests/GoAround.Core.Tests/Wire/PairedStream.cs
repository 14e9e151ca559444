using System;
using System.IO;
using System.IO.Pipelines;
using System.Threading;
using System.Threading.Tasks;

namespace GoAround.Core.Tests.Wire;

/// <summary>One end of a connection in memory, with no socket behind it.</summary>
internal sealed class PairedStream : Stream
{
    private readonly Stream _input;
    private readonly Stream _output;
    private int _waiting;

    private PairedStream(PipeReader input, PipeWriter output)
    {
        _input = input.AsStream();
        _output = output.AsStream();
    }

    /// <summary>It was disposed.</summary>
    public bool IsClosed { get; private set; }

    /// <summary>It was read with no room for a byte.</summary>
    public bool WasLookedOut { get; private set; }

    /// <summary>A write waits, since the other side does not read.</summary>
    public bool IsFull => Volatile.Read(ref _waiting) > 0;

    /// <summary>What the next read throws; null: nothing.</summary>
    public Exception? Fault { get; set; }

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    public static (PairedStream Near, PairedStream Far) Open()
    {
        Pipe there = new();
        Pipe back = new();
        return (new(back.Reader, there.Writer), new(there.Reader, back.Writer));
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        WasLookedOut |= buffer.IsEmpty;
        int count = await _input.ReadAsync(buffer, cancellationToken);
        return Fault is null ? count : throw Fault;
    }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        ValueTask writing = _output.WriteAsync(buffer, cancellationToken);
        return writing.IsCompleted ? writing : WaitAsync(writing);
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Flush()
    {
        // Pipes keep nothing back here.
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing && !IsClosed)
        {
            IsClosed = true;
            _output.Dispose();
            _input.Dispose();
        }

        base.Dispose(disposing);
    }

    private async ValueTask WaitAsync(ValueTask writing)
    {
        Interlocked.Increment(ref _waiting);
        try
        {
            await writing;
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }
    }
}

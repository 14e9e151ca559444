using System;
using System.Buffers;
using System.Threading;

namespace GoAround.Core.Sockets;

/// <summary>Encrypted records that are collected so that they leave in one send. Their memory is rented for the time that takes, and all of it together is bounded.</summary>
internal struct GatheredRecords
{
    /// <summary>The most that one connection collects (docs/decisions/0039): with the write that takes it along, the 256 KiB of <see cref="PollerTurn.Share"/> leave in one send.</summary>
    public const int MostBytes = 256 * 1024;

    /// <summary>The most that all connections hold at one time, since clients that take nothing must not fill the memory. Beyond it records leave as they are made.</summary>
    public const int MostBytesOfAll = 32 * 1024 * 1024;

    private static long _rented;

    private byte[]? _buffer;
    private int _length;

    /// <summary>Bytes that all connections hold now.</summary>
    public static long Rented => Volatile.Read(ref _rented);

    /// <summary>How many bytes wait.</summary>
    public readonly int Length => _length;

    /// <summary>Rents memory for about so many bytes, where all connections together hold little enough; else nothing is collected.</summary>
    public void Begin(long bytes)
    {
        int wanted = (int)Math.Min(bytes, MostBytes);
        if (Rented + wanted <= MostBytesOfAll) // a few at once may pass together
        {
            _buffer = ArrayPool<byte>.Shared.Rent(wanted);
            Interlocked.Add(ref _rented, _buffer.Length);
        }
    }

    /// <summary>Copies records behind the others; false: there is no room.</summary>
    public bool TryAdd(ReadOnlySpan<byte> records)
    {
        if (!records.TryCopyTo(_buffer.AsSpan(_length)))
        {
            return false;
        }

        _length += records.Length;
        return true;
    }

    /// <summary>Lends what was collected, to be sent before anything more is.</summary>
    public ReadOnlyMemory<byte> Take()
    {
        ReadOnlyMemory<byte> records = _buffer.AsMemory(0, _length);
        _length = 0;
        return records;
    }

    /// <summary>Gives the memory back; what still waits is dropped.</summary>
    public void End()
    {
        _length = 0;
        if (_buffer is { } buffer)
        {
            _buffer = null;
            Interlocked.Add(ref _rented, -buffer.Length);
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}

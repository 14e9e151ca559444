using System;
using System.Buffers;
using System.Threading;
using GoAround.Core.Async;

namespace GoAround.Core.Cache;

/// <summary>
/// A body in <see cref="CacheMemory"/> that grows at its end: one writes it, any number read at the same time what is there. It begins with
/// one share; the memory goes back with the last, and then the object too is used again.
/// </summary>
internal sealed class BodyBuffer : IDisposable
{
    /// <summary>What this object takes on the heap, with what its index takes beside <see cref="SegmentBytes"/>; measured by a test.</summary>
    internal const int ObjectBytes = 96;

    /// <summary>What one more segment takes there, with its place in the index; measured by a test.</summary>
    internal const int SegmentBytes = 80;

    private const int FirstRunBytes = 16 * 1024;
    private const int FirstRunOfUnknown = 4 * 1024;

    private CacheMemory _memory;
    private long _expected;
    private BodySegment?[] _index = [];
    private long _capacity;
    private long _length;
    private int _segments;
    private ShareCount _shares;
    private bool _isCounted;
    private bool _isTrimmed;

    private BodyBuffer(CacheMemory memory) => _memory = memory;

    /// <summary>How many bytes were appended so far.</summary>
    public long Length => Volatile.Read(ref _length);

    /// <summary>What it takes of the budget.</summary>
    public long TakenBytes { get; private set; }

    /// <summary>Whether it lies in that memory.</summary>
    public bool IsIn(CacheMemory memory) => _memory == memory;

    /// <summary>An empty body with one share; takes no memory yet.</summary>
    /// <param name="memory">Where it lies.</param>
    /// <param name="expectedBytes">How long it is going to be, as far as somebody said so; 0: unknown. Only a hint.</param>
    public static BodyBuffer Take(CacheMemory memory, long expectedBytes = 0)
    {
        BodyBuffer body = FreeList<BodyBuffer>.TryTake() ?? new BodyBuffer(memory);
        body._memory = memory;
        body._expected = expectedBytes;
        body._shares.Begin();
        return body;
    }

    /// <summary>Takes one more share; false: the last is gone already. Safe for concurrent use.</summary>
    public bool Share() => _shares.TryAdd();

    /// <summary>Appends all of the bytes; false: there was no room, and none of them counts. One thread at a time, and not after <see cref="Trim"/>.</summary>
    public bool TryAppend(ReadOnlySpan<byte> bytes)
    {
        ObjectDisposedException.ThrowIf(_isTrimmed, this);
        long length = _length;
        while (_capacity - length < bytes.Length)
        {
            if (!TryGrow((int)(bytes.Length - (_capacity - length))))
            {
                return false;
            }
        }

        while (bytes.Length > 0)
        {
            BodySegment segment = Find(_index, length)!; // the capacity reaches there
            int offset = (int)(length - segment.RunningIndex);
            int count = Math.Min(bytes.Length, segment.Run.Length - offset);
            bytes[..count].CopyTo(segment.Run.Span[offset..]);
            bytes = bytes[count..];
            length += count;
        }

        Volatile.Write(ref _length, length);
        return true;
    }

    /// <summary>Lends the bytes from a position on that lie in one piece; empty: there are no more yet. For whoever holds a share; they stay until it is given back.</summary>
    public ReadOnlyMemory<byte> ReadAt(long position)
    {
        long length = Volatile.Read(ref _length);
        if (position >= length)
        {
            return default;
        }

        BodySegment segment = Find(Volatile.Read(ref _index), position)!; // the length reaches there
        int offset = (int)(position - segment.RunningIndex);
        return segment.Memory[offset..(int)Math.Min(segment.Memory.Length, length - segment.RunningIndex)];
    }

    /// <summary>The body is whole: gives the room behind its end back. Nothing can be appended any more.</summary>
    public void Trim()
    {
        _isTrimmed = true;
        while (_segments > 0 && _index[_segments - 1] is { } last)
        {
            if (last.RunningIndex < _length)
            {
                TakenBytes -= last.Run.Length;
                last.Run = _memory.Shorten(last.Run, (int)(_length - last.RunningIndex));
                TakenBytes += last.Run.Length;
                break;
            }

            _index[--_segments] = null;
            TakenBytes -= last.Run.Length + SegmentBytes;
            _memory.Return(last.Run, SegmentBytes);
        }
    }

    /// <summary>The whole body; valid as long as a share is held. For a body that is complete.</summary>
    public ReadOnlySequence<byte> ToSequence()
    {
        long length = Length;
        BodySegment?[] index = Volatile.Read(ref _index);
        return length > 0 && index[0] is { } first && Find(index, length - 1) is { } last
            ? new ReadOnlySequence<byte>(first, 0, last, (int)(length - last.RunningIndex))
            : ReadOnlySequence<byte>.Empty;
    }

    /// <summary>Gives one share back.</summary>
    public void Dispose()
    {
        if (!_shares.GiveBack())
        {
            return;
        }

        for (int i = 0; i < _segments; i++)
        {
            BodySegment segment = _index[i]!; // all before _segments are set
            _memory.Return(segment.Run, SegmentBytes);
            segment.Give();
        }

        if (_isCounted)
        {
            _memory.Discount(ObjectBytes);
        }

        if (_index.Length > 1)
        {
            _index = [];
        }

        Array.Clear(_index);
        _capacity = 0;
        _length = 0;
        _segments = 0;
        _isCounted = false;
        _isTrimmed = false;
        TakenBytes = 0;
        FreeList<BodyBuffer>.Give(this);
    }

    private static BodySegment? Find(BodySegment?[] index, long position)
    {
        int low = 0;
        int high = index.Length;
        while (high - low > 1)
        {
            int middle = (low + high) >>> 1;
            if (index[middle] is { } segment && segment.RunningIndex <= position)
            {
                low = middle;
            }
            else
            {
                high = middle;
            }
        }

        return index.Length > 0 && index[low] is { } found && found.RunningIndex <= position ? found : null;
    }

    private bool TryGrow(int needed)
    {
        // A body that is announced and never comes must not hold its whole length: each run is at most as long as all before.
        long step = Math.Max(_capacity, _expected > 0 ? FirstRunBytes : FirstRunOfUnknown);
        long wanted = Math.Max(needed, _expected > _capacity ? Math.Min(_expected - _capacity, step) : step);
        int objectBytes = _isCounted ? SegmentBytes : SegmentBytes + ObjectBytes;
        if (!_memory.TryTake((int)Math.Min(wanted, _memory.LongestRun), objectBytes, out CacheRun run))
        {
            return false;
        }

        _isCounted = true;
        BodySegment segment = BodySegment.Take(run, _capacity);
        if (_segments > 0)
        {
            _index[_segments - 1]!.Follow(segment); // all before _segments are set
        }

        BodySegment?[] index = _index;
        if (_segments == index.Length)
        {
            Array.Resize(ref index, Math.Max(1, _segments * 2));
        }

        // A reader looks at the length first: what it looks for afterwards is in the index it then sees.
        index[_segments] = segment;
        Volatile.Write(ref _index, index);
        _segments++;
        TakenBytes += run.Length + objectBytes;
        _capacity += run.Length;
        return true;
    }
}

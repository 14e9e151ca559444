using System;
using System.Buffers;
using System.Threading;
using GoAround.Core.Async;

namespace GoAround.Core.Cache;

/// <summary>
/// A stretch of a body that is being received: the first one is what will be stored; a body that outgrows it goes on through a chain of
/// short ones, each kept only as long as somebody may still read it. Begins with one share.
/// </summary>
internal sealed class FillSegment : IDisposable
{
    private const int WindowBytes = 256 * 1024;

    private readonly BodyBuffer? _buffer;
    private readonly long _limit;
    private byte[]? _window;
    private FillSegment? _next;
    private long _length;
    private ShareCount _shares;
    private bool _isEntered;

    /// <summary>Makes the first one.</summary>
    /// <param name="buffer">Where its bytes go; taken over.</param>
    /// <param name="limit">How many at most.</param>
    public FillSegment(BodyBuffer buffer, long limit)
    {
        _shares.Begin();
        _buffer = buffer;
        _limit = limit;
        _isEntered = true; // whoever reads begins here
    }

    /// <summary>Makes one that follows another.</summary>
    public FillSegment(long start)
    {
        _shares.Begin();
        Start = start;
        _window = ArrayPool<byte>.Shared.Rent(WindowBytes);
        _limit = _window.Length;
    }

    /// <summary>Where in the body it begins.</summary>
    public long Start { get; }

    /// <summary>How many bytes there are.</summary>
    public long Length => Volatile.Read(ref _length);

    /// <summary>The bytes of the first one; null for others.</summary>
    public BodyBuffer? Buffer => _buffer;

    /// <summary>A reader has come so far.</summary>
    public bool IsEntered => Volatile.Read(ref _isEntered);

    /// <summary>Nobody is here any more, nor will be.</summary>
    public bool IsGone => _shares.IsGone;

    /// <summary>The one that follows, once this one is full.</summary>
    public FillSegment? Next
    {
        get => Volatile.Read(ref _next);
        set => Volatile.Write(ref _next, value);
    }

    /// <summary>Appends as many bytes as there is room for; returns how many.</summary>
    public int Append(ReadOnlySpan<byte> bytes)
    {
        int count = bytes.Length;
        if (_buffer is not null)
        {
            if (_length + count > _limit || !_buffer.TryAppend(bytes))
            {
                return 0;
            }
        }
        else
        {
            count = (int)Math.Min(count, _limit - _length);
            bytes[..count].CopyTo(_window.AsSpan((int)_length));
        }

        Volatile.Write(ref _length, _length + count);
        return count;
    }

    /// <summary>Lends what there is from a position of the body on; empty: nothing yet, or it is in the next one.</summary>
    public ReadOnlyMemory<byte> ReadAt(long position)
    {
        if (_buffer is not null)
        {
            return _buffer.ReadAt(position);
        }

        int offset = (int)(position - Start);
        return _window.AsMemory(offset, (int)Length - offset);
    }

    /// <summary>A reader comes here from the one before; false: too late, it is gone.</summary>
    public bool TryEnter()
    {
        if (!Share())
        {
            return false;
        }

        Volatile.Write(ref _isEntered, true);
        return true;
    }

    /// <summary>Takes one more share; false: the last one is gone already.</summary>
    public bool Share() => _shares.TryAdd();

    /// <summary>Gives one share back.</summary>
    public void Dispose()
    {
        if (!_shares.GiveBack())
        {
            return;
        }

        _buffer?.Dispose();
        if (_window is { } window)
        {
            _window = null;
            ArrayPool<byte>.Shared.Return(window);
        }
    }
}

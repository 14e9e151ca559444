using System;
using System.Buffers;

namespace GoAround.Core.Server;

/// <summary>What was read of a request's body, kept so that it can be sent once more, so far as the limit goes. A field of the body, not to be copied.</summary>
internal struct ReplayBuffer
{
    private byte[]? _bytes;
    private int _limit;
    private int _length;
    private int _position;
    private bool _isKeeping;
    private bool _hasLent;

    /// <summary>Starts over.</summary>
    /// <param name="limit">Bytes that are kept; a longer body is kept no longer, and can then not be sent again. 0: nothing is kept.</param>
    public void Begin(int limit)
    {
        _limit = limit;
        _length = 0;
        _position = 0;
        _isKeeping = limit > 0;
        _hasLent = false;
    }

    /// <summary>Lends what was kept and, since the body was rewound, not lent again yet.</summary>
    public bool TryLend(out ReadOnlyMemory<byte> again)
    {
        again = _bytes.AsMemory(_position, _length - _position);
        _position = _length;
        return !again.IsEmpty;
    }

    /// <summary>Keeps a piece that is lent for the first time, where it may.</summary>
    public void Keep(ReadOnlySpan<byte> piece)
    {
        if (piece.IsEmpty)
        {
            return;
        }

        _hasLent = true;
        if (!_isKeeping)
        {
            return;
        }

        if (_length + piece.Length > _limit)
        {
            _isKeeping = false;
            return;
        }

        MakeRoom(_length + piece.Length);
        piece.CopyTo(_bytes.AsSpan(_length));
        _length += piece.Length;
        _position = _length;
    }

    /// <summary>Keeps nothing more: the body will not be sent again.</summary>
    public void Stop() => _isKeeping = false;

    /// <summary>Goes back to the first byte; false where that was not kept.</summary>
    public bool TryRewind()
    {
        _position = 0;
        return !_hasLent || _isKeeping;
    }

    /// <summary>Gives the memory back.</summary>
    public void Return()
    {
        if (_bytes is not null)
        {
            ArrayPool<byte>.Shared.Return(_bytes);
            _bytes = null;
        }

        _length = 0;
        _position = 0;
    }

    /// <summary>The buffer grows with what is kept: a client that has sent little costs little.</summary>
    private void MakeRoom(int bytes)
    {
        if (_bytes is not null && _bytes.Length >= bytes)
        {
            return;
        }

        byte[] larger = ArrayPool<byte>.Shared.Rent(Math.Max(bytes, Math.Min(_length * 2, _limit)));
        if (_bytes is not null)
        {
            _bytes.AsSpan(0, _length).CopyTo(larger);
            ArrayPool<byte>.Shared.Return(_bytes);
        }

        _bytes = larger;
    }
}

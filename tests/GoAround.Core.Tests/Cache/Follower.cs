using System;
using System.Threading.Tasks;
using GoAround.Core.Tests.Wire;

namespace GoAround.Core.Tests.Cache;

/// <summary>A client that a test lets read as far as it wants.</summary>
internal sealed class Follower(ProxyResponse response)
{
    private long _position;

    public ProxyResponse Response => response;

    /// <summary>Reads on until so much was lent, or to the end; returns how much.</summary>
    public async Task<long> ReadToAsync(long end)
    {
        while (_position < end && await response.Body.ReadAsync(default).AsTask().WaitAsync(WireEnd.Patience) is { IsEmpty: false } piece)
        {
            Take(piece);
        }

        return _position;
    }

    /// <summary>Counts what was read otherwise.</summary>
    public ReadOnlyMemory<byte> Take(ReadOnlyMemory<byte> piece)
    {
        _position += piece.Length;
        return piece;
    }
}

using System;
using GoAround.Core.Sockets;

namespace GoAround.Core.Upstream;

/// <summary>
/// How much of a long body is received at once. Each receive and each send wakes the other side, and that is most of what large bodies cost, so who takes the
/// pieces fast gets larger ones; who is slow gets small ones, since a piece lies in memory until it is taken.
/// </summary>
internal struct PieceRoom
{
    /// <summary>For everybody, in bytes.</summary>
    public const int Least = ReceiveBuffers.PieceBytes;

    /// <summary>For the fast ones, in bytes, while there is memory for it; shorter bodies stay with the least.</summary>
    public const int Most = 16 * Least;

    private int _grown;

    /// <summary>Bytes of the next piece, at most.</summary>
    public readonly int Bytes => Math.Max(_grown, Least);

    /// <summary>A piece was taken.</summary>
    /// <param name="piece">Its bytes; one that has not filled the room says that there is no need of a larger one.</param>
    /// <param name="soFar">Bytes of the body up to its end.</param>
    /// <param name="wasFast">It was taken in a short time.</param>
    public void OnTaken(int piece, long soFar, bool wasFast)
    {
        if (!wasFast)
        {
            _grown = Bytes / 2;
        }
        else if (piece == Bytes && soFar >= Most)
        {
            _grown = Math.Min(Bytes * 2, Most);
        }
    }
}

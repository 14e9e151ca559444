using System;

namespace GoAround.Core.Tests.Pool;

/// <summary>A policy as an application would write it: requests of one user, by a field, go to the same backend as long as that is there and has a connection free.</summary>
/// <remarks>Rendezvous hashing: each user ranks all backends; who comes or goes moves only the users who rank it first.</remarks>
internal sealed class UserAffinity : SelectionPolicy
{
    public override int Choose(ProxyRequest request, ReadOnlySpan<BackendLoad> candidates)
    {
        uint user = request.Fields.TryGet("X-User"u8, out ReadOnlySpan<byte> value) ? HashOf(2166136261, value) : 0;
        int best = 0;
        uint bestRank = 0;
        for (int i = 0; i < candidates.Length; i++)
        {
            uint rank = HashOf(user, candidates[i].Backend.Address);
            if (i == 0 || rank > bestRank)
            {
                (best, bestRank) = (i, rank);
            }
        }

        return best;
    }

    // FNV-1a, and at the end the mixing without which its high bits hardly depend on the last letters.
    private static uint HashOf(uint seed, ReadOnlySpan<byte> text)
    {
        foreach (byte letter in text)
        {
            seed = (seed ^ letter) * 16777619;
        }

        return seed;
    }

    private static uint HashOf(uint seed, string text)
    {
        foreach (char letter in text)
        {
            seed = (seed ^ letter) * 16777619;
        }

        seed = (seed ^ (seed >> 16)) * 0x85EBCA6B;
        return seed ^ (seed >> 13);
    }
}

using System;
using System.Threading;
using System.Threading.Tasks;
using GoAround.Core;

namespace GoAround.Samples.CustomSteps;

/// <summary>A/B by weight: sends a share of the callers, always the same ones, to a pool of its own, and tells both pools which variant it is.</summary>
/// <param name="percent">0..100.</param>
/// <param name="other">Answers for variant b.</param>
/// <param name="next">Answers for variant a.</param>
internal sealed class SplitHandler(int percent, ProxyHandler other, ProxyHandler next) : ProxyHandler
{
    public override ValueTask<ProxyResponse> HandleAsync(ProxyRequest request, CancellationToken cancellationToken)
    {
        bool isB = request.Fields.TryGet("X-Caller"u8, out ReadOnlySpan<byte> caller) && PlaceOf(caller) < percent;
        request.Fields.Set("X-Variant"u8, isB ? "b"u8 : "a"u8);
        return (isB ? other : next).HandleAsync(request, cancellationToken);
    }

    // FNV-1a, by the hundred: the same for a caller in every process, and no allocation.
    private static int PlaceOf(ReadOnlySpan<byte> caller)
    {
        uint hash = 2166136261;
        foreach (byte one in caller)
        {
            hash = (hash ^ one) * 16777619;
        }

        return (int)((hash >> 8) % 100);
    }
}

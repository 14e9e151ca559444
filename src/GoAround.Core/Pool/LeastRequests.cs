using System;
using System.Threading;

namespace GoAround.Core.Pool;

/// <summary>
/// Chooses the backend that carries the least for what it may carry, so by weight and slow start; where several do, they take turns by the same measure
/// (nginx <c>least_conn</c>, HAProxy <c>leastconn</c>). Good where some requests take much longer than others.
/// </summary>
public sealed class LeastRequests : SelectionPolicy
{
    private const uint GoldenRatio = 0x9E3779B9; // of 2^32

    private int _turn = -1;

    /// <inheritdoc/>
    public override int Choose(ProxyRequest request, ReadOnlySpan<BackendLoad> candidates)
    {
        int least = 0;
        long tied = 0;
        for (int i = 0; i < candidates.Length; i++)
        {
            int order = Compare(candidates[i], candidates[least]);
            if (order < 0)
            {
                least = i;
                tied = 0;
            }

            tied += order <= 0 ? candidates[i].Limit : 0;
        }

        // Among the tied: turn times the golden ratio, taken as a fraction of the sum of their limits, falls on each as often as its limit says, well mixed.
        long ticket = (long)((ulong)unchecked((uint)Interlocked.Increment(ref _turn) * GoldenRatio) * (ulong)tied >> 32);
        int chosen = least;
        for (int i = least; i < candidates.Length && ticket >= 0; i++)
        {
            if (Compare(candidates[i], candidates[least]) == 0)
            {
                chosen = i;
                ticket -= candidates[i].Limit;
            }
        }

        return chosen;
    }

    private static int Compare(in BackendLoad one, in BackendLoad other) => ((long)one.InFlight * other.Limit).CompareTo((long)other.InFlight * one.Limit);
}

using System;
using System.Threading;
using System.Threading.Tasks;
using GoAround.Core.Pool;

namespace GoAround.Core.Tests.Pool;

/// <summary>What a fetch allocates once everything is warm.</summary>
internal static class SteadyFetch
{
    private const int Fetches = 10_000;
    private const int MostRounds = 50;

    /// <summary>
    /// Bytes of ten thousand fetches: the least of many rounds, the first of which warms up. The runtime allocates on this thread, too, now and then: after a collection
    /// that another test has caused, the pools of arrays are empty. What a fetch allocates, it does in each round.
    /// </summary>
    public static async Task<long> MeasureAsync(BackendPool pool, ScriptedBackends world, bool suspends)
    {
        SuspendingAnswer answer = new(suspends);
        world.Send = answer.Send;
        Task<long> measured = RunAsync(pool);
        while (!measured.IsCompleted)
        {
            // Runs the fetch to its end, and the next one to its suspension, on this thread.
            answer.Complete();
        }

        return await measured;
    }

    private static async Task<long> RunAsync(BackendPool pool)
    {
        ProxyRequest request = new("GET", "/");
        long least = long.MaxValue;
        for (int round = 0; round < MostRounds && least > 0; round++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < Fetches; i++)
            {
                ProxyResponse response = await pool.FetchAsync(request, CancellationToken.None).ConfigureAwait(false);
                await response.DisposeAsync().ConfigureAwait(false);
            }

            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        return least;
    }
}

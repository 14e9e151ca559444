using System;
using System.Threading;
using System.Threading.Tasks;
using GoAround.Core.Pool;

namespace GoAround.Core.Tests.Pool;

/// <summary>What a fetch allocates once everything is warm.</summary>
internal static class SteadyFetch
{
    private const int WarmUp = 10_000;

    /// <summary>Bytes of as many fetches as came before to warm up.</summary>
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
        long before = 0;
        for (int i = 0; i < 2 * WarmUp; i++)
        {
            if (i == WarmUp)
            {
                before = GC.GetAllocatedBytesForCurrentThread();
            }

            ProxyResponse response = await pool.FetchAsync(request, CancellationToken.None).ConfigureAwait(false);
            await response.DisposeAsync().ConfigureAwait(false);
        }

        return GC.GetAllocatedBytesForCurrentThread() - before;
    }
}

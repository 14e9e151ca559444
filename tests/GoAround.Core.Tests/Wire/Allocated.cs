using System;

namespace GoAround.Core.Tests.Wire;

/// <summary>Counts what work allocates on its thread.</summary>
internal static class Allocated
{
    private const int Attempts = 20;

    /// <summary>
    /// The least of some measurements: what the work allocates it allocates every time, and the runtime, now and then, charges a thread with what is its own (a
    /// collection that another test has begun, a method compiled anew).
    /// </summary>
    /// <param name="work">Was done before, so that all of it is compiled and made.</param>
    public static long Least(Action work)
    {
        long least = long.MaxValue;
        for (int i = 0; i < Attempts && least > 0; i++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            work();
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        return least;
    }
}

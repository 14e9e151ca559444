using System;
using System.Diagnostics;
using System.Threading;
using System.Threading.Tasks;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace GoAround.Core.Tests.Wire;

/// <summary>Waits for what another thread does: it looks again and again, and fails only after a long while.</summary>
internal static class Until
{
    public static async Task TrueAsync(Func<bool> condition, string otherwise)
    {
        Stopwatch waited = Stopwatch.StartNew();
        while (!condition())
        {
            Assert.True(waited.Elapsed < WireEnd.Patience, otherwise);
            await Task.Delay(1);
        }
    }

    /// <summary>The same without leaving this thread: nothing else runs on it meanwhile, if it is a poller's.</summary>
    public static void True(Func<bool> condition, string otherwise) => Assert.True(SpinWait.SpinUntil(condition, WireEnd.Patience), otherwise);

    /// <summary>
    /// Lets manual time run, second by second, until a task has ended. It runs hundreds of times faster than sockets and threads work: so every deadline that is not
    /// the one expected must lie out of reach (<c>Unhurried</c>), or what it limits must be over.
    /// </summary>
    public static async Task<T> EndedAsync<T>(Task<T> task, FakeTimeProvider time)
    {
        Stopwatch waited = Stopwatch.StartNew();
        while (!task.IsCompleted)
        {
            Assert.True(waited.Elapsed < WireEnd.Patience, "it did not end, however far the time went");
            time.Advance(TimeSpan.FromSeconds(1));
            await Task.WhenAny(task, Task.Delay(2));
        }

        return await task;
    }
}

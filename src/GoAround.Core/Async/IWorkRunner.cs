using System;

namespace GoAround.Core.Async;

/// <summary>
/// Runs what must not run on the stack of who caused it. A <see cref="TimeProvider"/> that implements it is given all the work that the pool, the health checks
/// and the cache hand to the thread pool otherwise, so that a test with manual time knows when nothing is left to do. Safe for concurrent use.
/// </summary>
public interface IWorkRunner
{
    /// <summary>Takes the work and returns: it is run later, once, after all that was taken before.</summary>
    /// <param name="work">Must not throw.</param>
    /// <param name="state">Handed to <paramref name="work"/>.</param>
    void Enqueue(Action<object?> work, object? state);
}

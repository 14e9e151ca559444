namespace GoAround.Core.Async;

/// <summary>The threads that wait for the sockets and run on what becomes ready: no work may hold them up.</summary>
internal static class PollThread
{
    /// <summary>Awaited, it goes on upon a thread of the pool.</summary>
    public static PoolHop Leave() => default;
}

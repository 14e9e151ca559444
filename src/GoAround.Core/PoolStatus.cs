using System.Collections;
using System.Collections.Generic;

namespace GoAround.Core;

/// <summary>A pool at one moment: each backend in the order given, and who waits; immutable.</summary>
/// <param name="backends">The backends.</param>
public sealed class PoolStatus(IReadOnlyList<BackendStatus> backends) : IReadOnlyList<BackendStatus>
{
    /// <summary>Backends in the pool.</summary>
    public int Count => backends.Count;

    /// <summary>Requests that wait for a connection.</summary>
    public int QueueLength { get; init; }

    /// <summary>Retries under way, to their response head or next failure; those over a stale socket do not count.</summary>
    public int RetriesRunning { get; init; }

    /// <summary>Retries that wait until the retry budget lets them run.</summary>
    public int RetriesWaiting { get; init; }

    /// <summary>One backend, in the order given.</summary>
    /// <param name="index">0..<see cref="Count"/> - 1.</param>
    public BackendStatus this[int index] => backends[index];

    /// <inheritdoc/>
    public IEnumerator<BackendStatus> GetEnumerator() => backends.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}

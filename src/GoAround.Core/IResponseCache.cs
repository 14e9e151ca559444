using System;
using System.Threading;
using System.Threading.Tasks;

namespace GoAround.Core;

/// <summary>
/// Keeps responses under keys, as bytes: in this process's memory by default; yours may keep them in Redis or on a disk. It decides
/// by no rule of HTTP, only what to keep when room is short. Safe for concurrent use.
/// </summary>
/// <remarks>
/// A store that is slow or broken must not take the balancer with it: whatever it throws on the way of a request counts as a miss, and is logged. Only an
/// <see cref="ICachePurge"/> hands it to its caller. A call that a client waits for is cancelled after 5 s, which counts as a miss too.
/// </remarks>
public interface IResponseCache
{
    /// <summary>What is stored now, for metrics and the control socket.</summary>
    CacheUsage Usage { get; }

    /// <summary>Lends the response under a key, or null. The caller disposes it, and it stays whole until then, also where it is removed meanwhile.</summary>
    /// <param name="key">Opaque bytes, as many as a request head may have (<c>Server.MaxHeadBytes</c>); lent until the call has ended.</param>
    /// <param name="cancellationToken">Gives up.</param>
    ValueTask<StoredResponse?> FindAsync(ReadOnlyMemory<byte> key, CancellationToken cancellationToken);

    /// <summary>
    /// Keeps a response, in the place of the one that was under the key; it may also decide not to. To keep what it is given beyond the call,
    /// a store takes a share of its own with <see cref="StoredResponse.Share"/>, or copies the bytes.
    /// </summary>
    /// <param name="key">Opaque bytes; lent until the call has ended.</param>
    /// <param name="response">Lent until the call has ended.</param>
    /// <param name="cancellationToken">Gives up.</param>
    ValueTask StoreAsync(ReadOnlyMemory<byte> key, StoredResponse response, CancellationToken cancellationToken);

    /// <summary>Removes the response under a key, and all that bear the tag of that name; returns how many there were, markers not counted.</summary>
    /// <param name="tag">Opaque bytes, as in <see cref="StoredResponse.Tags"/>; lent until the call has ended.</param>
    /// <param name="cancellationToken">Gives up.</param>
    ValueTask<int> RemoveAsync(ReadOnlyMemory<byte> tag, CancellationToken cancellationToken);

    /// <summary>Removes everything; returns how many responses there were, markers not counted.</summary>
    /// <param name="cancellationToken">Gives up.</param>
    ValueTask<int> ClearAsync(CancellationToken cancellationToken);
}

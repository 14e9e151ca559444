using System;

namespace GoAround.Core.Cache;

/// <summary>One piece of <see cref="CacheMemory"/> as the runtime gave it; split into granules.</summary>
internal sealed class CacheExtent(int index, int bytes)
{
    /// <summary>Its place among the extents.</summary>
    public int Index { get; } = index;

    /// <summary>The memory; pinned, so that the collector never moves it and a socket need not pin it.</summary>
    public byte[] Bytes { get; } = GC.AllocateUninitializedArray<byte>(bytes, pinned: true);

    /// <summary>One a granule: 0, or one more than the order of the free block that begins there.</summary>
    public byte[] FreeOrders { get; } = new byte[bytes / CacheMemory.GranuleBytes];
}

using System;
using System.Runtime.InteropServices;

namespace GoAround.Core.Cache;

/// <summary>Neighbouring granules of one extent, taken from <see cref="CacheMemory"/> and to be returned to it, whole or from the end.</summary>
internal readonly record struct CacheRun(CacheExtent Extent, int Start, int Granules)
{
    /// <summary>Its size in bytes.</summary>
    public int Length => Granules * CacheMemory.GranuleBytes;

    /// <summary>Its bytes.</summary>
    public Memory<byte> Memory => MemoryMarshal.CreateFromPinnedArray(Extent.Bytes, Start * CacheMemory.GranuleBytes, Length);

    /// <summary>Its bytes.</summary>
    public Span<byte> Span => Extent.Bytes.AsSpan(Start * CacheMemory.GranuleBytes, Length);
}

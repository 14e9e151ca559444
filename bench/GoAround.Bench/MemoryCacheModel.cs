using System;
using GoAround.Core.Tests.Cache;
using Microsoft.Extensions.Caching.Memory;

namespace GoAround.Bench;

/// <summary>Microsoft.Extensions.Caching.Memory with a size limit; where it is full it takes nothing in, and compacts behind the scenes.</summary>
internal sealed class MemoryCacheModel(long capacityBytes) : IEvictionModel, IDisposable
{
    private readonly MemoryCache _cache = new(new MemoryCacheOptions { SizeLimit = capacityBytes });

    public bool Request(int id, int bytes)
    {
        string key = string.Create(null, stackalloc char[64], $"http://www.example.com/assets/{id:x8}.js");
        if (_cache.TryGetValue(key, out _))
        {
            return true;
        }

        using ICacheEntry entry = _cache.CreateEntry(key);
        entry.Value = new byte[bytes];
        entry.Size = bytes;
        return false;
    }

    public void Dispose() => _cache.Dispose();
}

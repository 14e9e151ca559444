using System;
using System.Collections.Generic;
using System.Threading.Tasks;
using GoAround.Core.Async;
using GoAround.Core.Cache;
using GoAround.Core.Tests.Load;
using GoAround.Core.Tests.Pool;
using Xunit;

namespace GoAround.Core.Tests.Cache;

[Collection(Alone.Name)]
public sealed class StoreAllocationTests
{
    private readonly CacheMemory _memory = new(16 << 20);

    [OptimizedTheory]
    [InlineData("http://h/stored", true)]
    [InlineData("http://h/missing", false)]
    public async Task Finding_allocates_nothing(string text, bool isThere)
    {
        using StoreFixture store = new();
        await store.StoreAsync("http://h/stored", "body", "tag");
        byte[] key = StoreFixture.Bytes(text);
        long best = long.MaxValue;
        for (int round = 0; round < 50 && best > 0; round++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < 10_000; i++)
            {
                ValueTask<StoredResponse?> finding = store.Cache.FindAsync(key, default);
                StoredResponse? found = finding.IsCompletedSuccessfully ? finding.Result : null;
                if (found is null == isThere)
                {
                    throw new InvalidOperationException("found what is not there, or not what is");
                }

                found?.Dispose();
            }

            best = Math.Min(best, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        Assert.Equal(0, best);
    }

    /// <summary>What lives long and then is garbage costs a collection of everything: the objects of what goes are those of what comes.</summary>
    [OptimizedTheory]
    [InlineData(40_000)]
    public async Task Storing_in_the_place_of_what_goes_allocates_nothing(int responses)
    {
        MemoryResponseCache cache = new(_memory, TimeProvider.System);
        long best = long.MaxValue;
        for (int i = 0; i < responses; i++)
        {
            Store(cache, i, [], out long allocated, out _);
            best = i < responses - 1000 ? long.MaxValue : Math.Min(best, allocated);
        }

        Assert.InRange(cache.Usage.Evictions, 1, responses);
        Assert.Equal(0, best);
        await cache.ClearAsync(default);
        cache.Dispose();
    }

    [OptimizedTheory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(5)]
    public async Task Objects_take_what_is_counted_for_them(int tags)
    {
        MemoryResponseCache cache = new(_memory, TimeProvider.System);
        List<ReadOnlyMemory<byte>> names = [];
        for (int i = 0; i < tags; i++)
        {
            names.Add(new byte[] { (byte)i, 1, 2, 3, 4, 5, 6, 7 });
        }

        for (int i = 0; i < 2000; i++)
        {
            Store(cache, i, names, out _, out _);
        }

        await cache.ClearAsync(default);
        long least = long.MaxValue; // the runtime itself allocates now and then
        long counted = 0;
        for (int i = 1; i <= 5; i++)
        {
            TakeAllFree();
            Store(cache, -i, names, out long allocated, out counted);
            least = Math.Min(least, allocated);
        }

        Assert.InRange(counted, least, least + (tags * 8));
        cache.Dispose();
    }

    private void Store(MemoryResponseCache cache, int key, List<ReadOnlyMemory<byte>> names, out long allocated, out long counted)
    {
        byte[] keyBytes = BitConverter.GetBytes(key);
        byte[] head = new byte[100];
        long used = _memory.UsedBytes;
        long before = GC.GetAllocatedBytesForCurrentThread();
        using BodyBuffer body = BodyBuffer.Take(_memory, 100);
        body.TryAppend(head);
        body.Trim();
        long beforeResponse = GC.GetAllocatedBytesForCurrentThread();
        using BufferedResponse response = new(head, body, names, DateTimeOffset.MaxValue);
        long afterResponse = GC.GetAllocatedBytesForCurrentThread();
        ValueTask storing = cache.StoreAsync(keyBytes, response, default);
        allocated = GC.GetAllocatedBytesForCurrentThread() - afterResponse + beforeResponse - before;
        Assert.True(storing.IsCompletedSuccessfully);
        counted = _memory.UsedBytes - used - (2 * CacheMemory.GranuleBytes);
    }

    // What would be used again is not allocated.
    private static void TakeAllFree()
    {
        while (FreeList<CacheEntry>.TryTake() is not null || FreeList<BodyBuffer>.TryTake() is not null || FreeList<BodySegment>.TryTake() is not null)
        {
        }
    }
}

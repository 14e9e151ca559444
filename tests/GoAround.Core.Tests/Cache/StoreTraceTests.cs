using Xunit;

namespace GoAround.Core.Tests.Cache;

public sealed class StoreTraceTests
{
    /// <summary>A working set ten times the room, with walks through objects that nobody asks for again; the million requests of it run in bench/GoAround.Bench.</summary>
    [Fact]
    public void Store_hits_more_often_than_LRU_with_a_tenth_of_more_room_and_stays_in_its_own()
    {
        ZipfTrace trace = new(objects: 10_000, requests: 100_000, meanBytes: 8192, seed: 4);
        long capacity = trace.TotalBytes / 10;
        LruModel lru = new(capacity + (capacity / 10));
        using StoreModel store = new(capacity);
        int lruHits = 0;
        int storeHits = 0;
        foreach ((int id, int bytes) in trace.Requests())
        {
            lruHits += lru.Request(id, bytes) ? 1 : 0;
            storeHits += store.Request(id, bytes) ? 1 : 0;
            Assert.InRange(store.CommittedBytes, 0, capacity);
        }

        Assert.InRange(storeHits, lruHits * 1.05, 100_000);
        Assert.InRange(store.Usage.Bytes, capacity * 0.85, capacity);
    }
}

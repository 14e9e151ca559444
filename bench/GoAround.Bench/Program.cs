using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;
using System.Threading.Tasks;
using GoAround.Core.Tests.Cache;

namespace GoAround.Bench;

/// <summary>Which way of eviction keeps most of what is asked for again: a million requests, a working set ten times the size, scans among them.</summary>
internal static class Program
{
    private const int MeanBytes = 8 * 1024;
    private const ulong Seed = 4;

    // What the store counts for one response beside its body, so that all have the same room: key, head and objects.
    private const int OverheadBytes = 800;

    /// <summary>
    /// Prints a table; arguments: how many requests (default a million), how many objects (default 80,000), and the name of one way (default all). With <c>allocations</c>
    /// alone: what a request allocates in each way of use.
    /// </summary>
    private static async Task Main(string[] arguments)
    {
        if (arguments is ["allocations"])
        {
            await AllocationTable.PrintAsync();
            return;
        }

        int requests = arguments.Length > 0 ? int.Parse(arguments[0], CultureInfo.InvariantCulture) : 1_000_000;
        int objects = arguments.Length > 1 ? int.Parse(arguments[1], CultureInfo.InvariantCulture) : 80_000;
        ZipfTrace trace = new(objects, requests, MeanBytes, Seed);
        long capacity = trace.TotalBytes / 10;
        Console.WriteLine($"{requests} requests, {objects} objects of {trace.TotalBytes >> 20} MiB, room for {capacity >> 20} MiB");
        Console.WriteLine($"{"",-24} {"hits",8} {"of bytes",9} {"ns each",8} {"B/hit",6} {"heap MiB",9} {"RSS MiB",8} {"gen 2",6}");
        WarmUp();
        foreach ((string name, Func<long, IEvictionModel> make) in Ways())
        {
            if (arguments.Length < 3 || name == arguments[2])
            {
                Run(name, make(capacity), trace);
            }
        }
    }

    /// <summary>What the runtime loads and compiles for it is not the store's.</summary>
    private static void WarmUp()
    {
        using StoreModel store = new(1 << 20);
        for (int i = 0; i < 20_000; i++)
        {
            store.Request(i % 1000, 64 * (i % 1000));
        }
    }

    private static IEnumerable<(string Name, Func<long, IEvictionModel> Make)> Ways()
    {
        yield return ("goaround", capacity => new StoreModel(capacity));
        yield return ("LRU", capacity => new LruModel(capacity));
        yield return ("SIEVE", capacity => new SieveModel(capacity));
        yield return ("W-TinyLFU", capacity => new TinyLfuModel(capacity));
        yield return ("Caching.Memory", capacity => new MemoryCacheModel(capacity));
    }

    private static void Run(string name, IEvictionModel model, ZipfTrace trace)
    {
        long rss = Rss();
        long heap = GC.GetTotalMemory(forceFullCollection: true);
        int requests = 0;
        int hits = 0;
        long bytes = 0;
        long hitBytes = 0;
        long hitAllocated = 0;
        int collections = GC.CollectionCount(2);
        Stopwatch watch = Stopwatch.StartNew();
        foreach ((int id, int size) in trace.Requests())
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            requests++;
            bytes += size;
            if (model.Request(id, model is StoreModel ? size : size + OverheadBytes))
            {
                hitAllocated += GC.GetAllocatedBytesForCurrentThread() - before;
                hits++;
                hitBytes += size;
            }
        }

        double nanoseconds = watch.Elapsed.TotalNanoseconds / requests;
        collections = GC.CollectionCount(2) - collections;
        double heapNow = (GC.GetTotalMemory(forceFullCollection: false) - heap) / 1048576.0;
        double rssNow = (Rss() - rss) / 1048576.0;
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{name,-24} {(double)hits / requests,8:P2} {(double)hitBytes / bytes,9:P2} {nanoseconds,8:F0} {(double)hitAllocated / Math.Max(1, hits),6:F1} {heapNow,9:F1} {rssNow,8:F1} {collections,6}"));
        if (model is StoreModel store)
        {
            Console.WriteLine($"  {store.Usage}, {store.CommittedBytes} bytes taken from the runtime");
        }

        (model as IDisposable)?.Dispose();
    }

    private static long Rss()
    {
        GC.Collect();
        using Process self = Process.GetCurrentProcess();
        return self.WorkingSet64;
    }
}

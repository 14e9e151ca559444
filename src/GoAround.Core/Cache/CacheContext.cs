using System;
using GoAround.Core.Async;
using Microsoft.Extensions.Logging;

namespace GoAround.Core.Cache;

/// <summary>What everything in one cache shares.</summary>
internal sealed class CacheContext
{
    /// <summary>Puts it together.</summary>
    public CacheContext(ProxyHandler next, IResponseCache store, CacheOptions options, CacheMemory memory, ProxyEvents events, TimeProvider time, ILogger log, string proxyName)
    {
        Next = next;
        Store = store;
        Options = options;
        Memory = memory;
        Events = events;
        Time = time;
        Runner = time as IWorkRunner;
        Log = log;
        Name = CacheStatusField.NameOf(proxyName);
        MaxObjectBytes = Math.Min(options.MaxObjectBytes, memory.CapacityBytes / 4);
        Fills = new FillTable(time);
        Unshared = new UnsharedKeys(time);
        Outgrown = new UnsharedKeys(time);
    }

    /// <summary>Asks the backends.</summary>
    public ProxyHandler Next { get; }

    /// <summary>Keeps the responses.</summary>
    public IResponseCache Store { get; }

    /// <summary>The user's.</summary>
    public CacheOptions Options { get; }

    /// <summary>Where bodies lie, from their first byte on.</summary>
    public CacheMemory Memory { get; }

    /// <summary>Told how each request was answered.</summary>
    public ProxyEvents Events { get; }

    /// <summary>The clock of all ages.</summary>
    public TimeProvider Time { get; }

    /// <summary>Where work goes on that is put off; null: on the thread pool.</summary>
    public IWorkRunner? Runner { get; }

    /// <summary>Told of what fails where nobody waits for it.</summary>
    public ILogger Log { get; }

    /// <summary>The name of this cache, as Cache-Status has it.</summary>
    public byte[] Name { get; }

    /// <summary>The longest body that is stored.</summary>
    public long MaxObjectBytes { get; }

    /// <summary>What is being fetched.</summary>
    public FillTable Fills { get; }

    /// <summary>What is not worth waiting for.</summary>
    public UnsharedKeys Unshared { get; }

    /// <summary>Whose latest body of unknown length became too long to be stored.</summary>
    public UnsharedKeys Outgrown { get; }

    /// <summary>Unix milliseconds.</summary>
    public long NowMs() => Time.GetUtcNow().ToUnixTimeMilliseconds();
}

using System;
using System.Collections.Generic;
using System.Threading;

namespace GoAround.Core.Cache;

/// <summary>
/// One response in <see cref="MemoryResponseCache"/>: its key and head lie in one run of memory. It is never used again for another response,
/// so that a lookup may still look at one that was removed under its hands.
/// </summary>
internal sealed class CacheEntry : BufferedResponse
{
    /// <summary>What this object takes on the heap; measured by a test.</summary>
    internal const int ObjectBytes = 192;

    private readonly CacheMemory _memory;
    private readonly CacheRun _run;
    private readonly int _keyLength;
    private readonly int _objectBytes;
    private CacheEntry? _nextInBucket;

    /// <summary>Owns the run; the links are the store's to set.</summary>
    public CacheEntry(CacheMemory memory, CacheRun run, int keyLength, int objectBytes, ulong hash, StoredResponse response, BodyBuffer? body, IReadOnlyList<ReadOnlyMemory<byte>> tags)
        : base(run.Memory.Slice(keyLength, response.Head.Length), body, tags, response.KeepUntil)
    {
        _memory = memory;
        _run = run;
        _keyLength = keyLength;
        _objectBytes = objectBytes;
        IsMarker = response.IsMarker;
        Hash = hash;
        ExpiryTicks = response.KeepUntil.UtcTicks;
        CostBytes = run.Length + objectBytes + (body?.TakenBytes ?? 0);
    }

    /// <summary>The hash of its key.</summary>
    public ulong Hash { get; }

    /// <summary>What it takes of the budget.</summary>
    public long CostBytes { get; }

    /// <summary><see cref="StoredResponse.KeepUntil"/> in ticks.</summary>
    public long ExpiryTicks { get; }

    /// <summary>Its key; only while a share is held.</summary>
    public ReadOnlySpan<byte> Key => _run.Span[.._keyLength];

    /// <summary>How often it was found since it was stored or last spared, up to 3. Set without a lock: a lost count does no harm.</summary>
    public byte Uses { get; set; }

    /// <summary>It was proven worth its room, or else it is on probation. Under the store's lock.</summary>
    public bool IsProven { get; set; }

    /// <summary>It was removed. Under the store's lock.</summary>
    public bool IsRemoved { get; set; }

    /// <summary>The next one of its bucket, also after it was removed itself.</summary>
    public CacheEntry? NextInBucket
    {
        get => Volatile.Read(ref _nextInBucket);
        set => Volatile.Write(ref _nextInBucket, value);
    }

    /// <summary>The one of its queue that is older. Under the store's lock.</summary>
    public CacheEntry? Older { get; set; }

    /// <summary>The one of its queue that is newer. Under the store's lock.</summary>
    public CacheEntry? Newer { get; set; }

    /// <summary>Its places under its tags. Under the store's lock.</summary>
    public TagLink? FirstLink { get; set; }

    /// <inheritdoc/>
    protected override void Release()
    {
        _memory.Return(_run, _objectBytes);
        base.Release();
    }
}

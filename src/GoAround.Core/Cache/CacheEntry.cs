using System;
using System.Buffers;
using System.Collections.Generic;
using System.Threading;
using GoAround.Core.Async;

namespace GoAround.Core.Cache;

/// <summary>
/// One response in <see cref="MemoryResponseCache"/>: its key and head lie in one run of memory. Once nobody holds a share it is used again for another
/// response, since what lived long and then is garbage costs a collection of everything: a lookup that has no share yet may find another one here.
/// </summary>
internal sealed class CacheEntry : BufferedResponse
{
    /// <summary>What this object takes on the heap; measured by a test.</summary>
    internal const int ObjectBytes = 192;

    private CacheMemory? _memory;
    private CacheRun _run;
    private int _keyLength;
    private int _objectBytes;
    private CacheEntry? _nextInBucket;

    private CacheEntry()
        : base(default, null, [], default) => base.Dispose();

    /// <summary>The hash of its key; right only while a share is held.</summary>
    public ulong Hash { get; private set; }

    /// <summary>What it takes of the budget.</summary>
    public long CostBytes { get; private set; }

    /// <summary><see cref="StoredResponse.KeepUntil"/> in ticks.</summary>
    public long ExpiryTicks { get; private set; }

    /// <summary>Its key; only while a share is held.</summary>
    public ReadOnlySpan<byte> Key => _run.Span[.._keyLength];

    /// <summary>How often it was found since it was stored or last spared, up to 3. Set without a lock: a lost count does no harm.</summary>
    public byte Uses { get; set; }

    /// <summary>Its head was looked at when it was stored, and is one.</summary>
    public bool HasSoundHead { get; private set; }

    /// <summary>It was proven worth its room, or else it is on probation. Under the store's lock.</summary>
    public bool IsProven { get; set; }

    /// <summary>It is in the store: no longer being made, and not yet removed. Under the store's lock, with a share.</summary>
    public bool IsStored { get; set; }

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

    /// <summary>One with one share, that owns the run, where key and head are, and a share of the body.</summary>
    public static CacheEntry Take(CacheMemory memory, CacheRun run, int keyLength, int objectBytes, ulong hash, StoredResponse response, BodyBuffer? body, IReadOnlyList<ReadOnlyMemory<byte>> tags)
    {
        CacheEntry entry = FreeList<CacheEntry>.TryTake() ?? new CacheEntry();
        entry._memory = memory;
        entry._run = run;
        entry._keyLength = keyLength;
        entry._objectBytes = objectBytes;
        entry.Hash = hash;
        entry.ExpiryTicks = response.KeepUntil.UtcTicks;
        entry.CostBytes = run.Length + objectBytes + (body?.TakenBytes ?? 0);
        entry.Uses = 0;
        entry.IsProven = false;
        entry.IsStored = false;
        entry.Head = run.Memory.Slice(keyLength, response.Head.Length);
        entry.Body = body?.ToSequence() ?? ReadOnlySequence<byte>.Empty;
        entry.Buffer = body;
        entry.Tags = tags;
        entry.KeepUntil = response.KeepUntil;
        entry.HasSoundHead = StoredHead.TryRead(response.Head, out _);
        entry.Renew(response.IsMarker);
        return entry;
    }

    /// <inheritdoc/>
    protected override void Release()
    {
        if (_memory is null)
        {
            return; // it is being made
        }

        base.Release();
        _memory.Return(_run, _objectBytes);
        _memory = null;
        _run = default;
        Head = default;
        Body = default;
        Buffer = null;
        Tags = [];
        FreeList<CacheEntry>.Give(this);
    }
}

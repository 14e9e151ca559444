using System;
using System.Collections.Generic;
using System.Numerics;
using System.Threading;

namespace GoAround.Core.Cache;

/// <summary>
/// One fixed budget of bytes for bodies, heads and keys, and for the objects that lead to them. It is taken from the runtime piece by piece, as it
/// is needed, and then split and joined here, so that nothing that comes and goes is ever garbage. Safe for concurrent use.
/// </summary>
/// <remarks>
/// Buddies: a free block of order k is 2^k granules and begins at a multiple of that; two halves that are both free are joined at once. What is taken is
/// a run of exact length: the tail of its block goes back. The free blocks of an order are a list that lies in the free memory itself.
/// </remarks>
internal sealed class CacheMemory
{
    /// <summary>What is given out is a multiple of this: the mean waste is half of it.</summary>
    public const int GranuleBytes = 128;

    private const int LargestExtentBytes = 1 << 20;
    private const int SmallestExtentBytes = 1 << 14;
    private const int SmallestPieceBytes = 1024;
    private const int Rounds = 16;

    private readonly Lock _gate = new();
    private readonly List<CacheExtent?> _extents = [];
    private readonly Stack<int> _vacant = new();
    private readonly int _extentBytes;
    private readonly int _extentOrder;
    private readonly FreeBlocks _free;
    private long _committed;
    private long _objects;
    private long _taken;

    /// <summary>Promises so much memory and takes none yet.</summary>
    /// <param name="capacityBytes">Bytes, 64 KiB or more.</param>
    public CacheMemory(long capacityBytes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(capacityBytes, 4 * SmallestExtentBytes);
        CapacityBytes = capacityBytes;
        _extentBytes = (int)Math.Clamp((long)BitOperations.RoundUpToPowerOf2((ulong)capacityBytes / 16), SmallestExtentBytes, LargestExtentBytes);
        _extentOrder = BitOperations.Log2((uint)(_extentBytes / GranuleBytes));
        _free = new FreeBlocks(_extents, _extentOrder);
    }

    /// <summary>How much it may take in all.</summary>
    public long CapacityBytes { get; }

    /// <summary>What is in use: granules, and objects that were counted.</summary>
    public long UsedBytes => Volatile.Read(ref _taken) + Volatile.Read(ref _objects);

    /// <summary>What was taken from the runtime, free or not; never above the capacity.</summary>
    public long CommittedBytes => Volatile.Read(ref _committed);

    /// <summary>The longest run there is.</summary>
    public int LongestRun => _extentBytes;

    /// <summary>Who is asked when there is no room; null: nobody. Never asked under a lock of this class.</summary>
    public IRoomMaker? RoomMaker { get; set; }

    private int ExtentCost => _extentBytes + (_extentBytes / GranuleBytes) + 128;

    /// <summary>Takes a run for some of the bytes: as many as there are in one piece, and at least one granule.</summary>
    /// <param name="bytes">How many are wanted; one or more.</param>
    /// <param name="objectBytes">What the objects take that lead to it; counted with it.</param>
    /// <param name="run">The run; to be returned, and <paramref name="objectBytes"/> with it.</param>
    /// <returns>False: the budget is used up, also after the <see cref="RoomMaker"/> was asked.</returns>
    public bool TryTake(int bytes, int objectBytes, out CacheRun run)
    {
        bytes = Math.Min(bytes, _extentBytes);
        return TryTake(bytes, Math.Min(bytes, SmallestPieceBytes), objectBytes, out run) || TryTakeNow(bytes, 1, objectBytes, out run);
    }

    /// <summary>Takes a run for all of the bytes.</summary>
    public bool TryTakeWhole(int bytes, int objectBytes, out CacheRun run)
    {
        run = default;
        return bytes <= _extentBytes && TryTake(bytes, bytes, objectBytes, out run);
    }

    /// <summary>Counts objects that need no run; false: the budget is used up.</summary>
    public bool TryReserve(long objectBytes)
    {
        lock (_gate)
        {
            return TryCount(objectBytes);
        }
    }

    /// <summary>Gives a run back, and what was counted for its objects.</summary>
    public void Return(CacheRun run, int objectBytes)
    {
        lock (_gate)
        {
            _objects -= objectBytes;
            _committed -= objectBytes;
            Free(run.Extent, run.Start, run.Granules);
        }
    }

    /// <summary>What was counted is gone.</summary>
    public void Discount(long objectBytes)
    {
        lock (_gate)
        {
            _objects -= objectBytes;
            _committed -= objectBytes;
        }
    }

    /// <summary>Gives back what lies behind so many bytes of a run; returns what is left, at least a granule.</summary>
    public CacheRun Shorten(CacheRun run, int bytes)
    {
        int granules = Math.Max(1, Granules(bytes));
        if (granules == run.Granules)
        {
            return run;
        }

        lock (_gate)
        {
            Free(run.Extent, run.Start + granules, run.Granules - granules);
        }

        return run with { Granules = granules };
    }

    private static int Granules(int bytes) => (bytes + GranuleBytes - 1) / GranuleBytes;

    private bool TryTake(int bytes, int least, int objectBytes, out CacheRun run)
    {
        for (int round = 0; ; round++)
        {
            if (TryTakeNow(bytes, least, objectBytes, out run))
            {
                return true;
            }

            if (round == Rounds || RoomMaker?.MakeRoom((long)bytes << Math.Min(round, 4)) is not true)
            {
                return false;
            }
        }
    }

    private bool TryTakeNow(int bytes, int least, int objectBytes, out CacheRun run)
    {
        int wanted = Math.Max(1, Granules(bytes));
        int order = BitOperations.Log2(BitOperations.RoundUpToPowerOf2((uint)wanted));
        run = default;
        lock (_gate)
        {
            if (!TryCount(objectBytes))
            {
                return false;
            }

            int found = _free.Smallest(order);
            if (found < 0 && TryGrow())
            {
                found = _extentOrder;
            }

            if (found < 0)
            {
                found = _free.Largest();
                if (found < 0 || 1 << found < Granules(least))
                {
                    _objects -= objectBytes;
                    _committed -= objectBytes;
                    return false;
                }
            }

            CacheExtent extent = _free.Take(found, out int start);
            int block = 1 << found;
            int granules = Math.Min(wanted, block);
            _taken += (long)block * GranuleBytes;
            if (block > granules)
            {
                Free(extent, start + granules, block - granules);
            }

            run = new CacheRun(extent, start, granules);
            return true;
        }
    }

    /// <summary>Objects come out of the same budget; an extent that is free as a whole is given up for them.</summary>
    private bool TryCount(long objectBytes)
    {
        while (_committed + objectBytes > CapacityBytes)
        {
            if (_free.Largest() != _extentOrder)
            {
                return false;
            }

            int index = _free.Take(_extentOrder, out _).Index;
            _extents[index] = null;
            _vacant.Push(index);
            _committed -= ExtentCost;
        }

        _objects += objectBytes;
        _committed += objectBytes;
        return true;
    }

    /// <summary>
    /// Takes one more extent. Some is left over for objects, since memory once split up is seldom free as a whole again: without that, no more
    /// responses than at the moment it was full could ever be kept, however small.
    /// </summary>
    private bool TryGrow()
    {
        if (_committed + ExtentCost + (_objects / 2) + (CapacityBytes / 64) > CapacityBytes)
        {
            return false;
        }

        if (!_vacant.TryPop(out int index))
        {
            index = _extents.Count;
            _extents.Add(null);
        }

        CacheExtent extent = new(index, _extentBytes);
        _extents[index] = extent;
        _committed += ExtentCost;
        _free.Add(extent, 0, _extentOrder);
        return true;
    }

    private void Free(CacheExtent extent, int start, int granules)
    {
        _taken -= (long)granules * GranuleBytes;
        while (granules > 0)
        {
            int order = Math.Min(BitOperations.Log2((uint)granules), start == 0 ? _extentOrder : BitOperations.TrailingZeroCount(start));
            _free.Add(extent, start, order);
            start += 1 << order;
            granules -= 1 << order;
        }
    }
}

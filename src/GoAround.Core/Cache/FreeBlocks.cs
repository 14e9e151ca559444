using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.Numerics;

namespace GoAround.Core.Cache;

/// <summary>The free blocks of <see cref="CacheMemory"/>, by order. A block's first 16 bytes are its links to the one before and the one behind. Not safe for concurrent use.</summary>
internal sealed class FreeBlocks
{
    private const long None = -1;
    private const int GranuleBits = 16;

    private readonly List<CacheExtent?> _extents;
    private readonly int _highest;
    private readonly long[] _first;
    private uint _filled;

    /// <summary>None is free at first.</summary>
    public FreeBlocks(List<CacheExtent?> extents, int highestOrder)
    {
        _extents = extents;
        _highest = highestOrder;
        _first = new long[highestOrder + 1];
        Array.Fill(_first, None);
    }

    /// <summary>The lowest order, from that one on, of which there is a block; -1: none.</summary>
    public int Smallest(int order)
    {
        uint fitting = _filled >> order;
        return fitting == 0 ? -1 : order + BitOperations.TrailingZeroCount(fitting);
    }

    /// <summary>The highest order of which there is a block; -1: nothing is free.</summary>
    public int Largest() => _filled == 0 ? -1 : BitOperations.Log2(_filled);

    /// <summary>Takes a block of an order of which there is one.</summary>
    public CacheExtent Take(int order, out int start)
    {
        long block = _first[order];
        start = StartOf(block);
        CacheExtent extent = ExtentOf(block);
        Remove(extent, start, order);
        return extent;
    }

    /// <summary>Makes a block free, and joins it with its buddy as long as that is free too.</summary>
    public void Add(CacheExtent extent, int start, int order)
    {
        byte[] orders = extent.FreeOrders;
        while (order < _highest && orders[start ^ (1 << order)] == order + 1)
        {
            Remove(extent, start ^ (1 << order), order);
            start &= ~(1 << order);
            order++;
        }

        long block = ((long)extent.Index << GranuleBits) | (uint)start;
        long next = _first[order];
        orders[start] = (byte)(order + 1);
        SetBefore(block, None);
        SetNext(block, next);
        if (next != None)
        {
            SetBefore(next, block);
        }

        _first[order] = block;
        _filled |= 1u << order;
    }

    private static int StartOf(long block) => (int)(block & ((1 << GranuleBits) - 1));

    private void Remove(CacheExtent extent, int start, int order)
    {
        extent.FreeOrders[start] = 0;
        Span<byte> links = extent.Bytes.AsSpan(start * CacheMemory.GranuleBytes, 16);
        long before = BinaryPrimitives.ReadInt64LittleEndian(links);
        long next = BinaryPrimitives.ReadInt64LittleEndian(links[8..]);
        if (next != None)
        {
            SetBefore(next, before);
        }

        if (before != None)
        {
            SetNext(before, next);
            return;
        }

        _first[order] = next;
        if (next == None)
        {
            _filled &= ~(1u << order);
        }
    }

    // An extent is given up only as one free block, which was taken off the list before: whatever a link leads to is there.
    private CacheExtent ExtentOf(long block) => _extents[(int)(block >> GranuleBits)]!;

    private Span<byte> Links(long block) => ExtentOf(block).Bytes.AsSpan(StartOf(block) * CacheMemory.GranuleBytes, 16);

    private void SetBefore(long block, long value) => BinaryPrimitives.WriteInt64LittleEndian(Links(block), value);

    private void SetNext(long block, long value) => BinaryPrimitives.WriteInt64LittleEndian(Links(block)[8..], value);
}

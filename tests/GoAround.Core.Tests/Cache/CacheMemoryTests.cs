using System;
using System.Collections.Generic;
using GoAround.Core.Cache;
using Xunit;

namespace GoAround.Core.Tests.Cache;

public sealed class CacheMemoryTests
{
    private const int Capacity = 1 << 20;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Runs_never_overlap_and_no_byte_is_lost(int seed)
    {
        CacheMemory memory = new(Capacity);
        Random random = new(seed);
        List<(CacheRun Run, byte Mark)> held = [];
        for (int i = 0; i < 20_000; i++)
        {
            if (random.Next(100) < (i / 4000 % 2 == 0 ? 60 : 40))
            {
                if (memory.TryTake(1 + random.Next(1 << random.Next(4, 17)), 0, out CacheRun run))
                {
                    byte mark = (byte)random.Next();
                    run.Span.Fill(mark);
                    held.Add((run, mark));
                }
            }
            else if (held.Count > 0)
            {
                int at = random.Next(held.Count);
                (CacheRun run, byte mark) = held[at];
                Assert.Equal(-1, run.Span.IndexOfAnyExcept(mark));
                CacheRun kept = memory.Shorten(run, random.Next(run.Length + 1));
                Assert.Equal(-1, kept.Span.IndexOfAnyExcept(mark));
                if (random.Next(2) == 0)
                {
                    held[at] = (kept, mark);
                }
                else
                {
                    held.RemoveAt(at);
                    memory.Return(kept, 0);
                }
            }

            Assert.InRange(memory.CommittedBytes, 0, Capacity);
        }

        long taken = 0;
        foreach ((CacheRun run, byte mark) in held)
        {
            Assert.Equal(-1, run.Span.IndexOfAnyExcept(mark));
            taken += run.Length;
        }

        Assert.Equal(taken, memory.UsedBytes);
        held.ForEach(one => memory.Return(one.Run, 0));
        Assert.Equal(0, memory.UsedBytes);
        AssertWhole(memory);
    }

    [Fact]
    public void Memory_in_splinters_is_given_out_to_its_end()
    {
        CacheMemory memory = new(Capacity);
        List<CacheRun> all = [];
        while (memory.TryTakeWhole(CacheMemory.GranuleBytes, 0, out CacheRun run))
        {
            all.Add(run);
        }

        for (int i = 0; i < all.Count; i += 2)
        {
            memory.Return(all[i], 0);
        }

        Assert.False(memory.TryTakeWhole(CacheMemory.GranuleBytes * 2, 0, out _));
        int pieces = 0;
        while (memory.TryTake(10_000, 0, out CacheRun piece))
        {
            Assert.Equal(CacheMemory.GranuleBytes, piece.Length);
            pieces++;
        }

        Assert.Equal((all.Count + 1) / 2, pieces);
    }

    [Fact]
    public void Objects_come_out_of_the_same_budget_and_memory_that_is_free_makes_way_for_them()
    {
        CacheMemory memory = new(Capacity);
        List<CacheRun> all = [];
        while (memory.TryTakeWhole(memory.LongestRun, 0, out CacheRun run))
        {
            all.Add(run);
        }

        Assert.False(memory.TryReserve(Capacity / 2));
        all.ForEach(run => memory.Return(run, 0));
        Assert.True(memory.TryReserve(Capacity / 2));
        Assert.InRange(memory.CommittedBytes, Capacity / 2, Capacity);
        memory.Discount(Capacity / 2);
        Assert.Equal(0, memory.UsedBytes);
        AssertWhole(memory);
    }

    [Fact]
    public void Nothing_is_taken_from_the_runtime_before_it_is_needed()
    {
        CacheMemory memory = new(1L << 40);

        Assert.Equal(0, memory.CommittedBytes);
        Assert.True(memory.TryTake(100, 0, out CacheRun run));
        Assert.Equal(CacheMemory.GranuleBytes, run.Length);
        Assert.InRange(memory.CommittedBytes, 1, 2 << 20);
    }

    [Fact]
    public void Room_maker_is_asked_until_there_is_room()
    {
        CacheMemory memory = new(Capacity);
        Stack<CacheRun> all = [];
        while (memory.TryTake(8192, 0, out CacheRun run))
        {
            all.Push(run);
        }

        memory.RoomMaker = new RoomMaker(() =>
        {
            memory.Return(all.Pop(), 0);
            return true;
        });
        Assert.True(memory.TryTakeWhole(32768, 0, out CacheRun large));
        Assert.Equal(32768, large.Length);

        memory.RoomMaker = new RoomMaker(() => false);
        Assert.False(memory.TryTakeWhole(memory.LongestRun, 0, out _));
    }

    // All that comes back is joined: as many whole extents can be taken as from new memory.
    private static void AssertWhole(CacheMemory memory)
    {
        int Count(CacheMemory from)
        {
            int count = 0;
            while (from.TryTakeWhole(from.LongestRun, 0, out _))
            {
                count++;
            }

            return count;
        }

        Assert.Equal(Count(new CacheMemory(memory.CapacityBytes)), Count(memory));
    }

    private sealed class RoomMaker(Func<bool> make) : IRoomMaker
    {
        public bool MakeRoom(long bytes) => make();
    }
}

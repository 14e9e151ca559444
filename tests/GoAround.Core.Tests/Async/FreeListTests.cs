using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using GoAround.Core.Async;
using Xunit;

namespace GoAround.Core.Tests.Async;

public sealed class FreeListTests
{
    [Fact]
    public void Object_given_last_is_taken_first()
    {
        Item first = new();
        Item second = new();
        FreeList<Item>.Give(first);
        FreeList<Item>.Give(second);
        Assert.Same(second, FreeList<Item>.TryTake());
        Assert.Same(first, FreeList<Item>.TryTake());
        Assert.Null(FreeList<Item>.TryTake());
    }

    [Fact]
    public void Empty_list_gives_nothing() => Assert.Null(FreeList<OtherItem>.TryTake());

    [Fact]
    public async Task What_one_thread_gives_another_one_takes()
    {
        MovedItem[] items = [.. Enumerable.Range(0, 1_000).Select(_ => new MovedItem())];
        await RunOnThreadAsync(() => Array.ForEach(items, FreeList<MovedItem>.Give));
        HashSet<MovedItem> taken = [];
        await RunOnThreadAsync(() =>
        {
            while (FreeList<MovedItem>.TryTake() is { } item)
            {
                Assert.True(taken.Add(item), "an object was handed out twice");
            }
        });
        Assert.InRange(taken.Count, 1_000 - 64, 1_000); // each thread may keep a short list of its own
    }

    [Fact]
    public async Task No_object_is_ever_held_by_two_threads()
    {
        await Task.WhenAll(Enumerable.Range(0, 6).Select(seed => RunOnThreadAsync(() =>
        {
            Random dice = new(seed);
            Stack<StressItem> held = new();
            for (int i = 0; i < 200_000; i++)
            {
                if (dice.Next(200) is int burst && burst < 100 && held.Count < 300)
                {
                    StressItem item = FreeList<StressItem>.TryTake() ?? new StressItem();
                    Assert.Equal(0, Interlocked.Exchange(ref item.Holders, 1));
                    held.Push(item);
                }
                else if (held.TryPop(out StressItem? item))
                {
                    Interlocked.Exchange(ref item.Holders, 0);
                    FreeList<StressItem>.Give(item);
                }
            }
        })));
    }

    private static Task RunOnThreadAsync(Action action)
    {
        TaskCompletionSource done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        new Thread(() =>
        {
            try
            {
                action();
                done.SetResult();
            }
            catch (Exception error)
            {
                done.SetException(error);
            }
        }).Start();
        return done.Task;
    }

    private sealed class Item;

    private sealed class OtherItem;

    private sealed class MovedItem;

    private sealed class StressItem
    {
        public int Holders;
    }
}

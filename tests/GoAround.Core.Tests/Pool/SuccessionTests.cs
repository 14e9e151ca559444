using System;
using System.Linq;
using System.Threading.Tasks;
using GoAround.Core.Pool;
using Microsoft.Extensions.Time.Testing;
using Xunit;
using static GoAround.Core.Tests.Pool.PoolScene;

namespace GoAround.Core.Tests.Pool;

/// <summary>One part of the pool alone: the test kit runs whole balancers, and cannot hand over a slot that is neither out nor free.</summary>
public sealed class SuccessionTests
{
    [Fact]
    public async Task Removed_backend_that_still_carries_something_lets_go_of_the_slots_that_came_back()
    {
        RecordedLog<BackendPool> log = new();
        FakeTimeProvider time = new();
        await using Retirement retirement = new(log, time);
        using FreeSlots home = new(Options(64), retirement, ProxyEvents.None, time);
        ScriptedBackends world = new();
        Succession succession = new(retirement, new ChangeFeed(time));
        BackendGroup group = new(A, world.Subscribe(A), time.GetUtcNow(), null);
        group.Fill(64, world, home);
        succession.Admit(group);
        Slot[] waiting = [.. group.Aside.Take(32)];
        Slot tunnel = group.Aside[^1];
        group.Aside.RemoveAll(slot => slot == tunnel || waiting.Contains(slot)); // out, or in the channel
        succession.Remove(group);
        foreach (Slot slot in waiting)
        {
            retirement.Add(slot);
            Assert.Null(succession.PayBack(group));
        }

        Assert.Equal(1, group.Outstanding);
        Assert.InRange(group.Slots.Count, 1, 2);
        Assert.Contains(tunnel, group.Slots);
        Assert.Equal(group, Assert.Single(succession.Alive));
        retirement.Add(tunnel);
        Assert.Null(succession.PayBack(group));
        Assert.Empty(succession.Alive);
    }
}

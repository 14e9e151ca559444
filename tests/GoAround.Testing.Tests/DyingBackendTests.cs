using System;
using System.Threading.Tasks;
using GoAround.Core;
using Xunit;

namespace GoAround.Testing.Tests;

/// <summary>What docs/embedding.md shows of the kit.</summary>
public sealed class DyingBackendTests
{
    // <dying>
    [Fact]
    public async Task Backend_that_dies_after_three_seconds_costs_nobody_an_answer()
    {
        TestBackend a = new TestBackend("http://a").Takes(TimeSpan.FromMilliseconds(20));
        TestBackend b = new TestBackend("http://b").Takes(TimeSpan.FromMilliseconds(20)).DiesAt(TimeSpan.FromSeconds(3));
        await using TestBalancer balancer = await TestBalancer.StartAsync(a, b);
        TestLoad load = await balancer.LoadAsync(perSecond: 100, during: TimeSpan.FromSeconds(10));
        Assert.Empty(load.Failures); // no 5xx, nothing cut short
        Assert.Equal(HealthState.Unhealthy, balancer.Pool.GetStatus()[1].State);
    }
    // </dying>
}

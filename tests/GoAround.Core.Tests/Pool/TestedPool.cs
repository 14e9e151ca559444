using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading.Tasks;
using GoAround.Core.Hosting;
using GoAround.Testing;
using Xunit;

namespace GoAround.Core.Tests.Pool;

/// <summary>A balancer of the test kit as the tests of the pool want it: so many connections, and checks each second.</summary>
internal static class TestedPool
{
    public static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    /// <summary>Starts it with so many connections to each backend.</summary>
    public static Task<TestBalancer> StartAsync(int n, params TestBackend[] backends) => StartAsync(n, _ => { }, new BalancerParts { Events = ProxyEvents.None }, backends);

    /// <summary>As above; the setup is changed before.</summary>
    public static Task<TestBalancer> StartAsync(int n, Action<TestSetup> configure, params TestBackend[] backends) =>
        StartAsync(n, configure, new BalancerParts { Events = ProxyEvents.None }, backends);

    /// <summary>As above, with parts of the test's own; the clock is that of a health that is set by hand.</summary>
    public static Task<TestBalancer> StartAsync(int n, BalancerParts parts, params TestBackend[] backends) => StartAsync(n, _ => { }, parts, backends);

    /// <summary>As above; the setup is changed before.</summary>
    public static Task<TestBalancer> StartAsync(int n, Action<TestSetup> configure, BalancerParts parts, params TestBackend[] backends)
    {
        TestSetup setup = new(backends) { Parts = parts, Time = TimeOf(parts.HealthMonitor) };
        setup.Options.Pool.ConnectionsPerBackend = n;
        setup.Options.Health.Interval = Second;
        configure(setup);
        return TestBalancer.StartAsync(setup);
    }

    /// <summary>Health of all backends that the test sets, on a clock of its own, which <see cref="StartAsync(int, BalancerParts, TestBackend[])"/> takes over.</summary>
    public static ManualHealth ByHand(HealthState initial = HealthState.Healthy) => new(new ManualTime(), initial);

    private static ManualTime TimeOf(IHealthMonitor? monitor) => monitor switch
    {
        ManualHealth health => health.Time,
        ScriptedBackends doubles => doubles.Health.Time,
        _ => new ManualTime(),
    };

    /// <summary>Lets time pass until a backend has this health.</summary>
    public static void Await(this TestBalancer balancer, TestBackend backend, HealthState state) =>
        Assert.True(balancer.Time.AdvanceUntil(() => balancer.StatusOf(backend).State == state, 10 * Second), $"{backend} does not turn {state}");

    /// <summary>What has been answered by now.</summary>
    public static TestAnswer Now(this Task<TestAnswer> asked)
    {
        Assert.True(asked.IsCompleted, "it is not answered yet");
        return asked.Result;
    }

    /// <summary>Holds a request that a certain backend answers; others that come first are ended.</summary>
    public static HeldRequest HoldOn(this TestBalancer balancer, TestBackend backend)
    {
        for (int i = 0; i < 1000; i++)
        {
            HeldRequest held = balancer.Hold();
            Assert.Equal(200, held.Answer?.StatusCode);
            if (backend.Backend.Equals(held.Backend))
            {
                return held;
            }

            held.End();
        }

        throw new InvalidOperationException($"{backend} is never chosen");
    }

    /// <summary>Asks once, and says who has answered.</summary>
    public static async Task<Backend?> AskAsync(this TestBalancer balancer) => (await balancer.SendAsync("GET", "/")).Backend;

    /// <summary>Each backend has so many slots: none was lost, none was doubled. Nothing is under way before, nor afterwards.</summary>
    public static void ExpectSlots(this TestBalancer balancer, int each, params TestBackend[] backends) => balancer.ExpectSlots([.. backends.Select(backend => (backend, each))]);

    /// <summary>As above, for backends that differ.</summary>
    public static void ExpectSlots(this TestBalancer balancer, params (TestBackend Backend, int Count)[] slots)
    {
        foreach ((TestBackend backend, _) in slots)
        {
            backend.TakesFrom(balancer.Time.Elapsed, TimeSpan.Zero);
        }

        List<HeldRequest> held = [.. Enumerable.Range(0, slots.Sum(slot => slot.Count) + 1).Select(_ => balancer.Hold())];
        Assert.All(slots, slot => Assert.Equal(slot.Count, held.Count(one => slot.Backend.Backend.Equals(one.Backend))));
        Assert.Equal(1, balancer.Pool.QueueLength);
        held.ForEach(one => one.End());
        Assert.All(held, one => Assert.Equal((200, 1), (one.Answer?.StatusCode, one.Answer?.Attempts)));
    }
}

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
    public static Task<TestBalancer> StartAsync(int n, params TestBackend[] backends) => StartAsync(n, _ => { }, ProxyEvents.None, backends);

    /// <summary>As above; the setup is changed before.</summary>
    public static Task<TestBalancer> StartAsync(int n, Action<TestSetup> configure, params TestBackend[] backends) => StartAsync(n, configure, ProxyEvents.None, backends);

    /// <summary>As above, and tells what happens.</summary>
    public static Task<TestBalancer> StartAsync(int n, Action<TestSetup> configure, ProxyEvents events, params TestBackend[] backends)
    {
        TestSetup setup = new(backends) { Parts = new BalancerParts { Events = events } };
        setup.Options.Pool.ConnectionsPerBackend = n;
        setup.Options.Health.Interval = Second;
        configure(setup);
        return TestBalancer.StartAsync(setup);
    }

    /// <summary>Lets time pass until a backend has this health.</summary>
    public static void Await(this TestBalancer balancer, TestBackend backend, HealthState state) =>
        Assert.True(balancer.Time.AdvanceUntil(() => balancer.StatusOf(backend).State == state, 10 * Second), $"{backend} does not turn {state}");

    /// <summary>What has been answered by now.</summary>
    public static TestAnswer Now(this Task<TestAnswer> asked)
    {
        Assert.True(asked.IsCompleted, "it is not answered yet");
        return asked.Result;
    }

    public static BackendStatus StatusOf(this TestBalancer balancer, TestBackend backend) => balancer.Pool.GetStatus().Single(status => status.Backend.Equals(backend.Backend));

    /// <summary>Each backend has so many slots: none was lost, none was doubled. Nothing is under way before, nor afterwards.</summary>
    public static void ExpectSlots(this TestBalancer balancer, int each, params TestBackend[] backends)
    {
        foreach (TestBackend backend in backends)
        {
            backend.TakesFrom(balancer.Time.Elapsed, Second);
        }

        List<Task<TestAnswer>> asked = [.. Enumerable.Range(0, (each * backends.Length) + 1).Select(_ => balancer.Begin("GET", "/"))];
        Assert.All(backends, backend => Assert.Equal(each, backend.InFlight));
        Assert.Equal(1, balancer.Pool.QueueLength);
        balancer.Advance(3 * Second);
        Assert.All(asked.Select(Now), answer => Assert.Equal((200, 1), (answer.StatusCode, answer.Attempts)));
    }
}

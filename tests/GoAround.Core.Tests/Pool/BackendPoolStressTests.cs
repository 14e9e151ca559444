using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using GoAround.Core.Hosting;
using GoAround.Testing;
using Xunit;
using static GoAround.Core.Tests.Pool.PoolScene;
using static GoAround.Core.Tests.Pool.TestedPool;

namespace GoAround.Core.Tests.Pool;

/// <summary>What threads could break by meeting each other runs on many of them, over doubles, for the kit has one thread by design; the rest with the test kit.</summary>
public sealed class BackendPoolStressTests
{
    private const int Clients = 64;

    [Fact]
    public async Task Cap_holds_exactly_and_every_slot_is_back_after_random_failures()
    {
        await using PoolScene scene = await OpenAsync(Options(8), A, B, C);
        ConcurrentDictionary<Backend, int> running = new();
        int worst = 0;
        scene.World.Send = async (backend, _, cancellationToken) =>
        {
            int now = running.AddOrUpdate(backend, 1, (_, count) => count + 1);
            InterlockedMax(ref worst, now);
            try
            {
                int dice = Random.Shared.Next(20);
                if (dice > 1)
                {
                    await Task.Yield();
                }

                cancellationToken.ThrowIfCancellationRequested();
                return dice switch
                {
                    0 or 2 => throw Failure(),
                    1 or 3 => throw Failure(BackendFailureStage.ResponseHead, stale: true),
                    4 => throw Failure(BackendFailureStage.Request, BackendFailureKind.TimedOut),
                    5 => throw new ClientException(400, "scripted"),
                    _ => new ProxyResponse(),
                };
            }
            finally
            {
                running.AddOrUpdate(backend, 0, (_, count) => count - 1);
            }
        };
        await Task.WhenAll(Enumerable.Range(0, Clients).Select(_ => Task.Run(() => SendManyAsync(scene, 300))));
        Assert.InRange(worst, 1, 8);
        Dictionary<Backend, int> slots = await scene.CountSlotsAsync(24);
        Assert.All(slots.Values, count => Assert.Equal(8, count));
        Assert.All(scene.Pool.GetStatus(), status => Assert.Equal(0, status.InFlight));
        Assert.Equal(0, scene.Pool.QueueLength);
    }

    [Fact]
    public async Task No_slot_is_lost_when_leaving_races_with_being_served()
    {
        await using PoolScene scene = await OpenAsync(Options(1), A);
        for (int i = 0; i < 3_000; i++)
        {
            ProxyResponse holder = await scene.FetchAsync();
            using CancellationTokenSource client = new();
            Task<ProxyResponse> waiting = scene.FetchAsync(cancellationToken: client.Token);
            Task leaving = Task.Run(client.Cancel);
            await holder.DisposeAsync();
            await leaving;
            try
            {
                await (await waiting).DisposeAsync();
            }
            catch (OperationCanceledException)
            {
                // It left before it was served: both are right, but the slot must be there.
            }
        }

        await scene.CountSlotsAsync(1);
    }

    [Fact]
    public async Task Retriers_that_hold_all_slots_do_not_lock_each_other_out()
    {
        TestBackend[] all = [new("http://a"), new("http://b")];
        Array.ForEach(all, backend => backend.Takes(Second).Fails(TestFault.ResetBeforeHead, 4));
        await using TestBalancer balancer = await StartAsync(4, all);
        List<Task<TestAnswer>> asked = [.. Enumerable.Range(0, 32).Select(_ => balancer.Begin("GET", "/"))];
        Assert.All(all, backend => Assert.Equal((4, 4), (backend.InFlight, backend.Requests.Count))); // those that will fail, at one moment
        balancer.Advance(Second / 2);
        Assert.DoesNotContain(asked, answer => answer.IsCompleted);
        balancer.Advance(9 * Second);
        Assert.All(asked.Select(TestedPool.Now), answer => Assert.Equal(200, answer.StatusCode));
        Assert.Equal(8, asked.Count(answer => answer.Now().Attempts == 2));
        balancer.ExpectSlots(4, all);
    }

    [Theory]
    [InlineData(256)]
    [InlineData(8)]
    public async Task Backend_that_starts_to_fail_under_sixty_four_clients_fails_no_get(int n)
    {
        TestBackend a = new TestBackend("http://a").Varies(1, Second / 50).FailsBetween(TestFault.ResetBeforeHead, Second / 2, 60 * Second);
        TestBackend b = new TestBackend("http://b").Varies(2, Second / 50);
        ManualHealth health = ByHand(); // nothing but its answers tells that A fails
        await using TestBalancer balancer = await StartAsync(n, new BalancerParts { HealthMonitor = health }, a, b);
        int retried = 0;
        await balancer.Time.RunAsync(() => Task.WhenAll(Enumerable.Range(0, Clients).Select(_ => AskManyAsync())));
        Assert.InRange(retried, Clients, Clients * 200);
        Assert.InRange(balancer.Time.Elapsed, Second, 60 * Second);
        balancer.Advance(60 * Second);
        balancer.ExpectSlots(n, a.Varies(0, TimeSpan.Zero), b.Varies(0, TimeSpan.Zero));

        async Task AskManyAsync()
        {
            for (int i = 0; i < 200; i++)
            {
                TestAnswer answer = await balancer.SendAsync("GET", "/");
                Assert.Equal(200, answer.StatusCode);
                retried += answer.Attempts - 1;
            }
        }
    }

    [Fact]
    public async Task Health_that_flaps_under_load_loses_no_slot()
    {
        await using PoolScene scene = await OpenAsync(Options(4), A, B, C);
        scene.World.Send = async (_, _, _) =>
        {
            await Task.Yield();
            return new ProxyResponse();
        };
        Task clients = Task.WhenAll(Enumerable.Range(0, 16).Select(_ => Task.Run(() => SendManyAsync(scene, 500))));
        while (!clients.IsCompleted)
        {
            foreach (Backend backend in new[] { A, B })
            {
                scene.World.Health.Set(backend, HealthState.Unhealthy);
                await Task.Yield();
                scene.World.Health.Set(backend, HealthState.Healthy);
            }
        }

        await clients;
        Assert.All(await scene.CountSlotsAsync(12), count => Assert.Equal(4, count.Value));
        Assert.DoesNotContain(0, scene.Events.Fetches);
    }

    private static async Task SendManyAsync(PoolScene scene, int count)
    {
        for (int i = 0; i < count; i++)
        {
            try
            {
                using CancellationTokenSource client = new();
                Task<ProxyResponse> fetch = scene.FetchAsync(cancellationToken: client.Token);
                if (i % 17 == 16)
                {
                    await client.CancelAsync();
                }

                await (await fetch).DisposeAsync();
            }
            catch (Exception fault) when (fault is OperationCanceledException or ClientException)
            {
                // Scripted.
            }
        }
    }

    private static void InterlockedMax(ref int target, int value)
    {
        int seen = Volatile.Read(ref target);
        while (value > seen)
        {
            int before = Interlocked.CompareExchange(ref target, value, seen);
            if (before == seen)
            {
                return;
            }

            seen = before;
        }
    }
}

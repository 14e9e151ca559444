using System;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using GoAround.Core.Hosting;
using GoAround.Core.Pool;
using GoAround.Core.Tests.Wire;
using GoAround.Testing;
using Xunit;
using static GoAround.Core.Tests.Pool.PoolScene;
using static GoAround.Core.Tests.Pool.TestedPool;

namespace GoAround.Core.Tests.Pool;

/// <summary>Step by step with the test kit; where everything changes at once it does so on many threads, which the kit never does.</summary>
public sealed class BackendPoolModelTests
{
    private const int N = 3;

    [Theory]
    [InlineData(false, 0)]
    [InlineData(false, 5)]
    [InlineData(true, 0)]
    [InlineData(true, 5)]
    public async Task Cap_line_drains_and_slots_are_right_after_every_one_of_many_random_steps(bool hasPolicy, int slowStartSeconds)
    {
        for (int seed = 0; seed < 60; seed++)
        {
            TestBackend[] all = [new("http://a"), new("http://b"), new("http://c")];
            ManualHealth health = ByHand();
            BalancerParts parts = new() { HealthMonitor = health, Selection = hasPolicy ? new LeastRequests() : null };
            await using TestBalancer balancer = await StartAsync(N, setup => setup.Options.Pool.SlowStart = slowStartSeconds * Second, parts, all);
            PoolModel model = new(balancer, health, all, N, seed);
            for (int step = 0; step < 200; step++)
            {
                await model.StepAsync();
            }

            await model.FinishAsync();
        }
    }

    [Theory]
    [InlineData(1, false)]
    [InlineData(2, true)]
    public async Task Cap_holds_exactly_and_no_slot_is_lost_while_everything_changes_at_once(int seed, bool hasPolicy)
    {
        PoolOptions options = new() { ConnectionsPerBackend = N, MaxQueue = 1000, SlowStart = TimeSpan.FromSeconds(1) };
        await using PoolScene scene = await OpenAsync(options, hasPolicy ? new LeastRequests() : null, A, B, C);
        Backend[] all = [A, B, C];
        int[] carried = new int[all.Length];
        int worst = 0;
        scene.World.Send = async (backend, request, _) =>
        {
            int index = Array.IndexOf(all, backend);
            int now = Interlocked.Increment(ref carried[index]);
            int seen = Volatile.Read(ref worst);
            while (now > seen)
            {
                seen = Interlocked.CompareExchange(ref worst, now, seen) is var before && before == seen ? now : before;
            }

            if (request.Method.IsHead)
            {
                await Task.Yield();
                Interlocked.Decrement(ref carried[index]);
                throw Failure(BackendFailureStage.ResponseHead, stale: true);
            }

            return new ProxyResponse();
        };
        using CancellationTokenSource stop = new();
        Task[] changes =
        [
            ChangeAsync(seed, random => scene.Pool.ReplaceAsync([.. all.Where(one => one == C || random.Next(3) > 0).Select(one => one.WithWeight(random.Next(1, 5)))], default).AsTask()),
            ChangeAsync(seed + 10, random =>
            {
                if (scene.Pool.Backends.Contains(all[random.Next(2)]))
                {
                    scene.World.Health.Set(all[random.Next(2)], random.Next(2) == 0 ? HealthState.Unhealthy : HealthState.Healthy);
                }

                scene.Time.Advance(TimeSpan.FromMilliseconds(20));
                return Task.CompletedTask;
            }),
            ChangeAsync(seed + 20, random => DrainOtherAsync(random.Next(2))),
            ChangeAsync(seed + 30, async _ =>
            {
                // Only here C drains, and it is never removed: when it is said to be empty, it is, and stays so.
                await scene.Pool.DrainAsync(C, default);
                Assert.Equal(0, Volatile.Read(ref carried[2]));
                await Task.Yield();
                Assert.Equal(0, Volatile.Read(ref carried[2]));
                Assert.True(scene.Pool.EndDrain(C));
            }),
        ];
        Task clients = Task.WhenAll(Enumerable.Range(0, 12).Select(client => Task.Run(() => SendAsync(new Random(seed + 100 + client)))));
        await Task.WhenAny(clients, Task.Delay(WireEnd.Patience));
        await stop.CancelAsync();
        await clients;
        await Task.WhenAll(changes);

        Assert.InRange(worst, 1, N);
        await scene.Pool.ReplaceAsync(all, default);
        foreach (Backend backend in all)
        {
            scene.Pool.EndDrain(backend);
            scene.World.Health.Set(backend, HealthState.Healthy);
        }

        scene.Time.Advance(TimeSpan.FromSeconds(3));
        Assert.All((await scene.CountSlotsAsync(all.Length * N)).Values, count => Assert.Equal(N, count));

        Task ChangeAsync(int ownSeed, Func<Random, Task> change) => Task.Run(async () =>
        {
            Random random = new(ownSeed);
            while (!stop.IsCancellationRequested)
            {
                await change(random);
                await Task.Yield();
            }
        });

        async Task DrainOtherAsync(int index)
        {
            Task emptied = scene.Pool.DrainAsync(all[index], default);
            await Task.Yield();
            scene.Pool.EndDrain(all[index]);
            await emptied.ContinueWith(_ => { }, TaskScheduler.Default).WaitAsync(WireEnd.Patience);
        }

        async Task SendAsync(Random random)
        {
            for (int i = 0; i < 400 || (Volatile.Read(ref worst) == 0 && !stop.IsCancellationRequested); i++) // all may be refused while who drains C has no processor
            {
                using CancellationTokenSource client = new();
                Task<ProxyResponse> fetch = scene.FetchAsync(random.Next(8) == 0 ? "HEAD" : "GET", client.Token);
                if (random.Next(8) == 0)
                {
                    await client.CancelAsync();
                }

                try
                {
                    ProxyResponse response = await fetch;
                    await Task.Yield();
                    if (response.Backend is { } backend)
                    {
                        Interlocked.Decrement(ref carried[Array.IndexOf(all, backend)]);
                    }

                    await response.DisposeAsync();
                }
                catch (OperationCanceledException)
                {
                    // It left the line.
                }
            }
        }
    }
}

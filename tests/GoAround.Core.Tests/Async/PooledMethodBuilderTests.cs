using System;
using System.Linq;
using System.Runtime.CompilerServices;
using System.Threading;
using System.Threading.Tasks;
using GoAround.Core.Async;
using GoAround.Core.Tests.Pool;
using Xunit;

namespace GoAround.Core.Tests.Async;

public sealed class PooledMethodBuilderTests
{
    private static readonly AsyncLocal<string?> Flowing = new();

    [Fact]
    public async Task Method_that_never_suspends_has_its_result_at_once()
    {
        ValueTask<int> sum = AddAsync(new ValueTask<int>(2), new ValueTask<int>(3));
        Assert.True(sum.IsCompletedSuccessfully);
        Assert.Equal(5, await sum);
        ValueTask nothing = RunAsync(default);
        Assert.True(nothing.IsCompletedSuccessfully);
        await nothing;
    }

    [Fact]
    public async Task Method_that_suspends_twice_has_its_result_in_the_end()
    {
        Gate first = new();
        Gate second = new();
        ValueTask<int> sum = AddAsync(first.WaitAsync(), second.WaitAsync());
        Assert.False(sum.IsCompleted);
        first.Open(2);
        Assert.False(sum.IsCompleted);
        second.Open(3);
        Assert.True(sum.IsCompletedSuccessfully);
        Assert.Equal(5, await sum);
    }

    [Fact]
    public async Task Method_without_a_result_suspends_and_ends()
    {
        Gate gate = new();
        ValueTask run = RunAsync(gate.WaitAsync());
        Assert.False(run.IsCompleted);
        gate.Open(0);
        await run;
    }

    [Fact]
    public async Task Exception_before_a_suspension_reaches_the_awaiter()
    {
        ValueTask<int> failing = AddAsync(ValueTask.FromException<int>(new FormatException("now")), default);
        Assert.True(failing.IsFaulted);
        Assert.Equal("now", (await Assert.ThrowsAsync<FormatException>(async () => await failing)).Message);
        await Assert.ThrowsAsync<FormatException>(async () => await RunAsync(ValueTask.FromException<int>(new FormatException())));
    }

    [Fact]
    public async Task Exception_after_a_suspension_reaches_the_awaiter()
    {
        Gate gate = new();
        ValueTask<int> failing = AddAsync(gate.WaitAsync(), default);
        gate.Fail(new FormatException("later"));
        Assert.True(failing.IsFaulted);
        Assert.Equal("later", (await Assert.ThrowsAsync<FormatException>(async () => await failing)).Message);
        ValueTask run = RunAsync(gate.WaitAsync());
        gate.Fail(new FormatException());
        await Assert.ThrowsAsync<FormatException>(async () => await run);
    }

    [Fact]
    public async Task Method_that_failed_can_be_called_again()
    {
        Gate gate = new();
        for (int i = 0; i < 100; i++)
        {
            ValueTask<int> failing = AddAsync(gate.WaitAsync(), default);
            gate.Fail(new FormatException());
            await Assert.ThrowsAsync<FormatException>(async () => await failing);
            ValueTask<int> sum = AddAsync(gate.WaitAsync(), new ValueTask<int>(1));
            gate.Open(i);
            Assert.Equal(i + 1, await sum);
        }
    }

    [Fact]
    public async Task What_flows_with_the_caller_is_seen_after_a_suspension()
    {
        Gate gate = new();
        Flowing.Value = "caller";
        ValueTask<string?> reading = ReadFlowingAsync(gate.WaitAsync());
        Flowing.Value = "somebody else";
        await Task.Run(() => gate.Open(0));
        Assert.Equal("caller", await reading);
    }

    [Fact]
    public async Task What_a_method_changes_in_the_flow_stays_inside()
    {
        Gate gate = new();
        Flowing.Value = "caller";
        ValueTask<int> changing = ChangeFlowingAsync(gate.WaitAsync());
        Assert.Equal("caller", Flowing.Value);
        await Task.Run(() =>
        {
            Flowing.Value = "opener";
            gate.Open(0);
            Assert.Equal("opener", Flowing.Value);
        });
        Assert.Equal(1, await changing);
        Assert.Equal("caller", Flowing.Value);
    }

    [Fact]
    public async Task Free_box_keeps_nothing_alive()
    {
        Gate gate = new();
        WeakReference held = await HoldAsync(gate);
        for (int i = 0; i < 10 && held.IsAlive; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        Assert.False(held.IsAlive);
    }

    [OptimizedTheory]
    [InlineData(1)]
    [InlineData(500)]
    public void Many_in_flight_at_once_allocate_nothing(int inFlight)
    {
        Gate[] gates = [.. Enumerable.Range(0, inFlight).Select(_ => new Gate())];
        ValueTask<int>[] sums = new ValueTask<int>[inFlight];
        _ = Round(gates, sums) + Round(gates, sums);

        // What the builder allocates it allocates every time; the runtime, now and then, also charges a thread with what is its own.
        long least = long.MaxValue;
        for (int attempt = 0; attempt < 3 && least > 0; attempt++)
        {
            long sum = 0;
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < 20; i++)
            {
                sum += Round(gates, sums);
            }

            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
            Assert.Equal(20L * inFlight * (inFlight + 1) / 2, sum);
        }

        Assert.Equal(0, least);
    }

    [Fact]
    public async Task Results_of_many_threads_are_never_mixed()
    {
        await Task.WhenAll(Enumerable.Range(0, 8).Select(thread => Task.Run(async () =>
        {
            for (int i = 0; i < 20_000; i++)
            {
                int expected = (thread * 1_000_000) + i;
                Assert.Equal(expected, await HopAsync(expected));
            }
        })));
    }

    [AsyncMethodBuilder(typeof(PooledMethodBuilder<>))]
    private static async ValueTask<int> AddAsync(ValueTask<int> first, ValueTask<int> second) =>
        await first.ConfigureAwait(false) + await second.ConfigureAwait(false);

    [AsyncMethodBuilder(typeof(PooledMethodBuilder))]
    private static async ValueTask RunAsync(ValueTask<int> wait) => await wait.ConfigureAwait(false);

    [AsyncMethodBuilder(typeof(PooledMethodBuilder<>))]
    private static async ValueTask<string?> ReadFlowingAsync(ValueTask<int> wait)
    {
        await wait.ConfigureAwait(false);
        return Flowing.Value;
    }

    [AsyncMethodBuilder(typeof(PooledMethodBuilder<>))]
    private static async ValueTask<int> ChangeFlowingAsync(ValueTask<int> wait)
    {
        Flowing.Value = "inside";
        await wait.ConfigureAwait(false);
        Assert.Equal("inside", Flowing.Value);
        Flowing.Value = "inside, later";
        return 1;
    }

    [AsyncMethodBuilder(typeof(PooledMethodBuilder<>))]
    private static async ValueTask<int> HopAsync(int value)
    {
        if (value % 2 == 0)
        {
            await PollThread.Leave();
        }

        return await AddAsync(YieldAsync(value), new ValueTask<int>(0)).ConfigureAwait(false);
    }

    [AsyncMethodBuilder(typeof(PooledMethodBuilder<>))]
    private static async ValueTask<int> YieldAsync(int value)
    {
        if (value % 3 != 0)
        {
            await PollThread.Leave();
        }

        return value;
    }

    [AsyncMethodBuilder(typeof(PooledMethodBuilder<>))]
    private static async ValueTask<int> UseAsync(object held, ValueTask<int> wait)
    {
        int result = await wait.ConfigureAwait(false);
        GC.KeepAlive(held);
        return result;
    }

    private static async Task<WeakReference> HoldAsync(Gate gate)
    {
        (WeakReference held, Task<int> use) = Start(gate);
        gate.Open(0);
        await use;
        return held;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static (WeakReference Held, Task<int> Use) Start(Gate gate)
    {
        object held = new();
        return (new WeakReference(held), UseAsync(held, gate.WaitAsync()).AsTask());
    }

    private static long Round(Gate[] gates, ValueTask<int>[] sums)
    {
#pragma warning disable CA2012 // each is consumed once, below
        for (int i = 0; i < gates.Length; i++)
        {
            sums[i] = AddAsync(gates[i].WaitAsync(), new ValueTask<int>(1));
        }

        long sum = 0;
        for (int i = 0; i < gates.Length; i++)
        {
            gates[i].Open(i);
            sum += sums[i].Result;
        }
#pragma warning restore CA2012

        return sum;
    }
}

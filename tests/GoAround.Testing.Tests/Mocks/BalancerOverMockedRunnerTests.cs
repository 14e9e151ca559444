using System;
using System.Collections.Generic;
using System.Threading;
using System.Threading.Tasks;
using GoAround.Core.Async;
using GoAround.Core.Hosting;
using NSubstitute;
using Xunit;

namespace GoAround.Testing.Tests.Mocks;

/// <summary>The balancer in a mocked clock that is an <see cref="IWorkRunner"/>: what it puts off is done when the clock does it, and not before.</summary>
public sealed class BalancerOverMockedRunnerTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60); // what left the runner fails the test, and does not hang it

    [Fact]
    public async Task Start_goes_on_when_the_runner_runs_it()
    {
        Queue<(Action<object?> Work, object? State)> work = new();
        TimeProvider time = Substitute.For<TimeProvider, IWorkRunner>();
        time.TimestampFrequency.Returns(TimeSpan.TicksPerSecond);
        ((IWorkRunner)time).WhenForAnyArgs(runner => runner.Enqueue(default!, default)).Do(call => work.Enqueue((call.Arg<Action<object?>>(), call.ArgAt<object?>(1))));
        Balancer balancer = new(new GoAroundOptions(), new BalancerParts { Time = time });
        Task start = balancer.StartAsync(CancellationToken.None);

        Assert.False(start.IsCompleted);
        RunAll(work);
        await start.WaitAsync(Patience);

        Task end = balancer.DisposeAsync().AsTask();
        Assert.False(end.IsCompleted);
        RunAll(work);
        await end.WaitAsync(Patience);
    }

    private static void RunAll(Queue<(Action<object?> Work, object? State)> work)
    {
        while (work.TryDequeue(out (Action<object?> Work, object? State) next))
        {
            next.Work(next.State);
        }
    }
}

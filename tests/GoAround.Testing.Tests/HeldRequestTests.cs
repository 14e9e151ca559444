using System;
using System.Threading;
using System.Threading.Tasks;
using GoAround.Core;
using Xunit;

namespace GoAround.Testing.Tests;

public sealed class HeldRequestTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private readonly TestBackend _a = new TestBackend("http://a").Answers(200, "some text");

    [Theory]
    [InlineData(TestWire.Messages)]
    [InlineData(TestWire.Bytes)]
    public async Task Connection_is_taken_until_the_end_whatever_time_passes(TestWire wire)
    {
        await using TestBalancer balancer = await StartAsync(wire);
        HeldRequest held = balancer.Hold("GET", "/x");
        Assert.Equal((_a.Backend, 200, "some text"), (held.Backend, held.Answer?.StatusCode, held.Answer?.Text));
        HeldRequest next = balancer.Hold();
        Assert.Equal((null, null, "not answered yet"), (next.Answer, next.Backend, next.ToString()));
        balancer.Advance(5 * Second);
        Assert.Equal((1, 1), (balancer.StatusOf(_a).InFlight, balancer.Pool.QueueLength));
        held.End();
        Assert.Equal((_a.Backend, 5 * Second), (next.Backend, next.Answer?.Took));
        held.End(); // again, which is nothing
        Assert.Equal(1, balancer.StatusOf(_a).InFlight);
        next.End();
        Assert.Equal(0, balancer.StatusOf(_a).InFlight);
        Assert.Contains("http://a", next.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_that_is_ended_before_its_answer_lets_go_as_soon_as_it_comes()
    {
        _a.Takes(2 * Second);
        await using TestBalancer balancer = await StartAsync(TestWire.Messages);
        HeldRequest held = balancer.Hold();
        held.End();
        Assert.Equal((null, 1), (held.Answer, _a.InFlight));
        balancer.Advance(2 * Second);
        Assert.Equal((200, 0), (held.Answer?.StatusCode, _a.InFlight));
    }

    [Fact]
    public async Task Client_that_leaves_the_line_and_bug_of_a_step_hold_nothing()
    {
        TestSetup setup = new(_a) { Options = { Pool = { ConnectionsPerBackend = 1 } } };
        setup.Options.Use((_, next) => new Refusing(next));
        await using TestBalancer balancer = await TestBalancer.StartAsync(setup);
        HeldRequest held = balancer.Hold();
        using CancellationTokenSource client = new();
        HeldRequest leaving = balancer.Hold(cancellationToken: client.Token);
        await client.CancelAsync();
        balancer.Time.RunUntilIdle();
        Assert.Equal((499, 0), (leaving.Answer?.StatusCode, balancer.Pool.QueueLength));
        held.End();
        HeldRequest faulty = balancer.Hold("DELETE");
        Assert.IsType<NotSupportedException>(faulty.Answer?.Fault);
        Assert.Equal(0, balancer.StatusOf(_a).InFlight);
    }

    [Fact]
    public async Task End_that_the_clock_runs_is_at_once()
    {
        await using TestBalancer balancer = await StartAsync(TestWire.Messages);
        await balancer.Time.RunAsync(async () =>
        {
            HeldRequest held = balancer.Hold();
            await Task.Delay(Second, balancer.Time);
            Assert.Equal(1, _a.InFlight);
            held.End();
            Assert.Equal(0, _a.InFlight);
        });
    }

    private Task<TestBalancer> StartAsync(TestWire wire) => TestBalancer.StartAsync(new TestSetup(_a) { Wire = wire, Options = { Pool = { ConnectionsPerBackend = 1 } } });

    private sealed class Refusing(ProxyHandler next) : ProxyHandler
    {
        public override ValueTask<ProxyResponse> HandleAsync(ProxyRequest request, CancellationToken cancellationToken) =>
            request.Method.ToString() == "DELETE" ? throw new NotSupportedException("mine") : next.HandleAsync(request, cancellationToken);
    }
}

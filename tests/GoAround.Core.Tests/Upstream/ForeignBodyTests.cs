using System;
using System.Threading;
using System.Threading.Tasks;
using GoAround.Core.Hosting;
using GoAround.Core.Tests.Pool;
using GoAround.Core.Tests.Wire;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace GoAround.Core.Tests.Upstream;

/// <summary>A request whose body is the application's, and whose read does more than end when it is cancelled.</summary>
public sealed class ForeignBodyTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Socket_is_closed_after_the_last_read_has_ended_whatever_a_callback_of_the_body_throws(bool isAnswered)
    {
        using ScriptedBackend backend = new();
        await using ScriptedBackends health = new();
        await using Balancer balancer = new(new GoAroundOptions { Backends = { backend.Backend.Address } }, new BalancerParts { HealthMonitor = health, Time = new FakeTimeProvider() });
        await balancer.StartAsync(default);
        TaskCompletionSource cancelled = new(TaskCreationOptions.RunContinuationsAsynchronously);
        TaskCompletionSource ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
        ProxyRequest request = new("POST", "/")
        {
            Body = new ScriptedBody(null, async cancellationToken =>
            {
                await using CancellationTokenRegistration registration = cancellationToken.Register(() =>
                {
                    cancelled.SetResult();
                    throw new InvalidOperationException("theirs");
                });
                await ended.Task;
                return default;
            }),
        };
        Task<ProxyResponse> fetching = balancer.Pool.FetchAsync(request, default).AsTask();
        using WireEnd link = await backend.AcceptAsync();
        await link.ReadHeadAsync();
        Task ending = fetching;
        if (isAnswered)
        {
            await link.SendAsync(WireEnd.Response("")); // before the request was sent to its end
            ending = (await fetching.WaitAsync(WireEnd.Patience)).DisposeAsync().AsTask();
        }
        else
        {
            link.Reset();
        }

        await cancelled.Task.WaitAsync(WireEnd.Patience);
        Assert.False(ending.IsCompleted);
        ended.SetResult();
        AggregateException fault = await Assert.ThrowsAsync<AggregateException>(() => ending.WaitAsync(WireEnd.Patience));
        Assert.Equal("theirs", fault.InnerException?.Message);
        Assert.Equal((default, 0), (balancer.Connections.CountSockets(backend.Backend), balancer.Pool.GetStatus()[0].InFlight));
    }
}

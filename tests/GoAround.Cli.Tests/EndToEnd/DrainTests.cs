using System;
using System.Threading.Tasks;
using Xunit;

namespace GoAround.Cli.Tests.EndToEnd;

[Collection(nameof(OneByOne))]
public class DrainTests
{
    [Fact]
    public async Task Requests_go_by_weight_and_a_backend_is_drained_and_resumed_under_load_without_a_failure()
    {
        BackendProcess[] backends = await BackendProcess.StartManyAsync(2);
        try
        {
            (string a, string b) = (backends[0].Address, backends[1].Address);
            await using BalancerProcess balancer = await BalancerProcess.StartAsync("-health-interval", "200ms", "-first-check-timeout", "60s", "-b", $"{a} weight=3,{b}");
            await Load.RunAsync(balancer.Port, clients: 1, requestsEach: 400);
            Assert.InRange((await backends[0].CountAsync()).Requests, 295, 305);
            Assert.Equal(3, await balancer.MetricAsync($"goaround_backend_weight{{backend=\"{a}\"}}"));
            Assert.Equal(85, await balancer.MetricAsync($"goaround_backend_limit{{backend=\"{b}\"}}"));

            await using Load load = Load.Start(balancer.Port, clients: 16);
            await load.AnswerMoreAsync(500);
            Assert.Equal($"ok {a} is empty", await balancer.ControlAsync($"drain {a} wait"));
            int before = (await backends[0].CountAsync()).Requests;
            await load.AnswerMoreAsync(500);
            Assert.Equal(before, (await backends[0].CountAsync()).Requests);
            string[] status = (await balancer.ControlAsync("status")).Split('\n');
            Assert.Equal(3, status.Length);
            Assert.StartsWith($"{a} healthy draining weight=3 in-flight=0 limit=0 since=", status[1], StringComparison.Ordinal);
            Assert.StartsWith($"{b} healthy weight=1 in-flight=", status[2], StringComparison.Ordinal);

            Assert.Equal("ok 2 backends, 0 added, 0 removed, 1 changed", await balancer.ControlAsync($"{a}, {b}"));
            Assert.Equal($"ok {a} takes requests again", await balancer.ControlAsync($"resume {a}"));
            await load.AnswerMoreAsync(500);
            await load.StopAsync();
            Assert.True((await backends[0].CountAsync()).Requests > before, "it was resumed, and took nothing");
        }
        finally
        {
            await BackendProcess.DisposeManyAsync(backends);
        }
    }
}

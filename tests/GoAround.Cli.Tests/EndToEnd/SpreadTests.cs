using System.Collections.Generic;
using System.Linq;
using System.Threading.Tasks;
using Xunit;

namespace GoAround.Cli.Tests.EndToEnd;

[Collection(nameof(OneByOne))]
public class SpreadTests
{
    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Requests_are_spread_evenly_one_by_one_and_many_at_once(int count)
    {
        BackendProcess[] backends = await BackendProcess.StartManyAsync(count);
        try
        {
            await using (BalancerProcess balancer = await BalancerProcess.StartAsync(backends))
            {
                await Load.RunAsync(balancer.Port, clients: 1, requestsEach: 300);
            }

            await AssertEvenAsync(backends, 300);
            await using (BalancerProcess balancer = await BalancerProcess.StartAsync(backends))
            {
                await Load.RunAsync(balancer.Port, clients: 30, requestsEach: 10);
            }

            await AssertEvenAsync(backends, 600);
        }
        finally
        {
            await BackendProcess.DisposeManyAsync(backends);
        }
    }

    [Fact]
    public async Task Killed_backend_costs_no_request_and_takes_its_share_again_when_it_is_back()
    {
        BackendProcess[] backends = await BackendProcess.StartManyAsync(3);
        try
        {
            BackendProcess victim = backends[1];
            await using BalancerProcess balancer = await BalancerProcess.StartAsync(backends);
            await using Load load = Load.Start(balancer.Port, clients: 64);
            await load.AnswerMoreAsync(2000);
            await victim.KillAsync();
            await load.AnswerMoreAsync(2000);
            await balancer.Process.WaitForLineAsync($"{victim.Address} is unhealthy");
            await victim.RestartAsync();
            await Eventually.HoldsAsync("the restarted backend takes requests", async () => (await victim.CountAsync()).Requests > 200);
            await load.StopAsync();
            Assert.True(await balancer.MetricAsync("goaround_retries_total") > 0, "nobody was at the backend when it was killed");

            int[] before = await CountAsync(backends);
            await Load.RunAsync(balancer.Port, clients: 64, requestsEach: 100);
            int[] after = await CountAsync(backends);
            int share = after[1] - before[1];
            Assert.Equal(6400, after.Sum() - before.Sum());
            Assert.InRange(share, 6400 / 4, 6400 / 2);
        }
        finally
        {
            await BackendProcess.DisposeManyAsync(backends);
        }
    }

    private static async Task AssertEvenAsync(BackendProcess[] backends, int total)
    {
        int[] counts = await CountAsync(backends);
        Assert.Equal(total, counts.Sum());
        Assert.True(counts.Max() - counts.Min() <= total / 300, string.Join(", ", counts));
    }

    private static async Task<int[]> CountAsync(IEnumerable<BackendProcess> backends)
    {
        List<int> counts = [];
        foreach (BackendProcess backend in backends)
        {
            counts.Add((await backend.CountAsync()).Requests);
        }

        return [.. counts];
    }
}

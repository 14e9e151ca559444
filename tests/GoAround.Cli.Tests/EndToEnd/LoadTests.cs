using System.Threading.Tasks;
using Xunit;

namespace GoAround.Cli.Tests.EndToEnd;

[Collection(nameof(OneByOne))]
public class LoadTests
{
    [Fact]
    public async Task Sixty_four_keep_alive_clients_get_every_one_of_32000_answers()
    {
        BackendProcess[] backends = await BackendProcess.StartManyAsync(2);
        try
        {
            await using BalancerProcess balancer = await BalancerProcess.StartAsync(backends);
            await Load.RunAsync(balancer.Port, clients: 64, requestsEach: 500);

            await balancer.MetricBecomesAsync(32000, "goaround_requests_total{code=\"2xx\"}");
            Assert.Equal(0, await balancer.MetricAsync("goaround_requests_total{code=\"5xx\"}"));
            Assert.Equal(0, await balancer.MetricAsync("goaround_retries_total"));
            await Eventually.HoldsAsync("all clients have left", async () => await balancer.MetricAsync("goaround_client_connections") == 0);
        }
        finally
        {
            await BackendProcess.DisposeManyAsync(backends);
        }
    }
}

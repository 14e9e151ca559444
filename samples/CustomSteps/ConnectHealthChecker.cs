using System.Net.Sockets;
using System.Threading;
using System.Threading.Tasks;
using GoAround.Core;

namespace GoAround.Samples.CustomSteps;

/// <summary>For backends that have no <c>/health</c>: healthy is who accepts a connection.</summary>
internal sealed class ConnectHealthChecker : IHealthChecker
{
    public async ValueTask<HealthReport> CheckAsync(Backend backend, CancellationToken cancellationToken)
    {
        using TcpClient client = new();
        try
        {
            await client.ConnectAsync(backend.Host, backend.Port, cancellationToken);
            return new HealthReport(HealthState.Healthy, "it accepts connections");
        }
        catch (SocketException e)
        {
            return new HealthReport(HealthState.Unhealthy, e.Message);
        }
    }
}

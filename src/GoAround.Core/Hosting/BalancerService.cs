using System.Threading;
using System.Threading.Tasks;
using Microsoft.Extensions.Hosting;

namespace GoAround.Core.Hosting;

/// <summary>Starts a balancer without a listener with the host. It ends with the container, after everything that may still send.</summary>
internal sealed class BalancerService(Balancer balancer) : IHostedService
{
    /// <inheritdoc/>
    public Task StartAsync(CancellationToken cancellationToken) => balancer.StartAsync(cancellationToken);

    /// <inheritdoc/>
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}

using System;
using System.Threading;
using System.Threading.Tasks;
using Microsoft.Extensions.Hosting;

namespace GoAround.Core.Hosting;

/// <summary>Starts a balancer without a listener with the host, and applies its configuration as it changes. It ends with the container, after everything that may still send.</summary>
internal sealed class BalancerService(Balancer balancer, OptionsReload reload, IHostApplicationLifetime? lifetime) : IHostedService
{
    /// <inheritdoc/>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        try
        {
            await balancer.StartAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (lifetime is { ApplicationStopping.IsCancellationRequested: true })
        {
            return; // as in GoAroundService
        }

        reload.Start();
    }

    /// <inheritdoc/>
    public Task StopAsync(CancellationToken cancellationToken) => reload.StopAsync(cancellationToken);
}

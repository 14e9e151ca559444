using System.Threading;
using System.Threading.Tasks;

namespace GoAround.Core.Tests.Pool;

/// <summary>A connection that does what the test's script says.</summary>
internal sealed class ScriptedConnection(ScriptedBackends world, Backend backend, IHealthSubscription health) : IConnection
{
    private int _disposals;

    public Backend Backend { get; } = backend;

    public bool IsHealthy
    {
        get
        {
            bool isHealthy = health.State == HealthState.Healthy;
            if (world.NextHealthRead is { } read)
            {
                world.NextHealthRead = null;
                read(Backend);
            }

            return isHealthy;
        }
    }

    public int Disposals => Volatile.Read(ref _disposals);

    public ValueTask<ProxyResponse> SendAsync(ProxyRequest request, CancellationToken cancellationToken) =>
        world.Send(Backend, request, cancellationToken);

    public ValueTask DisposeAsync()
    {
        Interlocked.Increment(ref _disposals);
        return world.DisposalFault(Backend) is { } fault ? ValueTask.FromException(fault) : ValueTask.CompletedTask;
    }
}

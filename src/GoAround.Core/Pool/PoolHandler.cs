using System.Threading;
using System.Threading.Tasks;

namespace GoAround.Core.Pool;

/// <summary>The last step of a request: the pool answers it.</summary>
internal sealed class PoolHandler(IBackendPool pool) : ProxyHandler
{
    /// <inheritdoc/>
    public override ValueTask<ProxyResponse> HandleAsync(ProxyRequest request, CancellationToken cancellationToken) =>
        pool.FetchAsync(request, cancellationToken);
}

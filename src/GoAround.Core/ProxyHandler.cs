using System;
using System.Threading;
using System.Threading.Tasks;

namespace GoAround.Core;

/// <summary>One step on the way of a request: the pool is one, the cache is one, and yours is one. Must be safe for concurrent use.</summary>
public abstract class ProxyHandler
{
    /// <summary>Answers the request, or passes it to the next handler.</summary>
    /// <param name="request">Borrowed: valid until the response is disposed; to keep is to copy.</param>
    /// <param name="cancellationToken">Cancelled when the client has left or the server stops without grace.</param>
    /// <returns>A response that the caller owns and disposes exactly once.</returns>
    /// <exception cref="ClientException">The client's body was at fault: answered with its status.</exception>
    /// <exception cref="BackendException">A backend failed that was asked without a pool: answered 502.</exception>
    /// <exception cref="OperationCanceledException">The client left.</exception>
    /// <exception cref="Exception">Anything else is a bug of the handler: it is logged as an error, and answered 500.</exception>
    public abstract ValueTask<ProxyResponse> HandleAsync(ProxyRequest request, CancellationToken cancellationToken);
}

using System;
using System.Threading;
using System.Threading.Tasks;

namespace GoAround.Core;

/// <summary>Sends one request to one backend over a fresh socket, outside the pool and its caps; for health checks. Safe for concurrent use.</summary>
public interface IBackendClient
{
    /// <summary>Sends the request; the caller disposes the response, which closes the socket.</summary>
    /// <param name="backend">Whom to ask.</param>
    /// <param name="request">Borrowed until the response is disposed.</param>
    /// <param name="cancellationToken">Gives up, and closes the socket.</param>
    /// <exception cref="BackendException">The backend failed before a final response head was complete.</exception>
    /// <exception cref="OperationCanceledException">The call was cancelled.</exception>
    ValueTask<ProxyResponse> SendAsync(Backend backend, ProxyRequest request, CancellationToken cancellationToken);
}

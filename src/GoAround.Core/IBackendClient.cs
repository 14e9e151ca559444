using System.Threading;
using System.Threading.Tasks;

namespace GoAround.Core;

/// <summary>Sends one request to one backend over a fresh socket, outside the pool and its caps. Safe for concurrent use.</summary>
internal interface IBackendClient
{
    /// <summary>Sends as a connection would, the backend's base path put before the target; the socket is closed when the response is disposed.</summary>
    /// <exception cref="BackendException">The backend failed before a final response head was complete.</exception>
    /// <exception cref="System.OperationCanceledException">The token fired.</exception>
    ValueTask<ProxyResponse> SendAsync(Backend backend, ProxyRequest request, CancellationToken cancellationToken);
}

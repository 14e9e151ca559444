using System;
using System.Threading;
using System.Threading.Tasks;

namespace GoAround.Core;

/// <summary>One slot to one backend: a permit that carries at most one request at a time. It may use any socket of the backend.</summary>
public interface IConnection : IAsyncDisposable
{
    /// <summary>The backend this slot belongs to.</summary>
    Backend Backend { get; }

    /// <summary>What the backend's health last said; pushed, so reading it costs nothing.</summary>
    bool IsHealthy { get; }

    /// <summary>Sends the request and returns its final response; the caller disposes it before it sends the next.</summary>
    /// <param name="request">Borrowed until the response is disposed.</param>
    /// <param name="cancellationToken">Cancels the exchange: the client has left.</param>
    /// <exception cref="BackendException">The backend failed before a final response head was complete.</exception>
    /// <exception cref="ClientException">The client's body was at fault.</exception>
    /// <exception cref="OperationCanceledException">The client left.</exception>
    ValueTask<ProxyResponse> SendAsync(ProxyRequest request, CancellationToken cancellationToken);
}

using System;
using System.Collections.Generic;
using System.Threading;
using System.Threading.Tasks;

namespace GoAround.Core;

/// <summary>The slots of all backends: gives each request one, retries on another backend, and answers 503 when none is available.</summary>
public interface IBackendPool : IAsyncDisposable
{
    /// <summary>The backends that take requests now, in the order given.</summary>
    IReadOnlyList<Backend> Backends { get; }

    /// <summary>Requests that wait for a connection now.</summary>
    int QueueLength { get; }

    /// <summary>Sends the request over the next available connection, and over others while it may be resent. Never throws for a backend's fault: it answers 502, 503 or 504.</summary>
    /// <exception cref="ClientException">The client's body was at fault.</exception>
    /// <exception cref="OperationCanceledException">The client left.</exception>
    ValueTask<ProxyResponse> FetchAsync(ProxyRequest request, CancellationToken cancellationToken);

    /// <summary>
    /// Replaces all the backends while traffic flows. Those that stay keep sockets and health, those that go finish what
    /// they carry and take nothing new, those that come start with a check. No request fails because of it.
    /// </summary>
    /// <param name="backends">The new set; one named twice counts once; may be empty.</param>
    /// <param name="cancellationToken">Gives up before anything was changed.</param>
    ValueTask<BackendChange> ReplaceAsync(IReadOnlyCollection<Backend> backends, CancellationToken cancellationToken);

    /// <summary>Health and load of each backend now, for metrics; allocates.</summary>
    IReadOnlyList<BackendStatus> GetStatus();

    /// <summary>Completes once every backend has been checked at least once.</summary>
    Task WaitForFirstCheckAsync(CancellationToken cancellationToken);
}

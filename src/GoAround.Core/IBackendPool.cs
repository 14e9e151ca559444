using System;
using System.Collections.Generic;
using System.Threading;
using System.Threading.Tasks;

namespace GoAround.Core;

/// <summary>The slots of all backends: gives each request one, retries on another backend, and answers 503 when none is available. Safe for concurrent use.</summary>
public interface IBackendPool : IAsyncDisposable
{
    /// <summary>The backends in the order given, healthy or not, draining or not.</summary>
    IReadOnlyList<Backend> Backends { get; }

    /// <summary>Requests that wait for a connection now.</summary>
    int QueueLength { get; }

    /// <summary>Sends the request over the next available connection, and over others while it may be resent. Never throws for a backend's fault: it answers 502, 503 or 504, with a <see cref="ProxyResponse.Error"/>; 503 too once it is disposed.</summary>
    /// <param name="request">Borrowed until the response is disposed.</param>
    /// <param name="cancellationToken">Leaves the line, or cancels the exchange.</param>
    /// <returns>A response that the caller owns and disposes exactly once: that gives its slot back.</returns>
    /// <exception cref="ClientException">The client's body was at fault.</exception>
    /// <exception cref="OperationCanceledException">The client left.</exception>
    ValueTask<ProxyResponse> FetchAsync(ProxyRequest request, CancellationToken cancellationToken);

    /// <summary>
    /// Replaces all the backends while traffic flows. Those that stay keep sockets and health, those that go finish what
    /// they carry and take nothing new, those that come start with a check. One that stays with another weight has it from now on; one
    /// that drains goes on draining. No request fails because of it.
    /// </summary>
    /// <param name="backends">The new set; one named twice counts once, as it is named first; may be empty.</param>
    /// <param name="cancellationToken">Gives up while another replacement is under way; once this one has begun it is done.</param>
    /// <returns>What changed.</returns>
    /// <exception cref="ArgumentNullException">The set, or a backend in it, is null.</exception>
    /// <exception cref="OperationCanceledException">It was given up, and nothing was changed.</exception>
    /// <exception cref="ObjectDisposedException">The pool was disposed.</exception>
    ValueTask<BackendChange> ReplaceAsync(IReadOnlyCollection<Backend> backends, CancellationToken cancellationToken);

    /// <summary>
    /// The backend takes nothing new from now on, and the task completes when it carries nothing any more, tunnels included. One that has
    /// left the pool may still carry something, which is waited for too. Requests go to the others; with none left they are answered 503.
    /// </summary>
    /// <param name="backend">The backend; one that is not in the pool, and carries nothing, is empty already.</param>
    /// <param name="cancellationToken">Ends the waiting, not the draining. The task may also be left alone: what was begun is begun.</param>
    /// <exception cref="ArgumentNullException">The backend is null.</exception>
    /// <exception cref="OperationCanceledException">The waiting was given up, the backend was resumed before it was empty, or the pool was disposed meanwhile.</exception>
    /// <exception cref="ObjectDisposedException">The pool was disposed before.</exception>
    Task DrainAsync(Backend backend, CancellationToken cancellationToken);

    /// <summary>The backend takes requests again, if it is healthy.</summary>
    /// <param name="backend">One that drains.</param>
    /// <returns>False where it did not drain, or is not in the pool.</returns>
    /// <exception cref="ArgumentNullException">The backend is null.</exception>
    bool EndDrain(Backend backend);

    /// <summary>
    /// What happens to the backends, in order, from this call on; may be called many times. A reader that is more than 256 changes late loses the
    /// oldest ones, and is told how many (<see cref="PoolChange.Missed"/>): it never delays the pool. Ends when the pool is disposed.
    /// </summary>
    /// <param name="cancellationToken">Ends it; leaving the loop does too. To be read once.</param>
    /// <exception cref="OperationCanceledException">The token ended it.</exception>
    IAsyncEnumerable<PoolChange> WatchAsync(CancellationToken cancellationToken);

    /// <summary>Health and load of each backend now, for metrics and dashboards; allocates, so not for the request path.</summary>
    PoolStatus GetStatus();

    /// <summary>Completes once every backend has been checked at least once, or has left the pool; at once where there is none.</summary>
    /// <param name="cancellationToken">Ends the waiting; the checks go on.</param>
    /// <exception cref="OperationCanceledException">The waiting was given up.</exception>
    Task WaitForFirstCheckAsync(CancellationToken cancellationToken);
}

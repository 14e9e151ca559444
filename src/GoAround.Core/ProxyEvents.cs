using System;

namespace GoAround.Core;

/// <summary>
/// What happens in the balancer, told to whoever counts it. The rooms call it, Observability implements it. Called on the
/// request path from many threads: an implementation must be quick, must not block and must not throw; what it throws is logged, and goes no further.
/// </summary>
public abstract class ProxyEvents
{
    /// <summary>Tells nobody.</summary>
    public static ProxyEvents None { get; } = new Nobody();

    /// <summary>A client connection was accepted.</summary>
    public virtual void ConnectionOpened()
    {
    }

    /// <summary>A client connection has ended.</summary>
    public virtual void ConnectionClosed()
    {
    }

    /// <summary>A client connection was closed as soon as it was accepted; it never counted as opened.</summary>
    /// <param name="reason">Why.</param>
    public virtual void ConnectionRefused(ConnectionRefusal reason)
    {
    }

    /// <summary>A TLS handshake with a client has ended.</summary>
    /// <param name="succeeded">False where it failed or took too long: the connection is closed.</param>
    public virtual void TlsHandshakeEnded(bool succeeded)
    {
    }

    /// <summary>A request head was read.</summary>
    public virtual void RequestStarted()
    {
    }

    /// <summary>The request is through: its response was written, or could not be.</summary>
    /// <param name="request">The request, valid during the call; one that was refused before it was understood has only what was read.</param>
    /// <param name="statusCode">The status sent; 499 where the client left before one was (nginx's code for it).</param>
    /// <param name="elapsed">From the complete head to the last byte.</param>
    public virtual void RequestEnded(ProxyRequest request, int statusCode, TimeSpan elapsed)
    {
    }

    /// <summary>A request no longer waits for a connection.</summary>
    /// <param name="waited">How long it stood in line.</param>
    /// <param name="served">It got a connection.</param>
    public virtual void QueueLeft(TimeSpan waited, bool served)
    {
    }

    /// <summary>One try with one backend has ended: with a response head, or with a failure.</summary>
    /// <param name="backend">The backend that was asked.</param>
    /// <param name="request">The request, valid during the call.</param>
    /// <param name="statusCode">The response's status; 0 where there was a failure.</param>
    /// <param name="elapsed">To the response head, or to the failure.</param>
    /// <param name="failure">What went wrong, or null.</param>
    public virtual void AttemptEnded(Backend backend, ProxyRequest request, int statusCode, TimeSpan elapsed, BackendException? failure)
    {
    }

    /// <summary>A backend broke off, or sent something malformed, after its response head had been passed on: the client's connection was cut.</summary>
    /// <param name="backend">The backend.</param>
    /// <param name="failure">What went wrong.</param>
    public virtual void ResponseBroken(Backend backend, BackendException failure)
    {
    }

    /// <summary>A request could not be answered as it should be: the balancer answered an error of its own, cut the response, or the client left. At most once a request, before <see cref="RequestEnded"/>.</summary>
    /// <param name="cause">Why.</param>
    /// <param name="statusCode">The status sent, also of a response that was cut midway; 499 where the client left before one was.</param>
    public virtual void ErrorMade(ProxyError cause, int statusCode)
    {
    }

    /// <summary>A fetch has its answer.</summary>
    /// <param name="attempts">How many connections were tried; 0 where none was available.</param>
    public virtual void Fetched(int attempts)
    {
    }

    /// <summary>A backend's health changed, or is known for the first time.</summary>
    /// <param name="backend">The backend.</param>
    /// <param name="report">Its health from now on.</param>
    public virtual void HealthChanged(Backend backend, HealthReport report)
    {
    }

    /// <summary>The backends were replaced, also by a set that is the same.</summary>
    /// <param name="change">What changed.</param>
    public virtual void BackendsReplaced(BackendChange change)
    {
    }

    /// <summary>The cache has decided about a request. Called only where there is a cache, once a request, before its response goes out.</summary>
    /// <param name="request">The request, valid during the call.</param>
    /// <param name="outcome">Where the answer comes from.</param>
    /// <param name="bypass">Why, for <see cref="CacheOutcome.Bypass"/>; also why the answer to a miss is not stored, where that is known by now.</param>
    /// <param name="age">The age of a stored answer (RFC 9111 §4.2.3); zero for others.</param>
    public virtual void CacheAnswered(ProxyRequest request, CacheOutcome outcome, CacheBypass bypass, TimeSpan age)
    {
    }

    private sealed class Nobody : ProxyEvents
    {
    }
}

using System;
using System.Collections.Concurrent;
using System.Text;
using System.Threading;

namespace GoAround.Core.Tests.Wire;

/// <summary>Keeps what the server told; allocates nothing while it is off.</summary>
internal sealed class RecordedTraffic : ProxyEvents
{
    private int _open;
    private int _opened;
    private int _handshakes;
    private int _requests;

    public ConcurrentQueue<(string Method, string Target, int Status)> Ended { get; } = new();

    public ConcurrentQueue<string> Schemes { get; } = new();

    public bool IsOff { get; set; }

    public int OpenConnections => Volatile.Read(ref _open);

    public int OpenedConnections => Volatile.Read(ref _opened);

    public int Handshakes => Volatile.Read(ref _handshakes);

    /// <summary>Requests that have begun and whose end was not told.</summary>
    public int ActiveRequests => Volatile.Read(ref _requests);

    public ConcurrentQueue<BackendException> Failures { get; } = new();

    /// <summary>What was told of responses that broke off.</summary>
    public ConcurrentQueue<BackendException> Broken { get; } = new();

    public ConcurrentQueue<(ProxyError Cause, int Status)> Errors { get; } = new();

    public override void ConnectionOpened()
    {
        Interlocked.Increment(ref _open);
        Interlocked.Increment(ref _opened);
    }

    public ConcurrentQueue<ConnectionRefusal> Refusals { get; } = new();

    public override void ConnectionRefused(ConnectionRefusal reason) => Refusals.Enqueue(reason);

    public override void ConnectionClosed() => Interlocked.Decrement(ref _open);

    public override void TlsHandshakeEnded(bool succeeded) => Interlocked.Increment(ref _handshakes);

    public override void RequestStarted() => Interlocked.Increment(ref _requests);

    public override void RequestEnded(ProxyRequest request, int statusCode, TimeSpan elapsed)
    {
        if (!IsOff)
        {
            Schemes.Enqueue(request.Scheme);
            Ended.Enqueue((request.Method.ToString(), Encoding.Latin1.GetString(request.Target.Span), statusCode));
        }

        Interlocked.Decrement(ref _requests);
    }

    public override void ResponseBroken(Backend backend, BackendException failure) => Broken.Enqueue(failure);

    public override void ErrorMade(ProxyError cause, int statusCode) => Errors.Enqueue((cause, statusCode));

    public override void AttemptEnded(Backend backend, ProxyRequest request, int statusCode, TimeSpan elapsed, BackendException? failure)
    {
        if (failure is not null)
        {
            Failures.Enqueue(failure);
        }
    }
}

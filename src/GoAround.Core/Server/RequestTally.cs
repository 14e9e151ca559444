using System;

namespace GoAround.Core.Server;

/// <summary>What whoever counts is told of one request: that it has come, how it ended and after how long, and what went wrong.</summary>
internal struct RequestTally
{
    /// <summary>What is counted where the client left before it was answered (nginx's code for it).</summary>
    public const int ClientClosedRequest = 499;

    private long _start;

    /// <summary>Why the request is not answered as it should be; none so long as it is.</summary>
    public ProxyError Error { get; set; }

    /// <summary>A request has come.</summary>
    public void Begin(ProxyEvents events, TimeProvider time)
    {
        Error = ProxyError.None;
        _start = time.GetTimestamp();
        events.RequestStarted();
    }

    /// <summary>It is through. A response that did not get to its end, with nobody else at fault, was not taken by the client.</summary>
    /// <param name="events">Who counts.</param>
    /// <param name="time">As it began with.</param>
    /// <param name="request">The request.</param>
    /// <param name="statusCode">Sent; <see cref="ClientClosedRequest"/> where none was.</param>
    /// <param name="isWhole">The response was sent to its end.</param>
    public readonly void End(ProxyEvents events, TimeProvider time, ProxyRequest request, int statusCode, bool isWhole)
    {
        ProxyError error = statusCode == ClientClosedRequest || (Error == ProxyError.None && !isWhole && statusCode != 101) ? ProxyError.ClientLeft : Error;
        if (error != ProxyError.None)
        {
            events.ErrorMade(error, statusCode);
        }

        events.RequestEnded(request, statusCode, time.GetElapsedTime(_start));
    }
}
